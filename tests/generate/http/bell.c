/* Buffers with names of their own on both sides; a result that is true when all went well, asked by
 * way of a variable; an answer whose status alone tells of a failure. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve.h"

struct bytes {
  unsigned char *at;
  size_t size, used;
};

struct bell_request {
  char method[8];
  char path[64];
  struct bytes body;
  char name[32];
};

struct bell_response {
  int code;
  char mime_text[32];
  struct bytes out;
};

static void bytes_add(struct bytes *bytes, const void *data, size_t n)
{
  if (bytes->used + n > bytes->size) {
    bytes->size = 2 * (bytes->used + n);
    bytes->at = realloc(bytes->at, bytes->size);
  }
  memcpy(bytes->at + bytes->used, data, n);
  bytes->used += n;
}

static void bell_response_done(struct bell_response *response)
{
  free(response->out.at);
}

static bool bell_ring(struct bell_request *request, struct bell_response *response)
{
  strcpy(response->mime_text, "text/plain");
  bytes_add(&response->out, request->name, strlen(request->name));
  bytes_add(&request->body, "!", 1);
  bytes_add(&response->out, request->body.at, request->body.used);
  return request->body.used > 1;
}

static const struct {
  const char *method, *path;
  bool (*run)(struct bell_request *request, struct bell_response *response);
} bells[] = {{"POST", "/bells/:name", bell_ring}};

static void bell_find(struct bell_request *request, struct bell_response *response)
{
  snprintf(request->name, sizeof request->name, "%.31s", request->path + strlen("/bells/"));
  bool is_well = bells[0].run(request, response);
  response->code = 200;
  if (!is_well) {
    response->code = 503;
  }
}

static void one(int fd)
{
  char line[1024];
  struct bell_request request = {0};
  struct bell_response response = {0};
  if (read_line(fd, line, sizeof line) < 0 ||
      sscanf(line, "%7s %63s", request.method, request.path) != 2) {
    return;
  }
  while (read_line(fd, line, sizeof line) > 0) {
    if (strncmp(line, "Content-Length:", 15) == 0) {
      request.body.used = (size_t)atol(line + 15);
    }
  }
  request.body.size = request.body.used + 1;
  request.body.at = malloc(request.body.size);
  if (read_all(fd, (char *)request.body.at, request.body.used) == 0) {
    bell_find(&request, &response);
    int n = snprintf(line, sizeof line,
                     "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                     "Connection: close\r\n\r\n",
                     response.code, response.mime_text, response.out.used);
    write_all(fd, line, (size_t)n);
    write_all(fd, (char *)response.out.at, response.out.used);
  }
  free(request.body.at);
  bell_response_done(&response);
}

int main(int argc, char **argv)
{
  return serve(argc > 1 ? atoi(argv[1]) : 8090, one);
}
