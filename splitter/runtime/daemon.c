#include "daemon.h"

#include "cleave_adapters.h"
#include "encoding.h"
#include "reply.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define DAEMON_PIECE ((size_t)16 * 1024) /* as much upload as libmicrohttpd hands over at once */
#define DAEMON_TURNS 64                  /* calls without progress before a handler is given up */

struct MHD_Daemon {
  struct MHD_Daemon *before; /* started before this one */
  MHD_AccessHandlerCallback handler;
  void *closure;
  MHD_RequestCompletedCallback completed;
  void *completed_closure;
  void *(*uri_log)(void *closure, const char *uri, struct MHD_Connection *connection);
  void *uri_log_closure;
  union MHD_DaemonInfo info;
};

/* What calls of MHD_start_daemon() asked for, the last first, until MHD_stop_daemon(). */
static struct MHD_Daemon *daemons;

void daemon_add_value(struct MHD_Connection *connection, enum MHD_ValueKind kind, const char *name,
                      const char *value)
{
  if (connection->n_values == connection->room) {
    size_t room = connection->room > 0 ? connection->room * 2 : 32;
    struct daemon_value *values = arena_alloc(connection->arena, room * sizeof(*values));
    if (connection->n_values > 0) {
      memcpy(values, connection->values, connection->n_values * sizeof(*values));
    }
    connection->values = values;
    connection->room = room;
  }
  connection->values[connection->n_values++] = (struct daemon_value){kind, name, value};
}

static const char *decoded(struct MHD_Connection *connection, const char *text, size_t n)
{
  size_t length;
  return percent_decode(connection->arena, text, n, true, &length);
}

/* Query arguments as libmicrohttpd reads them, which differs from the event's list: a name without
 * '=' has no value, and an empty piece is an empty name. */
static void add_arguments(struct MHD_Connection *connection)
{
  const char *piece = connection->event->query_string;
  while (*piece != '\0') {
    size_t n = strcspn(piece, "&");
    const char *equal = memchr(piece, '=', n);
    size_t n_name = equal ? (size_t)(equal - piece) : n;
    const char *name = decoded(connection, piece, n_name);
    const char *value = equal ? decoded(connection, equal + 1, n - n_name - 1) : NULL;
    daemon_add_value(connection, MHD_GET_ARGUMENT_KIND, name, value);
    piece += n + (piece[n] == '&');
  }
}

/* Where a cookie's value ends: separators inside quotes do not count. */
static size_t cookie_value_length(const char *value)
{
  bool is_quoted = false;
  size_t n = 0;
  while (value[n] != '\0' && (is_quoted || (value[n] != ';' && value[n] != ','))) {
    is_quoted = is_quoted != (value[n] == '"');
    n++;
  }
  return n;
}

/* Cookies as libmicrohttpd reads them: a comma separates as well, a name without a value has an
 * empty one, spaces around values stay, quotes around them go. */
static void add_cookies(struct MHD_Connection *connection, const char *header)
{
  const char *piece = header + strspn(header, " ,;");
  while (*piece != '\0') {
    size_t n_name = strcspn(piece, ",;=");
    bool has_value = piece[n_name] == '=';
    const char *value = piece + n_name + has_value;
    size_t n_value = has_value ? cookie_value_length(value) : 0;
    const char *end = value + n_value;
    while (n_name > 0 && piece[n_name - 1] == ' ') {
      n_name--;
    }
    if (n_value >= 2 && value[0] == '"' && value[n_value - 1] == '"') {
      value++;
      n_value -= 2;
    }
    daemon_add_value(connection, MHD_COOKIE_KIND, arena_copy(connection->arena, piece, n_name),
                     arena_copy(connection->arena, value, n_value));
    piece = end + strspn(end, " ,;");
  }
}

static void connection_init(struct MHD_Connection *connection, const struct cleave_event *event,
                            struct cleave_reply *reply)
{
  memset(connection, 0, sizeof(*connection));
  connection->event = event;
  connection->reply = reply;
  connection->arena = &reply->arena;
  connection->peer.sin_family = AF_INET;
  inet_pton(AF_INET, event->source_ip, &connection->peer.sin_addr);
  add_arguments(connection); /* libmicrohttpd's order: as the request is read, cookies last */
  for (size_t i = 0; i < event->headers.n_items; i++) {
    daemon_add_value(connection, MHD_HEADER_KIND, event->headers.items[i].name,
                     event->headers.items[i].value);
  }
  const char *cookies = cleave_event_header(event, "cookie");
  add_cookies(connection, cookies ? cookies : "");
}

