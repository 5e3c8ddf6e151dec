#include "splitter/replay/original.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

G_DEFINE_QUARK(cleave - original - error, original_error)

struct original {
  char *program;
  GPid pid;
  FILE *requests;
  FILE *answers;
  json_t *greeting;
};

static bool fail(const struct original *original, GError **error, const char *what)
{
  g_set_error(error, ORIGINAL_ERROR, 0, "'%s' %s", original->program, what);
  return false;
}

static json_t *read_line(const struct original *original, GError **error)
{
  char *text = NULL;
  size_t room = 0;
  json_t *line = NULL;
  if (getline(&text, &room, original->answers) <= 0) {
    fail(original, error, "has ended");
  } else {
    line = json_loads(text, JSON_ALLOW_NUL, NULL);
    if (!json_is_object(line)) {
      fail(original, error, "answers what is no JSON object");
      json_decref(line);
      line = NULL;
    }
  }
  free(text);
  return line;
}

static bool start(struct original *original, GError **error)
{
  char *arguments[] = {original->program, NULL};
  g_autofree char *folder = g_path_get_dirname(original->program);
  int in = -1;
  int out = -1;
  if (!g_spawn_async_with_pipes(folder, arguments, NULL,
                                G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                                &original->pid, &in, &out, NULL, error)) {
    return false;
  }
  original->requests = fdopen(in, "w");
  original->answers = fdopen(out, "r");
  original->greeting = read_line(original, error);
  return original->greeting &&
         (json_integer_value(json_object_get(original->greeting, "version")) == 1 ||
          fail(original, error, "is of another version: generate and build again"));
}

struct original *original_start(const char *program, GError **error)
{
  struct original *original = g_new0(struct original, 1);
  original->program = g_strdup(program);
  if (!start(original, error)) {
    original_free(original);
    return NULL;
  }
  return original;
}

void original_free(struct original *original)
{
  if (!original) {
    return;
  }
  if (original->requests) {
    fclose(original->requests);
    fclose(original->answers);
    /* It ends with its input; somebody else may have waited for it already. */
    while (waitpid(original->pid, NULL, 0) < 0 && errno == EINTR) {
    }
  }
  json_decref(original->greeting);
  g_free(original->program);
  g_free(original);
}

int64_t original_n_boundary(const struct original *original, const char *function)
{
  const json_t *list = json_object_get(original->greeting, "functions");
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *entry = json_array_get(list, i);
    const char *name = json_string_value(json_object_get(entry, "name"));
    if (g_strcmp0(name, function) == 0) {
      return json_integer_value(json_object_get(entry, "n_boundary"));
    }
  }
  return -1;
}

json_t *original_ask(struct original *original, const struct original_request *request,
                     GError **error)
{
  g_autofree char *seed = g_strdup_printf("%" G_GUINT64_FORMAT, request->seed);
  g_autofree char *index = g_strdup_printf("%" G_GUINT64_FORMAT, request->index);
  json_t *line = json_pack("{s:s, s:s, s:s, s:i}", "function", request->function, "seed", seed,
                           "case", index, "timeout_ms", (int)request->timeout_ms);
  if (request->choices) {
    json_object_set(line, "choices", request->choices);
  }
  bool is_sent = json_dumpf(line, original->requests, JSON_COMPACT) == 0 &&
                 fputc('\n', original->requests) != EOF && fflush(original->requests) == 0;
  json_decref(line);
  if (!is_sent) {
    fail(original, error, "takes no more requests");
    return NULL;
  }
  return read_line(original, error);
}
