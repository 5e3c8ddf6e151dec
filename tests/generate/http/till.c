/* Requests that are made and released by routines, which take over what they are handed; the body
 * of an answer is a text without a length. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve.h"

struct pair {
  char *name, *value;
};

struct request {
  char *method, *url, *content;
  size_t content_length;
  struct pair headers[16];
  int n_headers;
};

struct response {
  int status;
  const char *content_type;
  char body[256];
};

static struct request *request_new(char *method, char *url)
{
  struct request *request = calloc(1, sizeof *request);
  request->method = method;
  request->url = url;
  return request;
}

static void request_add_header(struct request *request, const char *name, const char *value)
{
  if (request->n_headers < 16) {
    request->headers[request->n_headers].name = strdup(name);
    request->headers[request->n_headers++].value = strdup(value);
  }
}

static void request_set_content(struct request *request, char *content, size_t length)
{
  request->content = content;
  request->content_length = length;
}

static void request_free(struct request *request)
{
  for (int i = 0; i < request->n_headers; i++) {
    free(request->headers[i].name);
    free(request->headers[i].value);
  }
  free(request->content);
  free(request->url);
  free(request->method);
  free(request);
}

static void count(struct request *request, struct response *response)
{
  response->status = 200;
  response->content_type = "text/plain";
  snprintf(response->body, sizeof response->body, "%s %s %zu bytes", request->method, request->url,
           request->content_length);
}

static const struct {
  const char *method, *path;
  void (*does)(struct request *request, struct response *response);
} routes[] = {{"POST", "/count", count}};

static void dispatch(struct request *request, struct response *response)
{
  size_t n = strcspn(request->url, "?");
  for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
    if (strlen(routes[i].path) == n && strncmp(routes[i].path, request->url, n) == 0) {
      routes[i].does(request, response);
      return;
    }
  }
  response->status = 404;
}

static void one(int fd)
{
  char line[2048], method[16], url[1024];
  struct response response = {0};
  size_t length = 0;
  if (read_line(fd, line, sizeof line) < 0 || sscanf(line, "%15s %1023s", method, url) != 2) {
    return;
  }
  struct request *request = request_new(strdup(method), strdup(url));
  while (read_line(fd, line, sizeof line) > 0) {
    char *value = strchr(line, ':');
    if (value) {
      *value++ = '\0';
      value += strspn(value, " ");
      request_add_header(request, line, value);
      length = strcasecmp(line, "content-length") == 0 ? (size_t)atol(value) : length;
    }
  }
  char *content = calloc(1, length + 1);
  if (read_all(fd, content, length) == 0) {
    request_set_content(request, content, length);
    dispatch(request, &response);
    int n = snprintf(line, sizeof line,
                     "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                     "Connection: close\r\n\r\n%s",
                     response.status, response.content_type, strlen(response.body), response.body);
    write_all(fd, line, (size_t)n);
  }
  request_free(request);
}

int main(int argc, char **argv)
{
  return serve(argc > 1 ? atoi(argv[1]) : 8090, one);
}
