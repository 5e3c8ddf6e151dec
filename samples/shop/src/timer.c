#include "shop.h"

struct timer {
  const char *name;
  long period_seconds; /* 0: once a day, at config.nightly_hour */
  int (*run)(void);
};

static const struct timer timers[] = {
    {"session-sweep", 60, session_sweep},
    {"nightly-report", 0, report_nightly},
};

static time_t timer_last_run[sizeof timers / sizeof *timers];
static int is_timer_stopping;
static pthread_mutex_t timer_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t timer_wake = PTHREAD_COND_INITIALIZER;
static pthread_t timer_thread;

static int timer_is_due_today(time_t now) {
  static char last_day[16];
  char today[16];
  struct tm parts;
  gmtime_r(&now, &parts);
  clock_day(now, today, sizeof today);
  if (parts.tm_hour != config.nightly_hour || !strcmp(today, last_day)) return 0;
  memcpy(last_day, today, sizeof last_day);
  return 1;
}

static void timer_tick(time_t now) {
  for (size_t i = 0; i < sizeof timers / sizeof *timers; i++) {
    int is_due =
        timers[i].period_seconds ? now - timer_last_run[i] >= timers[i].period_seconds : timer_is_due_today(now);
    if (!is_due) continue;
    timer_last_run[i] = now;
    if (timers[i].run() != 0) log_error("timer %s failed", timers[i].name);
  }
}

static void *timer_watch(void *context UNUSED) {
  pthread_mutex_lock(&timer_lock);
  while (!is_timer_stopping) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    pthread_cond_timedwait(&timer_wake, &timer_lock, &until);
    if (is_timer_stopping) break;
    pthread_mutex_unlock(&timer_lock);
    timer_tick(time(NULL));
    pthread_mutex_lock(&timer_lock);
  }
  pthread_mutex_unlock(&timer_lock);
  return NULL;
}

int timer_start(void) {
  time_t now = time(NULL);
  for (size_t i = 0; i < sizeof timers / sizeof *timers; i++) timer_last_run[i] = now;
  return pthread_create(&timer_thread, NULL, timer_watch, NULL) == 0 ? 0 : -1;
}

void timer_stop(void) {
  pthread_mutex_lock(&timer_lock);
  is_timer_stopping = 1;
  pthread_cond_signal(&timer_wake);
  pthread_mutex_unlock(&timer_lock);
  pthread_join(timer_thread, NULL);
}
