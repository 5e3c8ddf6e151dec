/* What the host tells whoever runs it: results of invocations, output of functions, changes of
 * instances. Plain data; nothing of HTTP or of events. */
#ifndef CLEAVE_HOST_WATCHER_H
#define CLEAVE_HOST_WATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fields;

/* How an invocation ended. */
enum outcome {
  OUTCOME_OK,
  OUTCOME_ERROR,
  OUTCOME_TIMEOUT,
  OUTCOME_CRASH,
  OUTCOME_MEMORY,
  OUTCOME_REFUSED
};

const char *outcome_name(enum outcome outcome);

/* An invocation that is over. Everything belongs to the host and lives until the call returns. */
struct invocation_result {
  const char *id;
  const char *function;
  const char *trigger;
  const char *traceparent; /* its own span */
  const char *parent;      /* span id of what called it, or "" */
  enum outcome outcome;
  const char *error_type; /* "" when OK */
  const char *body;       /* the function's reply, or the error as JSON */
  size_t n_body;
  int http_status;                  /* of the answer in PORT mode and on Azure; 0 elsewhere */
  const struct fields *http_fields; /* its headers, or NULL */
  double started;                   /* seconds since 1970 UTC */
  double duration;                  /* seconds from hand-over to reply */
  double init; /* seconds from process start to its first request for an event; 0 when warm */
  bool is_cold;
  int64_t max_rss; /* bytes, peak of the instance so far; 0 when unknown */
};

/* A piece of work in a trace (W3C Trace Context). */
struct trace_span {
  const char *trace;   /* 32 hexadecimal digits */
  const char *span;    /* 16 */
  const char *parent;  /* 16, or "" */
  const char *service; /* function, or "host" */
  const char *name;    /* "GET /products/:id", "mail process" */
  enum span_kind { SPAN_SERVER = 2, SPAN_PRODUCER = 4, SPAN_CONSUMER = 5 } kind;
  double started; /* seconds since 1970 UTC */
  double duration;
  bool is_error;
  const char *note;       /* why it failed, or "" */
  const char *trigger;    /* of an invocation, or "" */
  const char *invocation; /* its id, or "" */
  bool is_cold;
  int http_status; /* 0: not http */
};

/* Any of them may be NULL. */
struct host_watcher {
  void (*on_output)(const char *function, const char *line, void *data);
  void (*on_change)(const char *function, int pid, const char *what, void *data);
  void (*on_result)(const struct invocation_result *result, void *data);
  void (*on_span)(const struct trace_span *span, void *data);
  void *data;
};

#endif
