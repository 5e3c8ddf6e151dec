#include "splitter/host/upstream.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/util.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#define IDLE_SECONDS 60 /* a kept connection is closed after this */
#define MAX_IDLE 64     /* kept connections */

G_DEFINE_QUARK(cleave - upstream - error, upstream_error)

struct upstream {
  struct event_base *base;
  struct sockaddr_storage address;
  socklen_t address_length;
  char *authority;
  struct wire_limits limits;
  GPtrArray *links; /* all connections */
};

/* A connection; idle when it carries no delivery. */
struct link {
  struct upstream *upstream;
  struct bufferevent *connection;
  struct event *timer; /* ends idle links */
  struct wire wire;
  struct delivery *delivery;
  bool was_used;
};

struct delivery {
  struct upstream *upstream;
  struct link *link;
  struct event *timer; /* time limit; also tells failures outside of upstream_send() */
  GString *bytes;      /* head and body, kept for a second try */
  gint64 begun;        /* monotonic microseconds */
  upstream_done done;
  void *data;
  unsigned timeout_ms;
  bool is_idempotent;
  bool is_head;
  char *problem;
};

bool upstream_is_hop(const char *name)
{
  static const char *const hops[] = {
      "connection", "content-length", "transfer-encoding", "keep-alive",      "te",
      "upgrade",    "expect",         "trailer",           "proxy-connection"};
  for (size_t i = 0; i < G_N_ELEMENTS(hops); i++) {
    if (name_equals(name, hops[i])) {
      return true;
    }
  }
  return false;
}

static void link_free(void *pointer)
{
  struct link *link = pointer;
  event_free(link->timer);
  bufferevent_free(link->connection);
  wire_clear(&link->wire);
  g_free(link);
}

static void delivery_free(struct delivery *delivery)
{
  event_free(delivery->timer);
  g_string_free(delivery->bytes, TRUE);
  g_free(delivery->problem);
  g_free(delivery);
}

static void link_drop(struct link *link)
{
  g_ptr_array_remove_fast(link->upstream->links, link);
}

/* Ends the delivery without an answer. */
static void delivery_fail(struct delivery *delivery, const char *problem, bool is_late)
{
  struct upstream_answer answer = {
      .body = "",
      .problem = problem,
      .is_late = is_late,
      .seconds = (double)(g_get_monotonic_time() - delivery->begun) / 1e6,
  };
  if (delivery->link) {
    delivery->link->delivery = NULL;
    link_drop(delivery->link);
    delivery->link = NULL;
  }
  evtimer_del(delivery->timer);
  delivery->done(&answer, delivery->data);
  delivery_free(delivery);
}

/* Has DELIVERY fail from the event loop. */
static void fail_soon(struct delivery *delivery, const char *problem)
{
  delivery->problem = g_strdup(problem);
  event_active(delivery->timer, EV_TIMEOUT, 0);
}

static void on_delivery_timer(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  struct delivery *delivery = data;
  g_autofree char *problem = g_steal_pointer(&delivery->problem);
  delivery_fail(delivery, problem ? problem : "no answer within the time limit", !problem);
}

static void link_wait(struct link *link)
{
  struct timeval limit = {.tv_sec = IDLE_SECONDS};
  unsigned n_idle = 0;
  for (guint i = 0; i < link->upstream->links->len; i++) {
    n_idle += !((struct link *)g_ptr_array_index(link->upstream->links, i))->delivery;
  }
  if (n_idle > MAX_IDLE) {
    link_drop(link);
  } else {
    evtimer_add(link->timer, &limit);
  }
}

static void answered(struct link *link)
{
  struct delivery *delivery = link->delivery;
  struct upstream_answer answer = {
      .status = (int)link->wire.parser.status_code,
      .fields = &link->wire.headers,
      .body = buffer_text(&link->wire.body),
      .n_body = link->wire.body.length,
      .problem = "",
      .seconds = (double)(g_get_monotonic_time() - delivery->begun) / 1e6,
  };
  evtimer_del(delivery->timer);
  bool is_kept = link->wire.keep_alive;
  struct wire wire = link->wire; /* done() may send again and must not find this link busy */
  wire.parser.data = NULL;
  wire_init(&link->wire, HTTP_RESPONSE, link->upstream->limits);
  answer.fields = &wire.headers;
  link->delivery = NULL;
  link->was_used = true;
  struct upstream *upstream = link->upstream;
  if (is_kept && evbuffer_get_length(bufferevent_get_input(link->connection)) == 0) {
    link_wait(link);
  } else {
    g_ptr_array_remove_fast(upstream->links, link);
  }
  delivery->done(&answer, delivery->data);
  delivery_free(delivery);
  wire_clear(&wire);
}