/* Calls the handler as libmicrohttpd does: once with the headers, then with pieces of the upload,
 * at last with none, until a response is queued. Returns MHD_NO when the handler gave up. */
static enum MHD_Result call_handler(struct MHD_Connection *connection,
                                    MHD_AccessHandlerCallback handler, void *closure,
                                    void **request_closure)
{
  const struct cleave_event *event = connection->event;
  size_t offset = 0;
  size_t n_idle = 0;
  bool is_first = true;
  while (!connection->response) {
    size_t left = event->body.length - offset;
    size_t given = is_first ? 0 : left < DAEMON_PIECE ? left : DAEMON_PIECE;
    size_t rest = given;
    enum MHD_Result result =
        handler(closure, connection, event->path, event->method, event->protocol,
                given > 0 ? event->body.data + offset : NULL, &rest, request_closure);
    if (result != MHD_YES || rest > given) {
      return MHD_NO;
    }
    offset += given - rest;
    n_idle = is_first || rest < given ? 0 : n_idle + 1;
    is_first = false;
    if (n_idle > DAEMON_TURNS) {
      return MHD_NO;
    }
  }
  return MHD_YES;
}

/* The daemon that was started with the handler; with none, the last one. */
static struct MHD_Daemon *find_daemon(MHD_AccessHandlerCallback handler)
{
  struct MHD_Daemon *daemon = daemons;
  while (daemon && handler && daemon->handler != handler) {
    daemon = daemon->before;
  }
  return daemon;
}

int cleave_microhttpd_invoke(void (*handler)(void), const struct cleave_event *event,
                             struct cleave_reply *reply, struct cleave_error *error)
{
  MHD_AccessHandlerCallback call = (MHD_AccessHandlerCallback)(void *)handler;
  struct MHD_Daemon alone = {.handler = call};
  struct MHD_Daemon *daemon = find_daemon(call);
  daemon = daemon ? daemon : &alone;
  if (!daemon->handler) {
    return cleave_error_set(error, 500, "Function.NoHandler",
                            "no handler: MHD_start_daemon() was not called");
  }
  struct MHD_Connection connection;
  connection_init(&connection, event, reply);
  connection.daemon = daemon;
  void *request_closure = NULL;
  if (daemon->uri_log) {
    request_closure = daemon->uri_log(daemon->uri_log_closure, event->raw_path, &connection);
  }
  int result = 0;
  if (call_handler(&connection, daemon->handler, daemon->closure, &request_closure) == MHD_YES) {
    result = daemon_send_response(&connection, error);
  } else {
    result = cleave_error_set(error, 500, "Function.Closed",
                              "the handler closed the connection without a response");
  }
  if (daemon->completed) {
    daemon->completed(daemon->completed_closure, &connection, &request_closure,
                      result == 0 ? MHD_REQUEST_TERMINATED_COMPLETED_OK
                                  : MHD_REQUEST_TERMINATED_WITH_ERROR);
  }
  if (connection.response) {
    MHD_destroy_response(connection.response);
  }
  return result;
}

/* How an option's arguments are passed. */
enum option_shape {
  SHAPE_INT,
  SHAPE_SIZE,
  SHAPE_POINTER,
  SHAPE_TWO_POINTERS,
  SHAPE_SIZED,
  SHAPE_64
};

static enum option_shape option_shape(enum MHD_OPTION option)
{
  switch ((int)option) {
  case MHD_OPTION_CONNECTION_MEMORY_LIMIT:
  case MHD_OPTION_CONNECTION_MEMORY_INCREMENT:
  case MHD_OPTION_THREAD_STACK_SIZE:
    return SHAPE_SIZE;
  case MHD_OPTION_NOTIFY_COMPLETED:
  case MHD_OPTION_NOTIFY_CONNECTION:
  case MHD_OPTION_URI_LOG_CALLBACK:
  case MHD_OPTION_EXTERNAL_LOGGER:
  case MHD_OPTION_UNESCAPE_CALLBACK:
  case MHD_OPTION_GNUTLS_PSK_CRED_HANDLER:
    return SHAPE_TWO_POINTERS;
  case MHD_OPTION_DIGEST_AUTH_RANDOM:
    return SHAPE_SIZED;
  case MHD_OPTION_SOCK_ADDR:
  case MHD_OPTION_HTTPS_MEM_KEY:
  case MHD_OPTION_HTTPS_MEM_CERT:
  case MHD_OPTION_HTTPS_PRIORITIES:
  case MHD_OPTION_HTTPS_MEM_TRUST:
  case MHD_OPTION_HTTPS_CERT_CALLBACK:
  case MHD_OPTION_HTTPS_MEM_DHPARAMS:
  case MHD_OPTION_HTTPS_KEY_PASSWORD:
  case MHD_OPTION_ARRAY:
    return SHAPE_POINTER;
  default:
    return SHAPE_INT;
  }
}

