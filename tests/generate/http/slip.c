/* Fixed buffers alone: a text without a length, and bytes with one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve.h"

struct slip_request {
  char method[8];
  char path[64];
  char body[512];
};

struct slip_response {
  int status;
  char type[32];
  char body[1100];
};

static void slip_count(struct slip_request *request, struct slip_response *response)
{
  response->status = 200;
  strcpy(response->type, "text/plain");
  snprintf(response->body, sizeof response->body, "%s %s %zu bytes", request->method, request->path,
           strlen(request->body));
}

static const struct {
  const char *method, *path;
  void (*run)(struct slip_request *request, struct slip_response *response);
} slip_routes[] = {{"POST", "/lines", slip_count}};

struct roll_request {
  char method[8];
  char path[64];
  char body[512];
  int body_len;
};

static void roll_count(struct roll_request *request, struct slip_response *response)
{
  unsigned sum = 0;
  for (int i = 0; i < request->body_len; i++) {
    sum = sum * 31 + (unsigned char)request->body[i];
  }
  response->status = 200;
  strcpy(response->type, "text/plain");
  snprintf(response->body, sizeof response->body, "%d bytes %u", request->body_len, sum);
}

static const struct {
  const char *method, *path;
  void (*run)(struct roll_request *request, struct slip_response *response);
} roll_routes[] = {{"POST", "/rolls", roll_count}};

static void one(int fd)
{
  char line[2048];
  struct roll_request roll = {0};
  struct slip_request slip = {0};
  struct slip_response response = {0};
  if (read_line(fd, line, sizeof line) < 0 ||
      sscanf(line, "%7s %63s", roll.method, roll.path) != 2) {
    return;
  }
  while (read_line(fd, line, sizeof line) > 0) {
    if (strncmp(line, "Content-Length:", 15) == 0) {
      roll.body_len = atoi(line + 15);
    }
  }
  if (roll.body_len < 0 || roll.body_len >= (int)sizeof roll.body ||
      read_all(fd, roll.body, (size_t)roll.body_len) != 0) {
    return;
  }
  memcpy(slip.method, roll.method, sizeof slip.method);
  memcpy(slip.path, roll.path, sizeof slip.path);
  memcpy(slip.body, roll.body, sizeof slip.body);
  response.status = 404;
  if (strcmp(roll.path, slip_routes[0].path) == 0) {
    slip_routes[0].run(&slip, &response);
  } else if (strcmp(roll.path, roll_routes[0].path) == 0) {
    roll_routes[0].run(&roll, &response);
  }
  int n = snprintf(line, sizeof line,
                   "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                   "Connection: close\r\n\r\n%s",
                   response.status, response.type, strlen(response.body), response.body);
  write_all(fd, line, (size_t)n);
}

int main(int argc, char **argv)
{
  return serve(argc > 1 ? atoi(argv[1]) : 8090, one);
}
