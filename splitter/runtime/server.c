#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SERVER_PEERS 512
#define SERVER_BACKLOG ((size_t)256 * 1024)
#define SERVER_DRAIN_MS 2000
#define SERVER_IDLE_S 620 /* longer than the load balancers in front keep a connection (600 s) */

struct exchange {
  struct server *server;
  struct bufferevent *connection;
  struct event *timer;
  struct wire request;
  struct exchange *next_ready;
  struct exchange *previous;
  struct exchange *next;
  char peer[64];
  bool is_ready;    /* handed out or waiting for it */
  bool is_closing;  /* closed as soon as all is sent */
  bool is_gone;     /* the peer has closed or failed */
  bool is_chunked;  /* the reply in parts has chunks */
  bool is_bodiless; /* HEAD, 204, 304 */
  bool was_continued;
  bool is_draining; /* refused: what the peer still sends is thrown away so that it reads why */
};

struct server {
  struct event_base *base;
  struct evconnlistener *listener;
  struct server_options options;
  struct evbuffer *output; /* of the reply that is being written */
  struct exchange *connections;
  struct exchange *first_ready;
  struct exchange *last_ready;
  size_t n_connections;
};

static void exchange_read(struct bufferevent *connection, void *data);
static void exchange_sent(struct bufferevent *connection, void *data);

static void exchange_free(struct exchange *exchange)
{
  struct server *server = exchange->server;
  if (exchange->previous) {
    exchange->previous->next = exchange->next;
  } else {
    server->connections = exchange->next;
  }
  if (exchange->next) {
    exchange->next->previous = exchange->previous;
  }
  if (server->n_connections-- == SERVER_PEERS && server->listener) {
    evconnlistener_enable(server->listener);
  }
  event_free(exchange->timer);
  bufferevent_free(exchange->connection);
  wire_clear(&exchange->request);
  free(exchange);
}

static void exchange_wait(struct exchange *exchange, int64_t ms)
{
  struct timeval limit = {ms / 1000, ms % 1000 * 1000};
  evtimer_add(exchange->timer, &limit);
}

