/* One HTTP exchange by libcurl: connections are kept per thread and used again, calls to AWS are
 * signed, nothing is sent twice behind the caller's back. Knows no routine and no contract. */
#ifndef CLEAVE_PROXY_TRANSPORT_H
#define CLEAVE_PROXY_TRANSPORT_H

#include "arena.h"
#include "cleave_proxy.h"
#include "fields.h"

struct proxy_exchange {
  struct arena *arena;
  const char *method;
  const char *url;
  struct fields headers; /* to send; in ARENA */
  const void *body;
  size_t n_body;
  int64_t timeout_ms;
  const char *service; /* AWS service to sign for, or NULL */
  const char *region;
  int is_direct;           /* never through a proxy: the answer is a credential */
  struct fields signature; /* headers made anew for each attempt */

  /* what came */
  long status; /* 0: no answer */
  char *answer;
  size_t n_answer;
  struct fields answer_headers;
  int is_unsent;     /* surely nothing of the request reached the peer */
  int error_number;  /* errno without an answer */
  char problem[128]; /* why there is none, in libcurl's words */
};

void proxy_exchange_init(struct proxy_exchange *exchange, struct arena *arena);
void proxy_exchange_header(struct proxy_exchange *exchange, const char *name, const char *value);
/* 0 when an answer came, whatever its status; -1 with problem and error_number set. */
int proxy_exchange_run(struct proxy_exchange *exchange);
/* Frees the answer. */
void proxy_exchange_clear(struct proxy_exchange *exchange);

/* What belongs to one thread: its connections, its trace, and results that a routine lends. */
struct proxy_lent {
  struct proxy_lent *next;
  const struct cleave_proxy *proxy;
  struct cleave_marshal marshal;
};
struct proxy_thread {
  void *connections; /* CURL */
  int process;
  char traceparent[56];
  struct proxy_lent *lent;
};
/* NULL when out of memory. */
struct proxy_thread *proxy_thread(void);

#endif
