#include "shop.h"

#include <microhttpd.h>

#define MAX_BODY_BYTES (4 * 1024 * 1024)

struct connection {
  char *target; /* as it stood in the request line */
  struct buffer body;
  int is_started;
  int is_too_large;
};

static struct MHD_Daemon *server_daemon;

int page_show(struct request *request UNUSED, struct response *response) {
  char path[sizeof config.static_dir + 16];
  str_set(path, config.static_dir);
  strcat(path, "/index.html");
  if (response_file(response, path, "text/html; charset=utf-8") != 0) return response_error(response, 404, "no page");
  return 0;
}

int health_show(struct request *request UNUSED, struct response *response) {
  long one = 0;
  if (db_select_long(&one, "SELECT 1", "") != 0) return response_error(response, 503, "no database");
  json_write(&response->body, "{'status':'ok','database':%s}", g_db->driver->scheme);
  return 0;
}

/* The library hands out decoded paths only; the shop decodes for itself. */
static void *server_log_uri(void *context UNUSED, const char *uri, struct MHD_Connection *connection UNUSED) {
  struct connection *state = mem_alloc(sizeof *state);
  state->target = mem_string(uri);
  buffer_init(&state->body);
  return state;
}

static enum MHD_Result server_copy_header(void *context, enum MHD_ValueKind kind UNUSED, const char *name,
                                          const char *value) {
  request_add_header(context, name, value ? value : "");
  return MHD_YES;
}

static enum MHD_Result server_send(struct MHD_Connection *connection, struct response *response) {
  struct MHD_Response *out =
      MHD_create_response_from_buffer(response->body.length, response->body.data, MHD_RESPMEM_MUST_COPY);
  if (!out) return MHD_NO;
  MHD_add_response_header(out, "Content-Type", response->content_type);
  for (int i = 0; i < response->headers.n; i++)
    MHD_add_response_header(out, response->headers.items[i].name, response->headers.items[i].value);
  enum MHD_Result result = MHD_queue_response(connection, (unsigned)response->status, out);
  MHD_destroy_response(out);
  return result;
}

static enum MHD_Result server_handle(void *context UNUSED, struct MHD_Connection *connection, const char *url UNUSED,
                                     const char *method, const char *version UNUSED, const char *upload,
                                     size_t *upload_length, void **slot) {
  struct connection *state = *slot;
  if (!state->is_started) {
    state->is_started = 1;
    return MHD_YES;
  }
  if (*upload_length) {
    if (state->body.length + *upload_length > MAX_BODY_BYTES) state->is_too_large = 1;
    else buffer_add(&state->body, upload, *upload_length);
    *upload_length = 0;
    return MHD_YES;
  }
  struct request *request = request_new(method, state->target);
  struct response response;
  MHD_get_connection_values(connection, MHD_HEADER_KIND, server_copy_header, request);
  request_set_body(request, state->body.data, state->body.length);
  response_init(&response);
  if (state->is_too_large) response_error(&response, 413, "body too large");
  else router_dispatch(request, &response);
  enum MHD_Result result = server_send(connection, &response);
  response_clear(&response);
  request_free(request);
  return result;
}

static void server_completed(void *context UNUSED, struct MHD_Connection *connection UNUSED, void **slot,
                             enum MHD_RequestTerminationCode code UNUSED) {
  struct connection *state = *slot;
  if (!state) return;
  free(state->target);
  buffer_clear(&state->body);
  free(state);
  *slot = NULL;
}

int server_start(void) {
  unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD;
  server_daemon = MHD_start_daemon(
      flags, (uint16_t)config.port, NULL, NULL, server_handle, NULL, MHD_OPTION_URI_LOG_CALLBACK, server_log_uri, NULL,
      MHD_OPTION_NOTIFY_COMPLETED, server_completed, NULL, MHD_OPTION_THREAD_POOL_SIZE,
      (unsigned)(config.threads > 1 ? config.threads : 0), MHD_OPTION_CONNECTION_TIMEOUT, 30u, MHD_OPTION_END);
  if (!server_daemon) {
    log_error("cannot listen on port %d", config.port);
    return -1;
  }
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(server_daemon, MHD_DAEMON_INFO_BIND_PORT);
  return info ? info->port : config.port;
}

void server_stop(void) {
  if (server_daemon) MHD_stop_daemon(server_daemon);
  server_daemon = NULL;
}
