#include "shop.h"

#include <stdarg.h>

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

/* Repeated lines are swallowed and counted, since the payment outage filled the disk. */
void log_write(enum log_level level, const char *format, ...) {
  static const char *const names[] = {"error", "notice", "debug"};
  static char last[256];
  static unsigned long n_repeated;
  if ((int)level > config.log_level) return;
  char line[256];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  pthread_mutex_lock(&log_lock);
  if (!strcmp(line, last)) {
    n_repeated++;
  } else {
    if (n_repeated) fprintf(stderr, "shop notice: the line above was repeated %lu times\n", n_repeated);
    n_repeated = 0;
    memcpy(last, line, sizeof last);
    fprintf(stderr, "shop %s: %s\n", names[level], line);
  }
  pthread_mutex_unlock(&log_lock);
}
