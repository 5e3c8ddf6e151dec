/* What the host must know of one kind of back end: how messages are asked for, read, acknowledged
 * and given back. Pure: requests are written and answers read; whoever holds the kind sends them.
 *
 * Not for others: source.h is the door. */
#ifndef CLEAVE_HOST_SOURCE_KIND_H
#define CLEAVE_HOST_SOURCE_KIND_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "splitter/host/upstream.h"

struct source_kind;

/* Where a back end is, and what it is asked with. */
struct source_place {
  const struct source_kind *kind;
  char *address; /* as it was given: "http://HOST[:PORT]/PATH" */
  char *url;     /* what is asked: "http://HOST[:PORT]" */
  char *path;    /* of the queue, subscription or bucket: "/000000000000/mail" */
  char *name;    /* last part of the path */
  char *host;    /* as the Host header has it */
  char *region;  /* AWS */
  char *account; /* Azure's storage account, or NULL */
  GBytes *key;   /* of the account, or NULL */
};

/* A request of a back end; strings lie in ARENA. */
struct source_request {
  struct arena arena;
  const char *method;
  const char *target;
  struct fields headers;
  const char *body;
  size_t n_body;
};

struct source_message {
  char *id;
  char *receipt; /* of this delivery */
  GBytes *body;
  unsigned n_deliveries; /* this one included; 0: not told */
  int64_t sent_ms;
  char *trace;        /* traceparent, or "" */
  json_t *attributes; /* name -> text */
  json_t *record;     /* SQS: as Lambda hands it to a function; NULL elsewhere */
  bool is_ordered;    /* behind it others of its group wait */
};
void source_message_free(void *message);

struct source_kind {
  const char *name;   /* "sqs" */
  unsigned max_batch; /* messages that one request may ask for */
  bool does_wait;     /* a request waits for messages by itself */
  bool buries_itself; /* messages that fail too often are taken away by the back end */
  /* Checks the address and takes credentials from the environment. */
  bool (*prepare)(struct source_place *place, GError **error);
  /* Asks for at most N messages, invisible to others for SECONDS. */
  bool (*receive)(const struct source_place *place, unsigned n, unsigned seconds,
                  struct source_request *request, GError **error);
  /* Adds the messages of a 2xx to MESSAGES. */
  bool (*read)(const struct source_place *place, const char *body, size_t n_body,
               GPtrArray *messages, GError **error);
  bool (*acknowledge)(const struct source_place *place, const struct source_message *message,
                      struct source_request *request, GError **error);
  /* Gives a message back: visible again after SECONDS. */
  bool (*release)(const struct source_place *place, const struct source_message *message,
                  unsigned seconds, struct source_request *request, GError **error);
  /* Keeps received messages invisible when receiving cannot say for how long; or NULL. */
  bool (*hold)(const struct source_place *place, const GPtrArray *messages, unsigned seconds,
               struct source_request *request, GError **error);
  /* Puts a message that has failed too often aside, or makes the place for it; NULL with
   * buries_itself. */
  bool (*bury)(const struct source_place *place, const struct source_message *message,
               struct source_request *request, GError **error);
  bool (*make_grave)(const struct source_place *place, struct source_request *request,
                     GError **error);
};

extern const struct source_kind source_sqs;
extern const struct source_kind source_azure;
extern const struct source_kind source_pubsub;

#define SOURCE_ERROR (source_error_quark())
GQuark source_error_quark(void);

/* "KIND:http://HOST[:PORT]/PATH", kinds sqs, azure, pubsub and s3 (whose place has no kind). Sets
 * ERROR and returns NULL when that is no address or credentials are missing. Release with
 * source_place_free(). */
struct source_place *source_place_new(const char *text, GError **error);
void source_place_free(struct source_place *place);
typedef struct source_place source_place_owner;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(source_place_owner, source_place_free)

/* Has another server asked than the address names; PATH and address stay. */
bool source_place_redirect(struct source_place *place, const char *url, GError **error);

/* Signs a request to AWS' SERVICE, by the credentials of the environment or the shared file. */
bool source_sign(const struct source_place *place, const char *service,
                 struct source_request *request, GError **error);

/* Reads a JSON object whose member NAME, when there, is a list: adds what READ makes of each
 * element to MESSAGES. False and ERROR when it is none, or READ gives NULL. O(length). */
bool source_read_list(const struct source_place *place, const char *text, size_t n_text,
                      const char *name,
                      struct source_message *(*read)(const struct source_place *place,
                                                     json_t *given),
                      GPtrArray *messages, GError **error);

/* The code that a refusal's body names ("AccessDenied"), when it looks like one; else "". A new
 * string. */
char *source_error_code(const char *body, size_t n_body);

#endif
