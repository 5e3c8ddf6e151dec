/* The function runtime: what every generated function links and calls.
 *
 * A generated program fills an array of struct cleave_function and hands it to
 * cleave_runtime_main(). The same binary recognises where it runs (AWS Lambda, an Azure custom
 * handler, OpenWhisk, OpenFaaS, Fission, or HTTP on PORT), turns what the platform sends into a
 * struct cleave_event, calls the function, one event at a time, and sends back what the function
 * left in its struct cleave_reply.
 *
 * It never calls a function from two threads, never acknowledges a message that was not processed,
 * and never keeps anything of an event after its call has returned.
 *
 * Ownership: everything reached through an event belongs to the runtime and lives until the call
 * returns. Strings are NUL-terminated and never NULL unless said; what is absent is "".
 */
#ifndef CLEAVE_RUNTIME_H
#define CLEAVE_RUNTIME_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What wakes a function. The generator knows it; the runtime never guesses it from a payload. */
enum cleave_trigger {
  CLEAVE_DIRECT,   /* any JSON in, any JSON out */
  CLEAVE_HTTP,     /* a request, a reply */
  CLEAVE_SCHEDULE, /* a point in time; the reply is ignored */
  CLEAVE_QUEUE,    /* messages, each one a call */
  CLEAVE_STREAM,   /* records of a log, each one a call, in order */
  CLEAVE_OBJECT    /* a change in a bucket; the reply is ignored */
};

/* Where the process runs. */
enum cleave_platform {
  CLEAVE_ON_PORT,      /* Cloud Run functions, Knative: HTTP on PORT */
  CLEAVE_ON_LAMBDA,    /* AWS Lambda Runtime API */
  CLEAVE_ON_AZURE,     /* Azure Functions custom handler */
  CLEAVE_ON_OPENFAAS,  /* HTTP in the watchdog's place */
  CLEAVE_ON_FISSION,   /* HTTP, as a container or as an environment that is specialised */
  CLEAVE_ON_OPENWHISK, /* /init and /run */
};

/* Bytes of known length. data[length] is always NUL, so text may be used as a C string. */
struct cleave_bytes {
  const char *data;
  size_t length;
};

struct cleave_field {
  const char *name;
  const char *value;
};

/* Names with values in the order of arrival; a name may come more than once. */
struct cleave_fields {
  const struct cleave_field *items;
  size_t n_items;
};

/* The first value of a name, or NULL. Letter case of ASCII letters is ignored when asked for (as
 * header names need it). O(n). */
const char *cleave_fields_get(const struct cleave_fields *fields, const char *name,
                              bool ignore_case);

/* One message of a queue or one record of a stream. */
struct cleave_message {
  const char *id;                  /* what a partial failure is reported by */
  struct cleave_bytes data;        /* decoded payload */
  const char *source;              /* queue or stream ARN, subscription, topic, CloudEvent source */
  const char *type;                /* CloudEvent type, or "" */
  const char *group;               /* FIFO group or partition key, or "" */
  const char *time;                /* as the platform writes it, or "" */
  unsigned n_deliveries;           /* how often it was delivered, this time included; 0: unknown */
  struct cleave_fields attributes; /* strings; binary attributes stay base64 */
};

/* A change of one object in a bucket. */
struct cleave_object {
  const char *bucket;
  const char *key;     /* decoded */
  const char *change;  /* the platform's word: ObjectCreated:Put, …object.v1.finalized, blob */
  const char *version; /* generation or version id, or "" */
  const char *etag;
  uint64_t size; /* 0 when the platform does not say */
  struct cleave_bytes
      content; /* only where the platform sends it (Azure); data is NULL elsewhere */
};

/* What happened, the same on every platform. */
struct cleave_event {
  enum cleave_trigger trigger;
  enum cleave_platform platform;
  const char *function;     /* name of the descriptor */
  const char *request_id;   /* the platform's id of this invocation */
  const char *trace_id;     /* as the platform writes it (X-Ray header, W3C trace id), or "" */
  const char *traceparent;  /* W3C, or "" */
  struct cleave_bytes body; /* http: body. message: its data. direct, schedule: the JSON payload */
  const char *content_type; /* of body, or "" */

  /* http */
  const char *method;
  const char *path;         /* percent-decoded, without the platform's stage or prefix */
  const char *raw_path;     /* as sent */
  const char *query_string; /* as sent, without '?' */
  const char *protocol;     /* HTTP/1.1 */
  const char *source_ip;    /* or "" */
  struct cleave_fields headers;
  struct cleave_fields query;
  struct cleave_fields parameters; /* of the route pattern: {sku}, :id, and * */
  struct cleave_fields cookies;

  /* schedule */
  const char *schedule; /* name of the rule or job, or "" */
  const char *time;     /* when it was due (RFC 3339), or "" */

  const struct cleave_message *message; /* queue and stream; NULL otherwise */
  const struct cleave_object *object;   /* object; NULL otherwise */
};

/* Shorthands over the lists of an http event: the first value, or NULL when absent. */
const char *cleave_event_header(const struct cleave_event *event, const char *name);
const char *cleave_event_query(const struct cleave_event *event, const char *name);
const char *cleave_event_parameter(const struct cleave_event *event, const char *name);
const char *cleave_event_cookie(const struct cleave_event *event, const char *name);

/* Why a call failed. status is an HTTP status: 400 to 499 blames the event and reaches an http
 * caller as such, anything else blames the function. */
