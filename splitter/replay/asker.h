/* Asks one function of a project directly: one instance of it as its platform would run it, started
 * when there is none, killed when its time is up. Blocks until the answer is there. */
#ifndef CLEAVE_REPLAY_ASKER_H
#define CLEAVE_REPLAY_ASKER_H

#include <glib.h>

#include "splitter/host/project.h"
#include "splitter/host/watcher.h"

struct asker;
typedef struct asker asker_owner;

/* What became of one question. */
struct asked {
  enum outcome outcome;
  char *error_type; /* "" when it answered */
  char *body;       /* the answer, or the error as JSON */
  size_t n_body;
  int http_status; /* 0 with the Runtime API */
};
void asked_clear(struct asked *asked);

/* FUNCTION (its platform and time-out) must outlive the asker. Sets ERROR and returns NULL when
 * there is no port for it. Release with asker_free(), which ends the instance. */
struct asker *asker_new(const struct project_function *function, GError **error);
void asker_free(struct asker *asker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(asker_owner, asker_free)

/* Sends TEXT, a JSON text. Release ASKED with asked_clear(). */
void asker_ask(struct asker *asker, const char *text, struct asked *asked);

/* Ends the instance: the next question goes to a new one. */
void asker_renew(struct asker *asker);

#endif
