/* What a comparison of answers leaves out, and why two answers to one request may still be equal.
 * Read from YAML or by default; always stated in the report. Never changes what is sent, but for
 * the requests it leaves out. */
#ifndef CLEAVE_REPLAY_RULES_H
#define CLEAVE_REPLAY_RULES_H

#include <glib.h>
#include <stdbool.h>

struct replay_rules {
  GPtrArray *headers;  /* names of answer headers that are not compared; a trailing star is any */
  GPtrArray *members;  /* JSON members that are not compared: "name", or a path "$.order.id" */
  GPtrArray *patterns; /* GRegex: matches in text and JSON strings count as equal */
  GPtrArray *skip;     /* "GET /stats", "* /admin" followed by a star: requests that are not sent */
  GPtrArray *carry;    /* JSON members whose value in an answer is put into later requests */
};
typedef struct replay_rules replay_rules_owner;

/* The headers that no two servers write alike: date, server, connection and its like, traces. */
struct replay_rules *replay_rules_default(void);

/* The default and what the file at PATH adds:
 *
 *   version: 1
 *   ignore: {headers: [x-request-id], members: [created_at, "$.order.id"], patterns: ["\\d{4}-.."]}
 *   skip: ["GET /stats"]
 *   carry: [token]
 *
 * Release with replay_rules_free(). */
struct replay_rules *replay_rules_load(const char *path, GError **error);
void replay_rules_free(struct replay_rules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(replay_rules_owner, replay_rules_free)

bool replay_rules_skips(const struct replay_rules *rules, const char *method, const char *target);
bool replay_rules_ignores_header(const struct replay_rules *rules, const char *name);
/* PATH is "$.a[2].b" and NAME its last member, "b". */
bool replay_rules_ignores_member(const struct replay_rules *rules, const char *path,
                                 const char *name);
bool replay_rules_carries(const struct replay_rules *rules, const char *name);

/* TEXT with every match of a pattern replaced by one mark; a new string. */
char *replay_rules_normalise(const struct replay_rules *rules, const char *text);

#endif
