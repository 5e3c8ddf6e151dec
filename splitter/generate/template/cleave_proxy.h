/* What the proxies of moved routines link: where a call goes, how it travels, what a failure means.
 *
 * A proxy has the prototype of the routine that moved out. CLEAVE_PROXIES names the file that says
 * where calls go (docs/migration.md); without it every call stays here. Callable from any thread.
 * Payloads and credentials are never logged. */
#ifndef CLEAVE_PROXY_H
#define CLEAVE_PROXY_H

#include "cleave_marshal.h"

enum cleave_proxy_mode {
  CLEAVE_PROXY_LOCAL,    /* the original body */
  CLEAVE_PROXY_REMOTE,   /* the function; a failure becomes the contract's error value */
  CLEAVE_PROXY_FALLBACK, /* the function, and the original body where that is safe */
  CLEAVE_PROXY_SHADOW,   /* both; the original's answer counts, differences are reported */
  CLEAVE_PROXY_QUEUE     /* handed over; the function runs later */
};

enum cleave_proxy_flag {
  CLEAVE_PROXY_IDEMPOTENT = 1,  /* running it twice does what running it once does */
  CLEAVE_PROXY_TELLS_ERROR = 2, /* the contract has a value that means failure */
  CLEAVE_PROXY_UNATTENDED = 4,  /* nobody waits for a result: it may go through a queue */
  CLEAVE_PROXY_MESSAGE = 8      /* its function is woken by messages alone */
};

/* A moved routine. All strings are constants. */
struct cleave_proxy {
  const char *routine;
  const char *function; /* name it is deployed under */
  const char *key;      /* queue or route that wakes it, or "" */
  unsigned flags;       /* of enum cleave_proxy_flag */
  unsigned reported;    /* that its mode cannot be had was said already; 0 at first */
};

struct cleave_proxy_settings;

/* One call under way. */
struct cleave_proxy_call {
  struct cleave_proxy *proxy;
  struct cleave_proxy_settings *settings; /* what counts for this call, or NULL */
  enum cleave_proxy_mode mode;
  struct cleave_error error;
  int error_number;    /* errno of the failure */
  int is_certain;      /* the function has surely not run */
  int entry_errno;     /* errno when the proxy was entered */
  int64_t deadline_ms; /* of the monotonic clock */
  char traceparent[56];
  char *answer; /* body of the function's answer */
  size_t n_answer;
  cleave_value *expected; /* shadow: what the function should answer */
  cleave_value *input;    /* shadow: what it is asked */
};

/* Decides where this call goes. IS_INSIDE: the original body is running on this thread already, so
 * that its own calls stay here. Release with cleave_proxy_end(), which keeps errno. */
enum cleave_proxy_mode cleave_proxy_begin(struct cleave_proxy_call *call,
                                          struct cleave_proxy *proxy, int is_inside);
void cleave_proxy_end(struct cleave_proxy_call *call);

/* VALUE, or NULL (and VALUE freed) when it leads back to itself or is nested too deep. Ends
 * MARSHAL.
 */
cleave_value *cleave_proxy_written(struct cleave_marshal *marshal, cleave_value *value);

/* Asks the function and reads its JSON answer. Takes INPUT. NULL with call->error and
 * call->error_number set on failure; the value belongs to MARSHAL. Retries only where the contract
 * says idempotent, and never past the deadline. */
const cleave_value *cleave_proxy_ask(struct cleave_proxy_call *call, struct cleave_marshal *marshal,
                                     cleave_value *input);

/* Hands INPUT over to the routine's queue; takes it. 0 once the queue has it. IS_TEXT: a text
 * travels as itself, not as a JSON string. */
int cleave_proxy_send(struct cleave_proxy_call *call, cleave_value *input, int is_text);

/* The answer does not fit the contract: sets the failure. Returns -1. */
int cleave_proxy_refuse(struct cleave_proxy_call *call, const char *message);

/* Whether the original body may still be called after the failure in call: the function has surely
 * not run, or running twice does no harm, or nothing else can be answered. Reports the fallback. */
int cleave_proxy_may_fall_back(struct cleave_proxy_call *call);
/* The failure stays one: reports it. */
void cleave_proxy_report(struct cleave_proxy_call *call);

/* Shadow: asks the function what the original was asked (call->input) and compares its answer with
 * call->expected, member by member; differences are reported with their places, without values.
 * IS_FAILURE: the original failed, so that only its result and errno mean something. */
void cleave_proxy_compare(struct cleave_proxy_call *call, int is_failure);

/* The trace that calls of this thread belong to: a W3C traceparent, or NULL for a new one each. */
void cleave_proxy_trace(const char *traceparent);

/* Keeps what MARSHAL holds until the next call of this routine by this thread. */
void cleave_proxy_keep(struct cleave_proxy_call *call, struct cleave_marshal *marshal);

/* A whole request for an http function. Texts are copied; arguments become the query. */
struct cleave_proxy_request;
struct cleave_proxy_request *cleave_proxy_request_new(const char *method, const char *path,
                                                      const char *query);
void cleave_proxy_request_header(struct cleave_proxy_request *request, const char *name,
                                 const char *value);
void cleave_proxy_request_argument(struct cleave_proxy_request *request, const char *name,
                                   const char *value);
void cleave_proxy_request_body(struct cleave_proxy_request *request, const void *data, size_t n);
void cleave_proxy_request_free(struct cleave_proxy_request *request);

/* What came back; it lives as long as the request. */
struct cleave_proxy_answer {
  int status;
  struct cleave_fields headers; /* without those of the connection and the content type */
  const char *content_type;     /* or "" */
  const char *body;
  size_t n_body;
};

/* Passes REQUEST on: on Lambda as an event to the function itself, elsewhere as HTTP to `front`.
 * 0 with ANSWER filled, whatever its status; -1 with the failure in call. */
int cleave_proxy_forward(struct cleave_proxy_call *call, struct cleave_proxy_request *request,
                         struct cleave_proxy_answer *answer);
/* Shadow: passes REQUEST on and reports where its answer differs from the original's. */
void cleave_proxy_compare_answer(struct cleave_proxy_call *call,
                                 struct cleave_proxy_request *request, int status, const void *body,
                                 size_t n_body);

/* TEXT as a constant of this process: for members that point to texts that nobody frees. */
const char *cleave_proxy_constant(const char *text);

#endif