struct cleave_error {
  int status;
  char type[64]; /* Function.Name; the prefix "Function." is added when no dot is there */
  char message[512];
};

/* Fills error (NULL is allowed) and returns -1, so that a function can end with it. */
int cleave_error_set(struct cleave_error *error, int status, const char *type, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));

/* Parses bytes as JSON within the limits of the runtime (depth, no duplicate members, no embedded
 * NUL, valid UTF-8). Empty input is JSON null. Returns a new reference, or NULL with error set to
 * status 400. Arrays, objects and scalars are accepted. O(n). */
json_t *cleave_json_parse(struct cleave_bytes bytes, struct cleave_error *error);

/* cleave_json_parse() of the event's body. */
json_t *cleave_event_json(const struct cleave_event *event, struct cleave_error *error);

/* What a function answers. Starts as status 200 (204 for http when nothing is written), no headers,
 * empty body. */
struct cleave_reply;

void cleave_reply_status(struct cleave_reply *reply, int status);

/* Adds a header; for Content-Type replaces it. Returns 0, or -1 (and adds nothing) for a name that
 * is no token or a value with a control character. Set-Cookie goes to cleave_reply_cookie(). */
int cleave_reply_header(struct cleave_reply *reply, const char *name, const char *value);

/* Adds a cookie: the whole value of a Set-Cookie header. Result as above. */
int cleave_reply_cookie(struct cleave_reply *reply, const char *set_cookie);

/* Appends to the body. Returns 0, or -1 when the body would pass the platform's limit (the
 * invocation then fails with Function.ResponseSizeTooLarge) or the peer of a streamed reply is
 * gone. */
int cleave_reply_write(struct cleave_reply *reply, const void *data, size_t length);
int cleave_reply_print(struct cleave_reply *reply, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Replaces the body by a JSON value, compact, and sets its content type. Takes the reference, also
 * on failure. Returns 0, or -1 when value is NULL or too large. */
int cleave_reply_json(struct cleave_reply *reply, json_t *value);

/* Forgets status, headers and body, as long as nothing was streamed. */
void cleave_reply_clear(struct cleave_reply *reply);

/* Sends what is there and streams everything written later, where the descriptor has
 * CLEAVE_STREAM_REPLY and the platform can; otherwise does nothing. Status and headers are fixed
 * from here on. Returns 0, or -1 when the peer is gone. */
int cleave_reply_flush(struct cleave_reply *reply);

enum cleave_flag {
  CLEAVE_STREAM_REPLY = 1,      /* http: cleave_reply_flush() may send parts */
  CLEAVE_PROCESS_PER_EVENT = 2, /* every call in a fresh child process: no state is left behind */
  CLEAVE_TEXT_PAYLOAD = 4       /* Azure: payloads are text (their binding lacks dataType binary) */
};

/* One function of the program. All strings are constants. */
struct cleave_function {
  const char *name;    /* of the function: /name on Azure, CLEAVE_FUNCTION, _HANDLER */
  const char *routine; /* the C routine behind it, named in logs and crash reports */
  enum cleave_trigger trigger;
  /* http: "GET /price/{sku}", "/price/:sku", "/static/" with a star
   * behind it for all below; without a method any is served.
   * queue, stream, object: queue, topic or bucket name, needed only where several functions share
   * a process. "" or NULL: everything. */
  const char *key;
  unsigned flags; /* of enum cleave_flag */
  /* Longest call in milliseconds where the platform does not tell a deadline; 0: no limit. */
  unsigned timeout_ms;
  /* Runs once, before the first event is asked for. May be NULL. Returns 0, or non-zero with error
   * set: the process then reports it and ends. The same init in several descriptors runs once. */
  int (*init)(struct cleave_error *error);
  /* One event. Returns 0, or non-zero with error set. */
  int (*invoke)(const struct cleave_event *event, struct cleave_reply *reply,
                struct cleave_error *error);
  /* One message of a queue or stream; where NULL, invoke is called with event->message set and its
   * reply dropped. Returns 0 when the message is processed and may be acknowledged. */
  int (*consume)(const struct cleave_message *message, struct cleave_error *error);
  /* Names of environment variables that the routine or init reads, up to a NULL; may be NULL. Where
   * a platform hands settings and secrets over in another way (files, bound parameters), they are
   * put into the environment before init. */
  const char *const *environment;
};

/* Runs until the platform ends the process. Returns the exit status for main(): 0 after SIGTERM,
 * 1 after a failed init or a lost platform, 2 when functions is unusable (said on stdout). */
int cleave_runtime_main(const struct cleave_function *functions, size_t n_functions);

/* Milliseconds until the running call is cut off: negative once it is over, INT64_MAX when nobody
 * set a deadline. Callable from any thread. */
int64_t cleave_deadline_ms_left(void);

/* The running invocation's id and W3C traceparent, for calls onward; "" outside one. */
const char *cleave_request_id(void);
const char *cleave_traceparent(void);

enum cleave_level { CLEAVE_DEBUG, CLEAVE_INFO, CLEAVE_WARNING, CLEAVE_ERROR };

/* Writes one JSON line to standard output with time, level, function, request and trace id.
 * CLEAVE_LOG_LEVEL (debug, info, warning, error; default info) drops what is below it. Callable
 * from any thread. */
void cleave_log(enum cleave_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