static void on_read(struct bufferevent *connection, void *data)
{
  struct link *link = data;
  struct evbuffer *input = bufferevent_get_input(connection);
  if (!link->delivery) { /* nobody asked */
    link_drop(link);
    return;
  }
  while (evbuffer_get_length(input) > 0) {
    size_t n = evbuffer_get_contiguous_space(input);
    const char *bytes = (const char *)evbuffer_pullup(input, (ev_ssize_t)n);
    evbuffer_drain(input, wire_feed(&link->wire, bytes, n));
    if (link->wire.state == WIRE_COMPLETE) {
      answered(link);
      return;
    }
    if (link->wire.state == WIRE_FAILED) {
      delivery_fail(link->delivery,
                    link->wire.failure == 413 ? "the answer is too large" : "the answer is no HTTP",
                    false);
      return;
    }
  }
}

static bool start(struct delivery *delivery, bool may_reuse);

static void on_event(struct bufferevent *connection, short what, void *data)
{
  struct link *link = data;
  struct delivery *delivery = link->delivery;
  if (what & BEV_EVENT_CONNECTED) {
    int one = 1;
    setsockopt(bufferevent_getfd(connection), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return;
  }
  if (!delivery) {
    link_drop(link);
    return;
  }
  bool is_untouched = link->wire.state == WIRE_EMPTY;
  if (what & BEV_EVENT_EOF && !is_untouched) {
    wire_finish(&link->wire);
    if (link->wire.state == WIRE_COMPLETE) {
      link->wire.keep_alive = false;
      answered(link);
      return;
    }
  }
  if (is_untouched && link->was_used && delivery->is_idempotent) {
    link->delivery = NULL;
    delivery->link = NULL;
    link_drop(link);
    if (!start(delivery, false)) {
      fail_soon(delivery, "cannot connect");
    }
    return;
  }
  g_autofree char *problem = what & BEV_EVENT_EOF
                                 ? g_strdup("the connection was closed without an answer")
                                 : g_strdup(evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
  delivery_fail(delivery, problem, false);
}

static void on_link_timer(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  link_drop(data);
}

static struct link *link_new(struct upstream *upstream)
{
  struct link *link = g_new0(struct link, 1);
  link->upstream = upstream;
  link->connection = bufferevent_socket_new(upstream->base, -1, BEV_OPT_CLOSE_ON_FREE);
  link->timer = evtimer_new(upstream->base, on_link_timer, link);
  wire_init(&link->wire, HTTP_RESPONSE, upstream->limits);
  bufferevent_setcb(link->connection, on_read, NULL, on_event, link);
  bufferevent_enable(link->connection, EV_READ | EV_WRITE);
  g_ptr_array_add(upstream->links, link);
  return link;
}

static struct link *idle_link(const struct upstream *upstream)
{
  for (guint i = upstream->links->len; i > 0; i--) {
    struct link *link = g_ptr_array_index(upstream->links, i - 1);
    if (!link->delivery) {
      return link;
    }
  }
  return NULL;
}

static bool start(struct delivery *delivery, bool may_reuse)
{
  struct upstream *upstream = delivery->upstream;
  struct link *link = may_reuse ? idle_link(upstream) : NULL;
  bool is_new = !link;
  if (is_new) {
    link = link_new(upstream);
  }
  evtimer_del(link->timer);
  link->delivery = delivery;
  delivery->link = link;
  link->wire.is_head_reply = delivery->is_head;
  bufferevent_write(link->connection, delivery->bytes->str, delivery->bytes->len);
  if (is_new && bufferevent_socket_connect(link->connection, (struct sockaddr *)&upstream->address,
                                           (int)upstream->address_length) != 0) {
    link->delivery = NULL;
    delivery->link = NULL;
    link_drop(link);
    return false;
  }
  return true;
}

static GString *request_bytes(const struct upstream *upstream,
                              const struct upstream_request *request)
{
  GString *bytes = g_string_sized_new(512 + request->n_body);
  g_string_append_printf(bytes, "%s %s HTTP/1.1\r\nHost: %s\r\n", request->method, request->target,
                         request->host ? request->host : upstream->authority);
  for (size_t i = 0; i < request->n_headers; i++) {
    const struct cleave_field *field = &request->headers[i];
    if (!upstream_is_hop(field->name) && !name_equals(field->name, "host") &&
        !strpbrk(field->value, "\r\n")) {
      g_string_append_printf(bytes, "%s: %s\r\n", field->name, field->value);
    }
  }
  bool has_no_body = request->n_body == 0 &&
                     (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0);
  if (!has_no_body) {
    g_string_append_printf(bytes, "Content-Length: %zu\r\n", request->n_body);
  }
  g_string_append(bytes, "\r\n");
  g_string_append_len(bytes, request->body, (gssize)request->n_body);
  return bytes;
}

static bool is_idempotent(const char *method)
{
  static const char *const methods[] = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"};
  for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
    if (strcmp(method, methods[i]) == 0) {
      return true;
    }
  }
  return false;
}

struct delivery *upstream_send(struct upstream *upstream, const struct upstream_request *request,
                               upstream_done done, void *data)
{
  struct delivery *delivery = g_new0(struct delivery, 1);
  delivery->upstream = upstream;
  delivery->timer = evtimer_new(upstream->base, on_delivery_timer, delivery);
  delivery->bytes = request_bytes(upstream, request);
  delivery->begun = g_get_monotonic_time();
  delivery->done = done;
  delivery->data = data;
  delivery->is_idempotent = is_idempotent(request->method);
  delivery->is_head = strcmp(request->method, "HEAD") == 0;
  if (!start(delivery, true)) {
    fail_soon(delivery, "cannot connect");
  } else if (request->timeout_ms > 0) {
    struct timeval limit = {.tv_sec = request->timeout_ms / 1000,
                            .tv_usec = (suseconds_t)(request->timeout_ms % 1000) * 1000};
    evtimer_add(delivery->timer, &limit);
  }
  return delivery;
}

void upstream_cancel(struct delivery *delivery)
{
  if (delivery->link) {
    delivery->link->delivery = NULL;
    link_drop(delivery->link);
  }
  delivery_free(delivery);
}

struct upstream *upstream_new(struct event_base *base, const char *host, uint16_t port,
                              struct wire_limits limits, GError **error)
{
  struct addrinfo hints = {.ai_flags = AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  g_autofree char *service = g_strdup_printf("%u", port);
  int code = getaddrinfo(host, service, &hints, &found);
  if (code != 0) {
    g_set_error(error, UPSTREAM_ERROR, 0, "cannot find '%s': %s", host, gai_strerror(code));
    return NULL;
  }
  struct upstream *upstream = g_new0(struct upstream, 1);
  upstream->base = base;
  memcpy(&upstream->address, found->ai_addr, found->ai_addrlen);
  upstream->address_length = found->ai_addrlen;
  freeaddrinfo(found);
  upstream->authority = g_strdup_printf(strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
  upstream->limits = limits;
  upstream->links = g_ptr_array_new_with_free_func(link_free);
  return upstream;
}

struct upstream *upstream_from_url(struct event_base *base, const char *url,
                                   struct wire_limits limits, GError **error)
{
  g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
  if (!uri || g_strcmp0(g_uri_get_scheme(uri), "http") != 0 || !g_uri_get_host(uri) ||
      g_uri_get_host(uri)[0] == '\0' || g_uri_get_query(uri) || g_uri_get_fragment(uri) ||
      (g_uri_get_path(uri)[0] != '\0' && strcmp(g_uri_get_path(uri), "/") != 0)) {
    g_set_error(error, UPSTREAM_ERROR, 0, "'%s' is no address of the form http://HOST[:PORT]", url);
    return NULL;
  }
  int port = g_uri_get_port(uri);
  return upstream_new(base, g_uri_get_host(uri), (uint16_t)(port > 0 ? port : 80), limits, error);
}

void upstream_free(struct upstream *upstream)
{
  if (!upstream) {
    return;
  }
  for (guint i = 0; i < upstream->links->len; i++) {
    struct link *link = g_ptr_array_index(upstream->links, i);
    if (link->delivery) {
      delivery_free(link->delivery);
      link->delivery = NULL;
    }
  }
  g_ptr_array_unref(upstream->links);
  g_free(upstream->authority);
  g_free(upstream);
}

const char *upstream_authority(const struct upstream *upstream)
{
  return upstream->authority;
}
