/* One function as it will be built: what its function.yaml says.
 *
 * Made from facts and plan first (specify.c), then changed by what a person wrote into
 * function.yaml (spec_file.c). Wrapper, build files and descriptors are written from it alone. */
#ifndef CLEAVE_GENERATE_SPEC_H
#define CLEAVE_GENERATE_SPEC_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/facts.h"
#include "store/plan.h"

/* One piece of the monolith's start-up. */
struct start_step {
  char *run;    /* C expression; NULL while it is undecided */
  char *fails;  /* condition on `result` that means failure, or NULL */
  char *decide; /* name of the open decision, or NULL */
  char *reason;
  char *source; /* source file whose names the expression needs, or "" */
  char *callee; /* routine that it calls, or "" */
};

/* How an http event becomes the application's own request, and its response the reply. Every text
 * is C; which variables it may use stands in docs/functions.md. NULL: nothing. */
#define HTTP_MAPPING_TEXTS(F)                                                                      \
  F(request_type, "request", "type", "the application's request")                                  \
  F(make, "request", "make", "gives the request; without it a zeroed one is used")                 \
  F(prepare, "request", "prepare", "sets it up")                                                   \
  F(header, "request", "header", "takes over one header")                                          \
  F(query, "request", "query", "takes over one query argument")                                    \
  F(body, "request", "body", "takes over the body")                                                \
  F(parameter, "request", "parameter", "takes over one parameter of the route")                    \
  F(request_free, "request", "free", "gives the request back")                                     \
  F(response_type, "response", "type", "the application's response")                               \
  F(response_make, "response", "make", "gives the response; without it a zeroed one is used")      \
  F(response_prepare, "response", "prepare", "sets it up")                                         \
  F(status, "response", "status", "the status")                                                    \
  F(content_type, "response", "content_type", "text, or NULL")                                     \
  F(header_count, "response", "header_count", "number of headers")                                 \
  F(header_name, "response", "header_name", "name of header i")                                    \
  F(header_value, "response", "header_value", "value of header i")                                 \
  F(data, "response", "data", "bytes of the body")                                                 \
  F(length, "response", "length", "their number")                                                  \
  F(response_free, "response", "free", "gives the response back")                                  \
  F(call, "call", "run", "calls the routine")                                                      \
  F(fails, "call", "fails", "condition on `result` that means failure")                            \
  F(failure, "call", "failure", "what then happens; without it the caller gets a 500")             \
  F(f_method, "forward", "method", "the request's method, for a proxy that passes it on")          \
  F(f_path, "forward", "path", "its path, decoded")                                                \
  F(f_query, "forward", "query", "its query string, encoded, or NULL")                             \
  F(f_header_count, "forward", "header_count", "number of its headers")                            \
  F(f_header_name, "forward", "header_name", "name of header i")                                   \
  F(f_header_value, "forward", "header_value", "value of header i")                                \
  F(f_argument_count, "forward", "argument_count", "number of its arguments")                      \
  F(f_argument_name, "forward", "argument_name", "name of argument i")                             \
  F(f_argument_value, "forward", "argument_value", "value of argument i")                          \
  F(f_body, "forward", "body", "bytes of its body")                                                \
  F(f_body_length, "forward", "body_length", "their number")                                       \
  F(f_set_status, "forward", "set_status", "takes over the answer's status")                       \
  F(f_set_type, "forward", "set_content_type", "takes over its content_type")                      \
  F(f_add_header, "forward", "add_header", "takes over one header")                                \
  F(f_add_body, "forward", "add_body", "takes over length bytes at data")

struct http_mapping {
#define HTTP_MAPPING_MEMBER(name, section, key, about) char *name;
  HTTP_MAPPING_TEXTS(HTTP_MAPPING_MEMBER)
#undef HTTP_MAPPING_MEMBER
  GPtrArray *reasons; /* char *: why each line is as it is */
};

struct state_plan;

struct function_spec {
  const struct plan_function *plan;
  const struct fact_routine *routine;
  const struct fact_entry *entry; /* or NULL */
  char *name;
  char *symbol; /* name as an identifier */
  char *service;
  const char *program; /* whose sources it is made of */
  char *trigger;
  char *key;
  char *adapter; /* call, http, main, cgi, fastcgi, microhttpd, consumer */
  char *adapter_reason;
  bool is_public;
  bool is_capped; /* more instances than `concurrency` would exhaust something */
  int64_t memory_mb, timeout_s, concurrency, retries;
  char *memory_reason, *timeout_reason, *concurrency_reason, *retries_reason;
  char *dead_letter; /* where events go that failed on every try; "" where there is no such place */
  char *dead_letter_reason;
  char *connects; /* where the closure opens network connections, or NULL */
  bool is_process_per_event;
  char *process_reason;
  GPtrArray *start;       /* struct start_step * */
  GPtrArray *left_out;    /* struct start_step *: start-up that does not run, and why */
  GPtrArray *environment; /* char *: names of environment variables that the closure reads */
  GPtrArray *secrets;     /* char *: those of them that look like secrets */
  GPtrArray *todo;        /* char *: what has to be done by hand */
  GPtrArray *sources;     /* const char *: translation units of the closure, ascending */
  GHashTable *closure;    /* set of &fact_routine.id */
  GPtrArray *outside;     /* const char *: outside routines that the closure calls, ascending */
  GPtrArray *libraries;   /* char *: libraries that it is linked with, ascending */
  GPtrArray *symbols;     /* char *: names that it takes from them, ascending */
  struct http_mapping http;
  struct contract *contract; /* adapters call and consumer; NULL otherwise */
  struct state_plan *state;  /* variables that outlive an invocation */
  char *state_home;          /* where they live between invocations: "process" or "store" */
};

struct function_spec *function_spec_new(void);
void function_spec_free(struct function_spec *spec);

struct start_step *start_step_new(void);
void start_step_free(struct start_step *step);

void http_mapping_clear(struct http_mapping *mapping);

/* Whether something is left to decide before the function can be built. */
bool function_spec_is_open(const struct function_spec *spec);

/* Whether a variable of its environment comes from the platform's secret store. */
bool function_spec_is_secret(const struct function_spec *spec, const char *name);

/* Whether variables are loaded before an invocation and stored behind it. */
bool function_spec_has_store(const struct function_spec *spec);

#endif
