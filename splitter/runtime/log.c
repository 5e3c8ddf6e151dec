#include "log.h"

#include "arena.h"
#include "current.h"
#include "json.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {"debug", "info", "warning", "error"};
static const char *const severity_names[] = {"DEBUG", "INFO", "WARNING", "ERROR"};

static struct {
  int descriptor;
  enum cleave_level least;
  bool has_severity; /* Google's log reader looks for that name */
} output = {STDOUT_FILENO, CLEAVE_INFO, false};

void log_open(void)
{
  int copy = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (copy >= 0) {
    output.descriptor = copy;
  }
  const char *wanted = getenv("CLEAVE_LOG_LEVEL");
  for (unsigned i = 0; wanted && i < sizeof(level_names) / sizeof(*level_names); i++) {
    if (strcmp(wanted, level_names[i]) == 0) {
      output.least = (enum cleave_level)i;
    }
  }
  output.has_severity = getenv("K_SERVICE") != NULL;
}

int log_descriptor(void)
{
  return output.descriptor;
}

static void log_add(json_t *line, struct arena *arena, const char *name, const char *value)
{
  if (*value != '\0') {
    json_object_set_new(line, name, json_safe_string(arena, value));
  }
}

static void log_time(char *text, size_t size)
{
  struct timespec now;
  struct tm parts;
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &parts);
  size_t n = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &parts);
  snprintf(text + n, size - n, ".%03dZ", (int)(now.tv_nsec / 1000000));
}

void log_write(enum cleave_level level, const char *format, va_list arguments)
{
  if (level < output.least) {
    return;
  }
  char message[2048];
  char time_text[40];
  vsnprintf(message, sizeof(message), format, arguments);
  log_time(time_text, sizeof(time_text));
  struct current current = current_get();
  struct arena arena;
  arena_init(&arena);
  json_t *line = json_object();
  log_add(line, &arena, "time", time_text);
  log_add(line, &arena, output.has_severity ? "severity" : "level",
          output.has_severity ? severity_names[level] : level_names[level]);
  log_add(line, &arena, "message", message);
  log_add(line, &arena, "function", current.function);
  log_add(line, &arena, "request_id", current.request_id);
  log_add(line, &arena, "trace_id", current.trace_id);
  char *text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
  json_decref(line);
  if (text) {
    size_t n = strlen(text);
    text[n] = '\n'; /* the place of the terminating NUL: the line goes out in one write */
    ssize_t written = write(output.descriptor, text, n + 1);
    (void)written; /* a log that cannot be written has nowhere to be told */
    free(text);
  }
  arena_clear(&arena);
}

void cleave_log(enum cleave_level level, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  log_write(level, format, arguments);
  va_end(arguments);
}
