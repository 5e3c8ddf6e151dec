#include "desk_web.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve.h"

int text_put(struct text *text, const char *data, size_t n)
{
  if (text->fill + n + 1 > text->room) {
    size_t room = (text->fill + n + 1) * 2;
    char *p = realloc(text->p, room);
    if (!p) {
      return -1;
    }
    text->p = p;
    text->room = room;
  }
  memcpy(text->p + text->fill, data, n);
  text->fill += n;
  text->p[text->fill] = '\0';
  return 0;
}

int text_say(struct text *text, const char *format, ...)
{
  char line[1024];
  va_list list;
  va_start(list, format);
  int n = vsnprintf(line, sizeof line, format, list);
  va_end(list);
  return n < 0 || (size_t)n >= sizeof line ? -1 : text_put(text, line, (size_t)n);
}

const char *ask_hdr(const struct ask *ask, const char *name)
{
  for (int i = 0; i < ask->n_hdrs; i++) {
    if (strcasecmp(ask->hdrs[i].name, name) == 0) {
      return ask->hdrs[i].value;
    }
  }
  return NULL;
}

int ask_read(int fd, struct ask *ask)
{
  char line[2048], target[800];
  memset(ask, 0, sizeof *ask);
  if (read_line(fd, line, sizeof line) < 0 || sscanf(line, "%7s %799s", ask->verb, target) != 2) {
    return -1;
  }
  char *query = strchr(target, '?');
  if (query) {
    *query++ = '\0';
    snprintf(ask->query, sizeof ask->query, "%s", query);
  }
  snprintf(ask->path, sizeof ask->path, "%s", target);
  for (;;) {
    int n = read_line(fd, line, sizeof line);
    if (n <= 0) {
      if (n < 0) {
        return -1;
      }
      break;
    }
    char *value = strchr(line, ':');
    if (value && ask->n_hdrs < MAX_FIELDS) {
      *value++ = '\0';
      value += strspn(value, " ");
      struct field *field = &ask->hdrs[ask->n_hdrs++];
      snprintf(field->name, sizeof field->name, "%s", line);
      snprintf(field->value, sizeof field->value, "%s", value);
    }
  }
  const char *length = ask_hdr(ask, "content-length");
  if (length) {
    ask->body_len = (size_t)atol(length);
    ask->body = malloc(ask->body_len + 1);
    if (!ask->body || read_all(fd, ask->body, ask->body_len) != 0) {
      return -1;
    }
    ask->body[ask->body_len] = '\0';
  }
  return 0;
}

void ask_done(struct ask *ask)
{
  free(ask->body);
  ask->body = NULL;
}

void answer_init(struct answer *answer)
{
  memset(answer, 0, sizeof *answer);
  answer->status = 200;
  strcpy(answer->ctype, "application/json");
}

void answer_done(struct answer *answer)
{
  free(answer->body.p);
}

int answer_hdr(struct answer *answer, const char *name, const char *value)
{
  if (answer->n_hdrs == 8) {
    return -1;
  }
  struct field *field = &answer->hdrs[answer->n_hdrs++];
  snprintf(field->name, sizeof field->name, "%s", name);
  snprintf(field->value, sizeof field->value, "%s", value);
  return 0;
}

int answer_error(struct answer *answer, int status, const char *what)
{
  answer->status = status;
  answer->body.fill = 0;
  return text_say(&answer->body, "{\"error\":\"%s\"}", what);
}

void answer_send(int fd, const struct answer *answer)
{
  char line[1024];
  int n = snprintf(line, sizeof line,
                   "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                   "Connection: close\r\n",
                   answer->status, answer->ctype, answer->body.fill);
  write_all(fd, line, (size_t)n);
  for (int i = 0; i < answer->n_hdrs; i++) {
    n = snprintf(line, sizeof line, "%s: %s\r\n", answer->hdrs[i].name, answer->hdrs[i].value);
    write_all(fd, line, (size_t)n);
  }
  write_all(fd, "\r\n", 2);
  if (answer->body.fill > 0) {
    write_all(fd, answer->body.p, answer->body.fill);
  }
}