static const char *date_text(char *text, size_t size)
{
  time_t now = time(NULL);
  struct tm parts;
  gmtime_r(&now, &parts);
  strftime(text, size, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

static bool may_close(const struct exchange *exchange)
{
  return !exchange->request.keep_alive || *exchange->server->options.stop;
}

/* Writes what the socket takes at once; only the rest waits for the loop. */
static void exchange_flush(struct exchange *exchange)
{
  struct evbuffer *output = exchange->server->output;
  if (evbuffer_get_length(bufferevent_get_output(exchange->connection)) == 0) {
    evbuffer_write(output, bufferevent_getfd(exchange->connection));
  }
  if (evbuffer_get_length(output) > 0) {
    bufferevent_write_buffer(exchange->connection, output);
  }
}

static void exchange_add_head(struct exchange *exchange, int status,
                              const struct cleave_field *headers, size_t n_headers)
{
  struct evbuffer *output = exchange->server->output;
  char date[64];
  evbuffer_add_printf(output, "HTTP/1.1 %d %s\r\nDate: %s\r\n", status,
                      http_status_str((enum http_status)status), date_text(date, sizeof(date)));
  for (size_t i = 0; i < n_headers; i++) {
    evbuffer_add(output, headers[i].name, strlen(headers[i].name));
    evbuffer_add(output, ": ", 2);
    evbuffer_add(output, headers[i].value, strlen(headers[i].value));
    evbuffer_add(output, "\r\n", 2);
  }
  if (exchange->is_closing) {
    evbuffer_add_printf(output, "Connection: close\r\n");
  }
}

/* Ready for the next request of this connection, or closes it. */
static void exchange_release(struct exchange *exchange)
{
  exchange->is_ready = false;
  if (exchange->is_gone) {
    exchange_free(exchange);
    return;
  }
  exchange_wait(exchange, exchange->server->options.peer_timeout_ms);
  if (evbuffer_get_length(bufferevent_get_output(exchange->connection)) == 0) {
    exchange_sent(exchange->connection, exchange);
  }
}

/* Everything was sent. */
static void exchange_sent(struct bufferevent *connection, void *data)
{
  struct exchange *exchange = data;
  if (exchange->is_ready || exchange->is_draining) {
    return; /* parts of a streamed reply */
  }
  if (exchange->request.state == WIRE_FAILED) {
    exchange->is_draining = true;
    shutdown(bufferevent_getfd(connection), SHUT_WR);
    exchange_wait(exchange, SERVER_DRAIN_MS);
    bufferevent_enable(connection, EV_READ);
    return;
  }
  if (exchange->is_closing) {
    exchange_free(exchange);
    return;
  }
  if (exchange->request.state == WIRE_COMPLETE) {
    wire_reset(&exchange->request);
    exchange->was_continued = false;
    exchange_wait(exchange, (int64_t)SERVER_IDLE_S * 1000);
    bufferevent_enable(exchange->connection, EV_READ);
    exchange_read(exchange->connection, exchange); /* a pipelined request may be there already */
  }
}

static void exchange_refuse(struct exchange *exchange, int status)
{
  char body[160];
  int n = snprintf(body, sizeof(body),
                   "{\"errorMessage\":\"%s\",\"errorType\":\"Function.BadRequest\"}",
                   http_status_str((enum http_status)status));
  struct cleave_field type = {"Content-Type", "application/json"};
  exchange->is_closing = true;
  exchange_add_head(exchange, status, &type, 1);
  evbuffer_add_printf(exchange->server->output, "Content-Length: %d\r\n\r\n%s", n, body);
  bufferevent_write_buffer(exchange->connection, exchange->server->output);
  bufferevent_disable(exchange->connection, EV_READ);
  exchange_wait(exchange, exchange->server->options.peer_timeout_ms);
}

static void exchange_enqueue(struct exchange *exchange)
{
  struct server *server = exchange->server;
  exchange->is_ready = true;
  exchange->next_ready = NULL;
  if (server->last_ready) {
    server->last_ready->next_ready = exchange;
  } else {
    server->first_ready = exchange;
  }
  server->last_ready = exchange;
  evtimer_del(exchange->timer);
  bufferevent_disable(exchange->connection, EV_READ);
}

static void exchange_read(struct bufferevent *connection, void *data)
{
  struct exchange *exchange = data;
  struct wire *request = &exchange->request;
  struct evbuffer *input = bufferevent_get_input(connection);
  bool was_empty = request->state == WIRE_EMPTY;
  if (exchange->is_draining) {
    evbuffer_drain(input, evbuffer_get_length(input));
    return;
  }
  while (request->state != WIRE_COMPLETE && request->state != WIRE_FAILED) {
    struct evbuffer_iovec piece;
    if (evbuffer_peek(input, -1, NULL, &piece, 1) < 1) {
      break;
    }
    evbuffer_drain(input, wire_feed(request, piece.iov_base, piece.iov_len));
  }
  if (request->state == WIRE_COMPLETE) {
    exchange_enqueue(exchange);
  } else if (request->state == WIRE_FAILED) {
    exchange_refuse(exchange, request->failure);
  } else {
    if (request->state == WIRE_BODY && request->wants_continue && !exchange->was_continued) {
      exchange->was_continued = true;
      evbuffer_add_printf(bufferevent_get_output(connection), "HTTP/1.1 100 Continue\r\n\r\n");
    }
    if (was_empty && request->state != WIRE_EMPTY) {
      exchange_wait(exchange, exchange->server->options.peer_timeout_ms);
    }
  }
}

static void exchange_event(struct bufferevent *connection, short what, void *data)
{
  (void)connection;
  (void)what;
  struct exchange *exchange = data;
  if (exchange->is_ready) {
    exchange->is_gone = true; /* freed when the reply is given */
  } else {
    exchange_free(exchange);
  }
}

static void exchange_expire(evutil_socket_t descriptor, short what, void *data)
{
  (void)descriptor;
  (void)what;
  struct exchange *exchange = data;
  struct wire *request = &exchange->request;
  bool is_partial = request->state == WIRE_HEADERS || request->state == WIRE_BODY;
  if (is_partial && !exchange->is_closing) {
    request->state = WIRE_FAILED;
    exchange_refuse(exchange, 408);
  } else {
    exchange_free(exchange);
  }
}

static void server_accept(struct evconnlistener *listener, evutil_socket_t descriptor,
                          struct sockaddr *address, int length, void *data)
{
  struct server *server = data;
  struct exchange *exchange = calloc(1, sizeof(*exchange));
  struct bufferevent *connection =
      bufferevent_socket_new(server->base, descriptor, BEV_OPT_CLOSE_ON_FREE);
  if (!exchange || !connection) {
    abort();
  }
  int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  exchange->server = server;
  exchange->connection = connection;
  exchange->timer = evtimer_new(server->base, exchange_expire, exchange);
  exchange->next = server->connections;
  if (exchange->next) {
    exchange->next->previous = exchange;
  }
  server->connections = exchange;
  if (++server->n_connections == SERVER_PEERS) {
    evconnlistener_disable(listener);
  }
  if (address->sa_family == AF_INET && (size_t)length >= sizeof(struct sockaddr_in)) {
    struct sockaddr_in internet;
    memcpy(&internet, address, sizeof(internet));
    inet_ntop(AF_INET, &internet.sin_addr, exchange->peer, sizeof(exchange->peer));
  }
  wire_init(&exchange->request, HTTP_REQUEST, server->options.limits);
  bufferevent_setcb(connection, exchange_read, exchange_sent, exchange_event, exchange);
  exchange_wait(exchange, server->options.peer_timeout_ms);
  bufferevent_enable(connection, EV_READ | EV_WRITE);
}

struct server *server_new(struct event_base *base, const struct server_options *options,
                          const char **problem)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(options->port)};
  if (inet_pton(AF_INET, options->host, &address.sin_addr) != 1) {
    *problem = "the address to listen on is no IPv4 address";
    return NULL;
  }
  struct server *server = calloc(1, sizeof(*server));
  if (!server) {
    abort();
  }
  server->base = base;
  server->options = *options;
  server->output = evbuffer_new();
  if (!server->output) {
    abort();
  }
  server->listener =
      evconnlistener_new_bind(base, server_accept, server,
                              LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
                              256, (struct sockaddr *)&address, (int)sizeof(address));
  if (!server->listener) {
    *problem = strerror(errno);
    evbuffer_free(server->output);
    free(server);
    return NULL;
  }
  return server;
}

