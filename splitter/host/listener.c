#include "splitter/host/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <netdb.h>
#include <string.h>

#define REQUEST_SECONDS 30 /* a request must be complete this long after its first byte */
#define IDLE_SECONDS 120   /* a kept connection without a request is closed */

G_DEFINE_QUARK(cleave - listener - error, listener_error)

struct call {
  struct listener *listener;
  struct bufferevent *connection;
  struct event *timer; /* ends slow and idle peers */
  struct wire wire;
  char peer[INET6_ADDRSTRLEN];
  void *tag;
  bool has_begun;  /* bytes of the next request have come */
  bool is_out;     /* handed out, waits for its answer */
  bool is_closing; /* close when the answer is sent */
};

struct listener {
  struct event_base *base;
  struct evconnlistener *socket;
  struct wire_limits limits;
  listener_handler handler;
  listener_gone gone;
  void *data;
  GHashTable *calls;
  uint16_t port;
};

static void call_free(void *pointer)
{
  struct call *call = pointer;
  event_free(call->timer);
  bufferevent_free(call->connection);
  wire_clear(&call->wire);
  g_free(call);
}

static void drop(struct call *call)
{
  struct listener *listener = call->listener;
  if (call->is_out && listener->gone) {
    listener->gone(call, listener->data);
  }
  g_hash_table_remove(listener->calls, call);
}

static void wait_seconds(struct call *call, int seconds)
{
  struct timeval limit = {.tv_sec = seconds};
  evtimer_add(call->timer, &limit);
}

static void refuse(struct call *call, int status)
{
  call->is_closing = true;
  call->is_out = true;
  call_reply_json(call, status, "{\"message\":\"bad request\"}");
}

static void on_read(struct bufferevent *connection, void *pointer)
{
  struct call *call = pointer;
  struct evbuffer *input = bufferevent_get_input(connection);
  while (!call->is_out && !call->is_closing && evbuffer_get_length(input) > 0) {
    size_t n = evbuffer_get_contiguous_space(input);
    const char *data = (const char *)evbuffer_pullup(input, (ev_ssize_t)n);
    if (!call->has_begun) { /* also by an empty line, which a request may have before it */
      call->has_begun = true;
      wait_seconds(call, REQUEST_SECONDS);
    }
    evbuffer_drain(input, wire_feed(&call->wire, data, n));
    if (call->wire.state == WIRE_FAILED) {
      refuse(call, call->wire.failure);
      return;
    }
    if (call->wire.wants_continue && call->wire.state == WIRE_BODY) {
      static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
      bufferevent_write(connection, go_on, sizeof go_on - 1);
      call->wire.wants_continue = false;
    }
    if (call->wire.state == WIRE_COMPLETE) {
      evtimer_del(call->timer);
      call->is_out = true;
      call->tag = NULL;
      call->listener->handler(call, call->listener->data);
      return; /* the call may be gone */
    }
  }
}

static void on_write(struct bufferevent *connection, void *pointer)
{
  struct call *call = pointer;
  if (call->is_closing && !call->is_out &&
      evbuffer_get_length(bufferevent_get_output(connection)) == 0) {
    drop(call);
  }
}

static void on_event(struct bufferevent *connection, short what, void *pointer)
{
  (void)connection;
  if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)) {
    drop(pointer);
  }
}

static void on_timer(evutil_socket_t fd, short what, void *pointer)
{
  (void)fd;
  (void)what;
  struct call *call = pointer;
  if (call->wire.state == WIRE_EMPTY) {
    drop(call);
  } else {
    refuse(call, 408);
  }
}

static void on_accept(struct evconnlistener *socket, evutil_socket_t fd, struct sockaddr *address,
                      int length, void *pointer)
{
  (void)socket;
  struct listener *listener = pointer;
  struct call *call = g_new0(struct call, 1);
  call->listener = listener;
  call->connection = bufferevent_socket_new(listener->base, fd, BEV_OPT_CLOSE_ON_FREE);
  call->timer = evtimer_new(listener->base, on_timer, call);
  wire_init(&call->wire, HTTP_REQUEST, listener->limits);
  getnameinfo(address, (socklen_t)length, call->peer, sizeof call->peer, NULL, 0, NI_NUMERICHOST);
  bufferevent_setcb(call->connection, on_read, on_write, on_event, call);
  bufferevent_enable(call->connection, EV_READ | EV_WRITE);
  wait_seconds(call, IDLE_SECONDS);
  g_hash_table_add(listener->calls, call);
}

