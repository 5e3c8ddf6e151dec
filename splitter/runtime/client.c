#include "client.h"

#include <event2/buffer.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLIENT_BACKLOG ((size_t)64 * 1024)

static bool client_resolve(struct client *client, const char *endpoint)
{
  int length = (int)sizeof(client->address);
  if (strncmp(endpoint, "localhost:", 10) == 0) {
    char numeric[32];
    snprintf(numeric, sizeof(numeric), "127.0.0.1:%.5s", endpoint + 10);
    if (evutil_parse_sockaddr_port(numeric, (struct sockaddr *)&client->address, &length) != 0) {
      return false;
    }
    client->address_length = (socklen_t)length;
    return true;
  }
  if (evutil_parse_sockaddr_port(endpoint, (struct sockaddr *)&client->address, &length) == 0) {
    client->address_length = (socklen_t)length;
    return true;
  }
  const char *colon = strrchr(endpoint, ':');
  char name[256];
  if (!colon || (size_t)(colon - endpoint) >= sizeof(name)) {
    return false;
  }
  memcpy(name, endpoint, (size_t)(colon - endpoint));
  name[colon - endpoint] = '\0';
  struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct evutil_addrinfo *found = NULL;
  if (evutil_getaddrinfo(name, colon + 1, &hints, &found) != 0) {
    return false;
  }
  memcpy(&client->address, found->ai_addr, found->ai_addrlen);
  client->address_length = found->ai_addrlen;
  evutil_freeaddrinfo(found);
  return true;
}

bool client_init(struct client *client, struct event_base *base, const char *endpoint,
                 struct wire_limits limits, const char **problem)
{
  memset(client, 0, sizeof(*client));
  client->base = base;
  wire_init(&client->response, HTTP_RESPONSE, limits);
  client->output = evbuffer_new();
  if (!client->output) {
    abort();
  }
  size_t n = strlen(endpoint);
  if (n == 0 || n >= sizeof(client->host) || !client_resolve(client, endpoint)) {
    *problem = "the endpoint is no host:port";
    return false;
  }
  memcpy(client->host, endpoint, n + 1);
  return true;
}

static void client_disconnect(struct client *client)
{
  if (client->connection) {
    bufferevent_free(client->connection);
    client->connection = NULL;
    evbuffer_drain(client->output, evbuffer_get_length(client->output));
  }
  client->is_connected = false;
}

void client_clear(struct client *client)
{
  client_disconnect(client);
  wire_clear(&client->response);
  evbuffer_free(client->output);
}

static void client_read(struct bufferevent *connection, void *data)
{
  struct client *client = data;
  struct evbuffer *input = bufferevent_get_input(connection);
  if (!client->is_waiting) {
    client->has_failed = true; /* nobody asked: the connection is out of step */
    return;
  }
  while (client->response.state != WIRE_COMPLETE && client->response.state != WIRE_FAILED) {
    struct evbuffer_iovec piece;
    if (evbuffer_peek(input, -1, NULL, &piece, 1) < 1) {
      return;
    }
    size_t used = wire_feed(&client->response, piece.iov_base, piece.iov_len);
    evbuffer_drain(input, used);
  }
}

static void client_event(struct bufferevent *connection, short what, void *data)
{
  (void)connection;
  struct client *client = data;
  if (what & BEV_EVENT_CONNECTED) {
    client->is_connected = true;
    return;
  }
  if ((what & BEV_EVENT_EOF) && client->is_waiting && client->response.state != WIRE_EMPTY) {
    wire_finish(&client->response);
  }
  client->has_failed = true;
}

static void client_expire(evutil_socket_t descriptor, short what, void *data)
{
  (void)descriptor;
  (void)what;
  struct client *client = data;
  client->is_late = true;
}

static bool client_connect(struct client *client)
{
  client->has_failed = false;
  int descriptor = socket(client->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) {
    return false;
  }
  int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  client->connection = bufferevent_socket_new(client->base, descriptor, BEV_OPT_CLOSE_ON_FREE);
  if (!client->connection) {
    close(descriptor);
    return false;
  }
  bufferevent_setcb(client->connection, client_read, NULL, client_event, client);
  if (bufferevent_socket_connect(client->connection, (struct sockaddr *)&client->address,
                                 (int)client->address_length) != 0) {
    client_disconnect(client);
    return false;
  }
  while (!client->is_connected && !client->has_failed) {
    if (event_base_loop(client->base, EVLOOP_ONCE) != 0) {
      break;
    }
  }
  if (!client->is_connected) {
    client_disconnect(client);
    return false;
  }
  bufferevent_enable(client->connection, EV_READ | EV_WRITE);
  return true;
}

/* Writes what the socket takes at once; only the rest waits for the loop, which costs three system
 * calls more. */
static void client_send(struct client *client, struct evbuffer *output)
{
  if (evbuffer_get_length(bufferevent_get_output(client->connection)) == 0) {
    evbuffer_write(output, bufferevent_getfd(client->connection));
  }
  if (evbuffer_get_length(output) > 0) {
    bufferevent_write_buffer(client->connection, output);
  }
}

static void add_text(struct evbuffer *output, const char *text)
{
  evbuffer_add(output, text, strlen(text));
}

