/* What cannot be known from the types: each is said. */
#include <stdio.h>
#include <string.h>

struct parts {
  char *head, *tail;
  size_t a, b;
};

struct gap_request {
  char method[8];
  char path[64];
  struct parts body;
};

struct gap_response {
  int status;
  struct parts body;
};

static int gap_open(struct gap_request *request, struct gap_response *response)
{
  response->status = strlen(request->path) > 3 ? 200 : 404;
  return 2;
}

static const struct {
  const char *method, *path;
  int (*run)(struct gap_request *request, struct gap_response *response);
} gaps[] = {{"POST", "/gaps/:id", gap_open}};

int main(int argc, char **argv)
{
  struct gap_request request = {0};
  struct gap_response response = {0};
  snprintf(request.path, sizeof request.path, "%.63s", argc > 1 ? argv[1] : "");
  printf("%d %d\n", gaps[0].run(&request, &response) + 1, response.status);
  return 0;
}
