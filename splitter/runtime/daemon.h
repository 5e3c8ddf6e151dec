/* The part of libmicrohttpd's interface that handlers use, served from an event: what its
 * connections and responses hold here. The types are libmicrohttpd's, declared in its own header;
 * only their insides are ours. Never opens a socket. */
#ifndef CLEAVE_DAEMON_H
#define CLEAVE_DAEMON_H

#include "arena.h"
#include "buffer.h"
#include "cleave_runtime.h"
#include "fields.h"

#include <microhttpd.h>
#include <netinet/in.h>

/* A value of a request: name and value may hold any bytes but end with a NUL. */
struct daemon_value {
  enum MHD_ValueKind kind;
  const char *name;
  const char *value; /* NULL: the name came without '=' */
};

struct MHD_Connection {
  struct MHD_Daemon *daemon;
  const struct cleave_event *event;
  struct cleave_reply *reply;
  struct arena *arena;
  struct daemon_value *values;
  size_t n_values;
  size_t room;
  struct MHD_Response *response; /* one reference is ours */
  unsigned status;
  struct sockaddr_in peer;
  union MHD_ConnectionInfo info;
};

struct MHD_Response {
  unsigned n_references;
  const char *data; /* NULL: the reader gives it */
  size_t size;
  uint64_t total; /* of the reader; MHD_SIZE_UNKNOWN allowed */
  uint64_t offset;
  int descriptor; /* -1: none */
  MHD_ContentReaderCallback reader;
  MHD_ContentReaderFreeCallback reader_free;
  void *reader_closure;
  size_t block_size;
  MHD_ContentReaderFreeCallback data_free;
  void *data_closure;
  struct arena arena;
  struct fields headers;
};

/* Adds a value to the connection; the strings must live as long as its arena. */
void daemon_add_value(struct MHD_Connection *connection, enum MHD_ValueKind kind, const char *name,
                      const char *value);

/* Puts status, headers and body of the queued response into the reply. Returns 0, or -1 with error
 * set. */
int daemon_send_response(struct MHD_Connection *connection, struct cleave_error *error);

#endif