/* Text by text: printf would be a tenth of an invocation's cost. */
static void client_add_head(struct client *client, struct evbuffer *output,
                            const struct client_request *request, bool is_chunked)
{
  add_text(output, request->method);
  evbuffer_add(output, " ", 1);
  add_text(output, request->path);
  add_text(output, " HTTP/1.1\r\nHost: ");
  add_text(output, client->host);
  evbuffer_add(output, "\r\n", 2);
  for (size_t i = 0; i < request->n_headers; i++) {
    add_text(output, request->headers[i].name);
    evbuffer_add(output, ": ", 2);
    add_text(output, request->headers[i].value);
    evbuffer_add(output, "\r\n", 2);
  }
  if (is_chunked) {
    add_text(output, "Transfer-Encoding: chunked\r\n");
  } else if (strcmp(request->method, "GET") != 0) {
    evbuffer_add_printf(output, "Content-Length: %zu\r\n", request->body.length);
  }
  evbuffer_add(output, "\r\n", 2);
}

static enum client_result client_wait(struct client *client, bool is_stoppable)
{
  while (client->response.state != WIRE_COMPLETE && client->response.state != WIRE_FAILED &&
         !client->has_failed && !client->is_late) {
    if (is_stoppable && client->stop && *client->stop) {
      client_disconnect(client);
      return CLIENT_STOPPED;
    }
    if (event_base_loop(client->base, EVLOOP_ONCE) != 0) {
      client->has_failed = true;
    }
  }
  client->is_waiting = false;
  if (client->response.state == WIRE_COMPLETE) {
    if (!client->response.keep_alive || client->has_failed) {
      client_disconnect(client);
    }
    return CLIENT_ANSWERED;
  }
  client_disconnect(client);
  return client->is_late ? CLIENT_LATE : CLIENT_BROKEN;
}

/* Uses the kept connection when it still seems alive, opens one otherwise. */
static bool client_prepare(struct client *client, bool *is_fresh)
{
  if (client->connection && client->has_failed) {
    client_disconnect(client);
  }
  *is_fresh = !client->connection;
  wire_reset(&client->response);
  client->is_late = false;
  return client->connection || client_connect(client);
}

static enum client_result client_try(struct client *client, const struct client_request *request,
                                     bool *may_resend)
{
  bool is_fresh;
  *may_resend = false;
  if (!client_prepare(client, &is_fresh)) {
    return CLIENT_REFUSED;
  }
  client->is_waiting = true;
  struct evbuffer *output = client->output;
  client_add_head(client, output, request, false);
  if (request->body.length > 0) {
    evbuffer_add_reference(output, request->body.data, request->body.length, NULL, NULL);
  }
  client_send(client, output);
  enum client_result result = client_wait(client, request->is_stoppable);
  /* A kept connection may have been closed meanwhile; a GET changes nothing and may be asked twice.
   */
  bool is_silent = !is_fresh && client->response.state == WIRE_EMPTY;
  *may_resend = result == CLIENT_BROKEN && (is_silent || strcmp(request->method, "GET") == 0);
  return result;
}

enum client_result client_call(struct client *client, const struct client_request *request)
{
  struct event *timer = NULL;
  if (request->timeout_ms > 0) {
    struct timeval limit = {request->timeout_ms / 1000, request->timeout_ms % 1000 * 1000};
    timer = evtimer_new(client->base, client_expire, client);
    evtimer_add(timer, &limit);
  }
  bool may_resend;
  client->was_resent = false;
  enum client_result result = client_try(client, request, &may_resend);
  if (may_resend) {
    client->was_resent = true;
    result = client_try(client, request, &may_resend);
  }
  if (timer) {
    event_free(timer);
  }
  return result;
}

static enum client_result client_drain(struct client *client, size_t most)
{
  while (!client->has_failed && client->connection &&
         evbuffer_get_length(bufferevent_get_output(client->connection)) > most) {
    if (event_base_loop(client->base, EVLOOP_ONCE) != 0) {
      client->has_failed = true;
    }
  }
  return client->has_failed || !client->connection ? CLIENT_BROKEN : CLIENT_ANSWERED;
}

enum client_result client_begin(struct client *client, const struct client_request *request)
{
  bool is_fresh;
  client->was_resent = false;
  /* A request in parts cannot be sent twice: learn first of a close that happened meanwhile. */
  event_base_loop(client->base, EVLOOP_NONBLOCK);
  if (!client_prepare(client, &is_fresh)) {
    return CLIENT_REFUSED;
  }
  client->is_waiting = true;
  client_add_head(client, client->output, request, true);
  client_send(client, client->output);
  return CLIENT_ANSWERED;
}

enum client_result client_write(struct client *client, const void *data, size_t n)
{
  if (!client->connection || client->has_failed) {
    return CLIENT_BROKEN;
  }
  if (n == 0) {
    return CLIENT_ANSWERED; /* an empty chunk would end the body */
  }
  evbuffer_add_printf(client->output, "%zx\r\n", n);
  evbuffer_add(client->output, data, n);
  evbuffer_add(client->output, "\r\n", 2);
  client_send(client, client->output);
  return client_drain(client, CLIENT_BACKLOG);
}

enum client_result client_end(struct client *client, const struct cleave_field *trailers,
                              size_t n_trailers)
{
  if (!client->connection || client->has_failed) {
    client_disconnect(client);
    return CLIENT_BROKEN;
  }
  struct evbuffer *output = client->output;
  evbuffer_add(output, "0\r\n", 3);
  for (size_t i = 0; i < n_trailers; i++) {
    evbuffer_add_printf(output, "%s: %s\r\n", trailers[i].name, trailers[i].value);
  }
  evbuffer_add(output, "\r\n", 2);
  client_send(client, output);
  return client_wait(client, false);
}