static void take_option(struct MHD_Daemon *daemon, enum MHD_OPTION option, void *first,
                        void *second)
{
  if (option == MHD_OPTION_NOTIFY_COMPLETED) {
    daemon->completed = (MHD_RequestCompletedCallback)first;
    daemon->completed_closure = second;
  } else if (option == MHD_OPTION_URI_LOG_CALLBACK) {
    daemon->uri_log = (void *(*)(void *, const char *, struct MHD_Connection *))first;
    daemon->uri_log_closure = second;
  }
}

static void take_options(struct MHD_Daemon *daemon, va_list arguments)
{
  enum MHD_OPTION option;
  while ((option = va_arg(arguments, enum MHD_OPTION)) != MHD_OPTION_END) {
    enum option_shape shape = option_shape(option);
    if (shape == SHAPE_TWO_POINTERS) {
      void *first = va_arg(arguments, void *);
      take_option(daemon, option, first, va_arg(arguments, void *));
    } else if (shape == SHAPE_POINTER) {
      const struct MHD_OptionItem *item = va_arg(arguments, void *);
      while (option == MHD_OPTION_ARRAY && item->option != MHD_OPTION_END) {
        take_option(daemon, item->option, (void *)item->value, item->ptr_value);
        item++;
      }
    } else if (shape == SHAPE_SIZED) {
      (void)va_arg(arguments, size_t);
      (void)va_arg(arguments, void *);
    } else if (shape == SHAPE_SIZE) {
      (void)va_arg(arguments, size_t);
    } else {
      (void)va_arg(arguments, int);
    }
  }
}

struct MHD_Daemon *MHD_start_daemon_va(unsigned int flags, uint16_t port,
                                       MHD_AcceptPolicyCallback accept, void *accept_closure,
                                       MHD_AccessHandlerCallback handler, void *closure,
                                       va_list arguments)
{
  (void)flags;
  (void)accept;
  (void)accept_closure;
  struct MHD_Daemon *daemon = calloc(1, sizeof(*daemon));
  if (!daemon) {
    return NULL;
  }
  daemon->handler = handler;
  daemon->closure = closure;
  daemon->info.port = port;
  take_options(daemon, arguments);
  daemon->before = daemons;
  daemons = daemon;
  return daemon;
}

struct MHD_Daemon *MHD_start_daemon(unsigned int flags, uint16_t port,
                                    MHD_AcceptPolicyCallback accept, void *accept_closure,
                                    MHD_AccessHandlerCallback handler, void *closure, ...)
{
  va_list arguments;
  va_start(arguments, closure);
  struct MHD_Daemon *daemon =
      MHD_start_daemon_va(flags, port, accept, accept_closure, handler, closure, arguments);
  va_end(arguments);
  return daemon;
}

void MHD_stop_daemon(struct MHD_Daemon *daemon)
{
  for (struct MHD_Daemon **at = &daemons; daemon && *at; at = &(*at)->before) {
    if (*at == daemon) {
      *at = daemon->before;
      free(daemon);
      return;
    }
  }
}

MHD_socket MHD_quiesce_daemon(struct MHD_Daemon *daemon)
{
  (void)daemon;
  return MHD_INVALID_SOCKET;
}

enum MHD_Result MHD_run(struct MHD_Daemon *daemon)
{
  return daemon ? MHD_YES : MHD_NO;
}

const union MHD_DaemonInfo *MHD_get_daemon_info(struct MHD_Daemon *daemon,
                                                enum MHD_DaemonInfoType info_type, ...)
{
  return info_type == MHD_DAEMON_INFO_BIND_PORT ? &daemon->info : NULL;
}

const union MHD_ConnectionInfo *MHD_get_connection_info(struct MHD_Connection *connection,
                                                        enum MHD_ConnectionInfoType info_type, ...)
{
  switch (info_type) {
  case MHD_CONNECTION_INFO_CLIENT_ADDRESS:
    connection->info.client_addr = (struct sockaddr *)&connection->peer;
    return &connection->info;
  case MHD_CONNECTION_INFO_DAEMON:
    connection->info.daemon = connection->daemon;
    return &connection->info;
  default:
    return NULL;
  }
}