static bool server_has_unsent(const struct server *server)
{
  for (const struct exchange *exchange = server->connections; exchange; exchange = exchange->next) {
    if (evbuffer_get_length(bufferevent_get_output(exchange->connection)) > 0) {
      return true;
    }
  }
  return false;
}

void server_free(struct server *server)
{
  if (!server) {
    return;
  }
  time_t end = time(NULL) + 5;
  while (server_has_unsent(server) && time(NULL) < end) {
    struct timeval pause = {0, 100000};
    event_base_loopexit(server->base, &pause);
    event_base_loop(server->base, EVLOOP_ONCE);
  }
  for (struct exchange *exchange = server->connections; exchange;) {
    struct exchange *next = exchange->next;
    exchange_free(exchange);
    exchange = next;
  }
  if (server->listener) {
    evconnlistener_free(server->listener);
  }
  evbuffer_free(server->output);
  free(server);
}

struct exchange *server_next(struct server *server)
{
  event_base_loop(server->base, EVLOOP_NONBLOCK); /* the last reply leaves before the next call */
  while (!server->first_ready) {
    if (*server->options.stop || event_base_loop(server->base, EVLOOP_ONCE) != 0) {
      return NULL;
    }
  }
  if (*server->options.stop && server->listener) {
    evconnlistener_free(server->listener);
    server->listener = NULL;
  }
  struct exchange *exchange = server->first_ready;
  server->first_ready = exchange->next_ready;
  if (!server->first_ready) {
    server->last_ready = NULL;
  }
  return exchange;
}

const struct wire *exchange_request(const struct exchange *exchange)
{
  return &exchange->request;
}

int exchange_descriptor(const struct exchange *exchange)
{
  return (int)bufferevent_getfd(exchange->connection);
}

const char *exchange_peer(const struct exchange *exchange)
{
  return exchange->peer;
}

static bool status_is_bodiless(const struct exchange *exchange, int status)
{
  return exchange->request.parser.method == HTTP_HEAD || status == 204 || status == 304;
}

void exchange_reply(struct exchange *exchange, int status, const struct cleave_field *headers,
                    size_t n_headers, struct cleave_bytes body)
{
  struct evbuffer *output = exchange->server->output;
  exchange->is_closing = may_close(exchange);
  exchange_add_head(exchange, status, headers, n_headers);
  if (status == 204) {
    evbuffer_add(output, "\r\n", 2);
  } else {
    evbuffer_add_printf(output, "Content-Length: %zu\r\n\r\n", body.length);
  }
  if (body.length > 0 && !status_is_bodiless(exchange, status)) {
    evbuffer_add(output, body.data, body.length);
  }
  exchange_flush(exchange);
  exchange_release(exchange);
}

void exchange_begin(struct exchange *exchange, int status, const struct cleave_field *headers,
                    size_t n_headers)
{
  exchange->is_bodiless = status_is_bodiless(exchange, status);
  exchange->is_chunked = !exchange->is_bodiless && exchange->request.parser.http_major == 1 &&
                         exchange->request.parser.http_minor >= 1;
  exchange->is_closing = may_close(exchange) || (!exchange->is_chunked && !exchange->is_bodiless);
  exchange_add_head(exchange, status, headers, n_headers);
  evbuffer_add_printf(exchange->server->output, "%s\r\n",
                      exchange->is_chunked ? "Transfer-Encoding: chunked\r\n" : "");
  exchange_flush(exchange);
}

bool exchange_write(struct exchange *exchange, const void *data, size_t n)
{
  if (exchange->is_gone) {
    return false;
  }
  if (n == 0 || exchange->is_bodiless) {
    return true;
  }
  struct evbuffer *part = exchange->server->output;
  struct evbuffer *output = bufferevent_get_output(exchange->connection);
  if (exchange->is_chunked) {
    evbuffer_add_printf(part, "%zx\r\n", n);
  }
  evbuffer_add(part, data, n);
  if (exchange->is_chunked) {
    evbuffer_add(part, "\r\n", 2);
  }
  exchange_flush(exchange);
  int turn = 0;
  while (!exchange->is_gone && turn == 0 && evbuffer_get_length(output) > SERVER_BACKLOG) {
    turn = event_base_loop(exchange->server->base, EVLOOP_ONCE);
  }
  return !exchange->is_gone;
}

void exchange_end(struct exchange *exchange, bool is_whole)
{
  if (is_whole && exchange->is_chunked) {
    evbuffer_add(exchange->server->output, "0\r\n\r\n", 5);
    exchange_flush(exchange);
  }
  exchange->is_closing = exchange->is_closing || !is_whole;
  exchange_release(exchange);
}
