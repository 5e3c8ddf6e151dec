/* Replays recorded requests to the monolith and to the functions and compares what they answer.
 *
 * With one side alone its answers are compared with the recorded ones. Every side has its own
 * sessions: cookies (and JSON members that the rules carry) which a side answers otherwise than
 * recorded are put into the later requests to that side, and count as equal in its answers.
 * Never prints; what is found is told in a result. */
#ifndef CLEAVE_REPLAY_REPLAY_H
#define CLEAVE_REPLAY_REPLAY_H

#include <glib.h>
#include <stdbool.h>

#include "splitter/replay/answers.h"
#include "splitter/replay/har.h"
#include "splitter/replay/rules.h"

/* An address that cannot be used or found. */
#define REPLAY_ERROR (replay_error_quark())
GQuark replay_error_quark(void);

struct replay_options {
  const struct har *har;
  const struct replay_rules *rules;
  const char *monolith;  /* "http://HOST:PORT", or NULL */
  const char *functions; /* the same */
  bool has_timing;       /* in the recorded rhythm; otherwise one after the other */
  double speed;          /* of the recorded rhythm: 2 is twice as fast */
  unsigned timeout_ms;   /* of one request */
  size_t n_details;      /* differences kept of one request */
  /* Called after each request; may be NULL. */
  void (*on_progress)(size_t n_done, size_t n_all, void *data);
  void *data;
};

/* A request whose answers differ. */
struct replay_finding {
  size_t index; /* in the HAR, from 0 */
  GPtrArray *differences;
};

struct replay_side {
  size_t n_answers;
  size_t n_failures; /* no answer */
  GArray *seconds;   /* double, of each answer, ascending */
};

struct replay_result {
  size_t n_sent;
  size_t n_skipped; /* by the rules */
  size_t n_identical;
  size_t n_equal;
  size_t n_different;
  GPtrArray *findings; /* struct replay_finding *, in the order of the HAR */
  struct replay_side monolith;
  struct replay_side functions;
};
typedef struct replay_result replay_result_owner;

/* Sends everything. Sets ERROR and returns NULL when an address cannot be found; a request without
 * an answer is a finding. Release with replay_result_free(). */
struct replay_result *replay_run(const struct replay_options *options, GError **error);
void replay_result_free(struct replay_result *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(replay_result_owner, replay_result_free)

/* The P-th percentile (nearest rank) of ascending seconds; 0 when there are none. */
double replay_percentile(const GArray *seconds, double p);

#endif