enum MHD_Result MHD_set_connection_option(struct MHD_Connection *connection,
                                          enum MHD_CONNECTION_OPTION option, ...)
{
  (void)connection;
  return option == MHD_CONNECTION_OPTION_TIMEOUT ? MHD_YES : MHD_NO;
}

int MHD_get_connection_values(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                              MHD_KeyValueIterator iterator, void *closure)
{
  int n = 0;
  for (size_t i = 0; i < connection->n_values; i++) {
    const struct daemon_value *value = &connection->values[i];
    if (value->kind & kind) {
      n++;
      if (iterator && iterator(closure, value->kind, value->name, value->value) != MHD_YES) {
        break;
      }
    }
  }
  return n;
}

int MHD_get_connection_values_n(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                                MHD_KeyValueIteratorN iterator, void *closure)
{
  int n = 0;
  for (size_t i = 0; i < connection->n_values; i++) {
    const struct daemon_value *value = &connection->values[i];
    if (value->kind & kind) {
      n++;
      if (iterator && iterator(closure, value->kind, value->name, strlen(value->name), value->value,
                               value->value ? strlen(value->value) : 0) != MHD_YES) {
        break;
      }
    }
  }
  return n;
}

const char *MHD_lookup_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                                        const char *key)
{
  for (size_t i = 0; i < connection->n_values && key; i++) {
    const struct daemon_value *value = &connection->values[i];
    if ((value->kind & kind) && name_equals(value->name, key)) {
      return value->value;
    }
  }
  return NULL;
}

enum MHD_Result MHD_lookup_connection_value_n(struct MHD_Connection *connection,
                                              enum MHD_ValueKind kind, const char *key,
                                              size_t key_size, const char **value_ptr,
                                              size_t *value_size_ptr)
{
  const char *name = arena_copy(connection->arena, key, key_size);
  for (size_t i = 0; i < connection->n_values; i++) {
    const struct daemon_value *value = &connection->values[i];
    if ((value->kind & kind) && name_equals(value->name, name)) {
      if (value_ptr) {
        *value_ptr = value->value;
      }
      if (value_size_ptr) {
        *value_size_ptr = value->value ? strlen(value->value) : 0;
      }
      return MHD_YES;
    }
  }
  return MHD_NO;
}

enum MHD_Result MHD_set_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                                         const char *key, const char *value)
{
  daemon_add_value(connection, kind, key, value);
  return MHD_YES;
}

void MHD_set_panic_func(MHD_PanicCallback cb, void *cls)
{
  (void)cb; /* nothing here panics */
  (void)cls;
}

size_t MHD_http_unescape(char *val)
{
  struct arena arena;
  size_t length;
  arena_init(&arena);
  char *plain = percent_decode(&arena, val, strlen(val), false, &length);
  memcpy(val, plain, length + 1);
  arena_clear(&arena);
  return length;
}

const char *MHD_get_version(void)
{
  return "0.9.75"; /* the interface that is served here */
}

enum MHD_Result MHD_is_feature_supported(enum MHD_FEATURE feature)
{
  return feature == MHD_FEATURE_POSTPROCESSOR || feature == MHD_FEATURE_BASIC_AUTH ? MHD_YES
                                                                                   : MHD_NO;
}

void MHD_free(void *ptr)
{
  free(ptr);
}

char *MHD_basic_auth_get_username_password(struct MHD_Connection *connection, char **password)
{
  const char *header = cleave_event_header(connection->event, "Authorization");
  *password = NULL;
  if (!header || !name_begins(header, "Basic ")) {
    return NULL;
  }
  size_t length;
  char *plain = base64_decode(connection->arena, header + 6, strlen(header + 6), &length);
  char *colon = plain ? strchr(plain, ':') : NULL;
  if (!colon) {
    return NULL;
  }
  *password = strdup(colon + 1);
  return strndup(plain, (size_t)(colon - plain));
}

enum MHD_Result MHD_queue_basic_auth_fail_response(struct MHD_Connection *connection,
                                                   const char *realm, struct MHD_Response *response)
{
  const char *value = arena_print(connection->arena, "Basic realm=\"%s\"", realm);
  return MHD_add_response_header(response, "WWW-Authenticate", value) == MHD_YES
             ? MHD_queue_response(connection, 401, response)
             : MHD_NO;
}
