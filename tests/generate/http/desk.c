#include "desk_web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve.h"

static int echo(struct ask *ask, struct answer *answer)
{
  const char *token = ask_hdr(ask, "x-token");
  strcpy(answer->ctype, "text/plain; charset=utf-8");
  text_say(&answer->body, "%s %s ?%s [%s] ", ask->verb, ask->path, ask->query,
           token ? token : "none");
  return text_put(&answer->body, ask->body ? ask->body : "", ask->body_len);
}

static int greet(struct ask *ask, struct answer *answer)
{
  text_say(&answer->body, "hello %s", ask->n_ids > 0 ? ask->ids[0] : "nobody");
  answer->status = 203;
  return 0;
}

static int page(struct ask *ask, struct answer *answer)
{
  if (ask->n_ids != 2) {
    return answer_error(answer, 400, "two ids");
  }
  return text_say(&answer->body, "\"%s/%s\"", ask->ids[0], ask->ids[1]);
}

static int fail(struct ask *ask, struct answer *answer)
{
  (void)ask;
  text_say(&answer->body, "half an answer");
  return -5;
}

static int sum(struct ask *ask, struct answer *answer)
{
  long a = 0, b = 0;
  if (!ask->body || sscanf(ask->body, "a=%ld&b=%ld", &a, &b) != 2) {
    return answer_error(answer, 400, "a and b");
  }
  answer_hdr(answer, "Set-Cookie", "k=1; Path=/");
  answer_hdr(answer, "Set-Cookie", "l=2");
  answer_hdr(answer, "X-Sum", "yes");
  return text_say(&answer->body, "{\"sum\":%ld}", a + b);
}

/* What came last is kept: the body is the routine's own from here on. */
static char *last;

static int keep(struct ask *ask, struct answer *answer)
{
  text_say(&answer->body, "\"%s\"", last ? last : "");
  free(last);
  last = ask->body;
  ask->body = NULL;
  return 0;
}

static int twice(struct ask *ask, struct answer *answer)
{
  size_t n = ask->body_len;
  char *more = realloc(ask->body, 2 * n + 1);
  if (!more) {
    return -1;
  }
  memcpy(more + n, more, n);
  more[2 * n] = '\0';
  ask->body = more;
  return text_put(&answer->body, more, 2 * n);
}

static const struct {
  const char *verb, *path;
  deed does;
} table[] = {{"POST", "/echo", echo},  {"GET", "/greet/:name", greet},
             {"GET", "/fail", fail},   {"GET", "/books/:book/pages/:page", page},
             {"POST", "/sum", sum},    {"POST", "/keep", keep},
             {"POST", "/twice", twice}};

static int matches(const char *pattern, const char *path, struct ask *ask)
{
  ask->n_ids = 0;
  while (*pattern && *path) {
    if (*pattern == ':') {
      size_t n = strcspn(path, "/");
      if (n == 0 || n >= 64 || ask->n_ids == 4) {
        return 0;
      }
      memcpy(ask->ids[ask->n_ids], path, n);
      ask->ids[ask->n_ids++][n] = '\0';
      path += n;
      pattern += strcspn(pattern, "/");
    } else if (*pattern++ != *path++) {
      return 0;
    }
  }
  return !*pattern && !*path;
}

int find_deed(struct ask *ask, struct answer *answer)
{
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    if (strcmp(table[i].verb, ask->verb) == 0 && matches(table[i].path, ask->path, ask)) {
      return table[i].does(ask, answer);
    }
  }
  return answer_error(answer, 404, "no such path");
}

static void one(int fd)
{
  static struct ask ask;
  struct answer answer;
  answer_init(&answer);
  if (ask_read(fd, &ask) != 0) {
    answer_error(&answer, 400, "bad request");
  } else if (find_deed(&ask, &answer)) {
    answer_error(&answer, 500, "handler failed");
  }
  answer_send(fd, &answer);
  ask_done(&ask);
  answer_done(&answer);
}

int main(int argc, char **argv)
{
  return serve(argc > 1 ? atoi(argv[1]) : 8090, one);
}
