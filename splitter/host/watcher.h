/* What the host tells whoever runs it: results of invocations, output of functions, changes of
 * instances. Plain data; nothing of HTTP or of events. */
#ifndef CLEAVE_HOST_WATCHER_H
#define CLEAVE_HOST_WATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How an invocation ended. */
enum outcome { OUTCOME_OK, OUTCOME_ERROR, OUTCOME_TIMEOUT, OUTCOME_CRASH, OUTCOME_REFUSED };

const char *outcome_name(enum outcome outcome);

/* An invocation that is over. Everything belongs to the host and lives until the call returns. */
struct invocation_result {
  const char *id;
  const char *function;
  const char *trigger;
  const char *traceparent;
  enum outcome outcome;
  const char *error_type; /* "" when OK */
  const char *body;       /* the function's reply, or the error as JSON */
  size_t n_body;
  double started;  /* seconds since 1970 UTC */
  double duration; /* seconds from hand-over to reply */
  double init;     /* seconds from process start to its first request for an event; 0 when warm */
  bool is_cold;
  int64_t max_rss; /* bytes, peak of the instance so far; 0 when unknown */
};

/* Any of them may be NULL. */
struct host_watcher {
  void (*on_output)(const char *function, const char *line, void *data);
  void (*on_change)(const char *function, int pid, const char *what, void *data);
  void (*on_result)(const struct invocation_result *result, void *data);
  void *data;
};

#endif