static bool resolve(const char *host, uint16_t port, struct sockaddr_storage *address,
                    socklen_t *length, GError **error)
{
  struct addrinfo hints = {.ai_flags = AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  g_autofree char *service = g_strdup_printf("%u", port);
  int code = getaddrinfo(host, service, &hints, &found);
  if (code != 0) {
    g_set_error(error, LISTENER_ERROR, 0, "cannot listen on '%s': %s", host, gai_strerror(code));
    return false;
  }
  memcpy(address, found->ai_addr, found->ai_addrlen);
  *length = found->ai_addrlen;
  freeaddrinfo(found);
  return true;
}

static uint16_t bound_port(evutil_socket_t fd)
{
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  getsockname(fd, (struct sockaddr *)&address, &length);
  return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                             : ((struct sockaddr_in *)&address)->sin_port);
}

struct listener *listener_new(struct event_base *base, const char *host, uint16_t port,
                              struct wire_limits limits, listener_handler handler,
                              listener_gone gone, void *data, GError **error)
{
  struct sockaddr_storage address;
  socklen_t length = 0;
  if (!resolve(host, port, &address, &length, error)) {
    return NULL;
  }
  struct listener *listener = g_new0(struct listener, 1);
  *listener = (struct listener){.base = base,
                                .limits = limits,
                                .handler = handler,
                                .gone = gone,
                                .data = data,
                                .calls = g_hash_table_new_full(NULL, NULL, call_free, NULL)};
  listener->socket = evconnlistener_new_bind(
      base, on_accept, listener, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC,
      -1, (struct sockaddr *)&address, (int)length);
  if (!listener->socket) {
    g_set_error(error, LISTENER_ERROR, 0, "cannot listen on %s:%u: %s", host, port,
                g_strerror(errno));
    listener_free(listener);
    return NULL;
  }
  listener->port = bound_port(evconnlistener_get_fd(listener->socket));
  return listener;
}

void listener_free(struct listener *listener)
{
  if (!listener) {
    return;
  }
  g_hash_table_destroy(listener->calls);
  if (listener->socket) {
    evconnlistener_free(listener->socket);
  }
  g_free(listener);
}

uint16_t listener_port(const struct listener *listener)
{
  return listener->port;
}

const struct wire *call_request(const struct call *call)
{
  return &call->wire;
}

const char *call_peer(const struct call *call)
{
  return call->peer;
}

void call_set_tag(struct call *call, void *tag)
{
  call->tag = tag;
}

void *call_tag(const struct call *call)
{
  return call->tag;
}

void call_reply(struct call *call, int status, const struct cleave_field *headers, size_t n_headers,
                const void *body, size_t n_body)
{
  struct evbuffer *output = bufferevent_get_output(call->connection);
  bool is_head = call->wire.parser.method == HTTP_HEAD;
  bool has_body = status >= 200 && status != 204 && status != 304;
  call->is_closing = call->is_closing || !call->wire.keep_alive;
  evbuffer_add_printf(output, "HTTP/1.1 %d %s\r\n", status,
                      http_status_str((enum http_status)status));
  for (size_t i = 0; i < n_headers; i++) {
    evbuffer_add_printf(output, "%s: %s\r\n", headers[i].name, headers[i].value);
  }
  if (has_body) {
    evbuffer_add_printf(output, "Content-Length: %zu\r\n", n_body);
  }
  evbuffer_add_printf(output, "%s\r\n", call->is_closing ? "Connection: close\r\n" : "");
  if (has_body && !is_head) {
    evbuffer_add(output, body, n_body);
  }
  call->is_out = false;
  call->has_begun = false;
  wire_reset(&call->wire);
  wait_seconds(call, IDLE_SECONDS);
  if (!call->is_closing && evbuffer_get_length(bufferevent_get_input(call->connection)) > 0) {
    bufferevent_trigger(call->connection, EV_READ, BEV_TRIG_DEFER_CALLBACKS);
  }
}

void call_reply_json(struct call *call, int status, const char *json)
{
  const struct cleave_field type = {"Content-Type", "application/json"};
  call_reply(call, status, &type, 1, json, strlen(json));
}
