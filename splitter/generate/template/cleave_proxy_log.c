#include "cleave_proxy_log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "encoding.h"

int64_t proxy_clock_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int proxy_logs_calls(void)
{
  const char *path = getenv("CLEAVE_PROXY_LOG");
  return path && *path;
}

void proxy_log(enum cleave_level level, const char *event, const struct cleave_proxy *proxy,
               const char *format, ...)
{
  static const char *const levels[] = {"debug", "info", "warning", "error"};
  char message[400];
  char safe[800];
  char line[1200];
  struct timespec now;
  struct tm parts;
  char time_text[32];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  json_escape_ascii(safe, sizeof safe, message);
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &parts);
  strftime(time_text, sizeof time_text, "%Y-%m-%dT%H:%M:%S", &parts);
  int n = snprintf(line, sizeof line,
                   "{\"time\":\"%s.%03ldZ\",\"level\":\"%s\",\"event\":\"%s\",\"routine\":\"%s\","
                   "\"message\":\"%s\"}\n",
                   time_text, now.tv_nsec / 1000000, levels[level], event,
                   proxy ? proxy->routine : "", safe);
  if (n <= 0 || (size_t)n >= sizeof line) {
    return;
  }
  const char *path = getenv("CLEAVE_PROXY_LOG");
  int file =
      path && *path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : STDERR_FILENO;
  if (file >= 0) {
    /* One write: lines of threads and processes do not mix. Nothing can be done about a full disk.
     */
    ssize_t written = write(file, line, (size_t)n);
    (void)written;
    if (file != STDERR_FILENO) {
      close(file);
    }
  }
}
