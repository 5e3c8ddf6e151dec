/* Schedules: wakes functions when they are due. */
#include <string.h>

#include "splitter/host/host_internal.h"
#include "splitter/host/schedule.h"

#define LONGEST_WAIT_MS 30000 /* the wall clock may be set meanwhile */

static int64_t now_ms(void)
{
  return g_get_real_time() / 1000;
}

void timer_wake(struct station *station, int64_t due_ms, const struct trace_context *context,
                invocation_done done, void *data)
{
  struct payload *payload = payload_schedule(station->function, due_ms, context->traceparent);
  pool_invoke(station->pool, payload, context, done, data);
}

static void wait_for(struct station *station)
{
  int64_t wait = station->due_ms - now_ms();
  wait = wait < 0 ? 0 : wait > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : wait;
  struct timeval time = {.tv_sec = wait / 1000, .tv_usec = (suseconds_t)(wait % 1000) * 1000};
  evtimer_add(station->timer, &time);
}

static void on_timer(evutil_socket_t fd, short what, void *data)
{
  (void)fd;
  (void)what;
  struct station *station = data;
  int64_t now = now_ms();
  if (station->due_ms <= now) {
    struct trace_context context;
    trace_context_begin(&context, NULL);
    timer_wake(station, station->due_ms, &context, NULL, NULL);
    /* A rate keeps its beat; what was missed is not made up for. */
    int64_t next = schedule_next(station->schedule, station->due_ms);
    station->due_ms = next > now ? next : schedule_next(station->schedule, now);
  }
  if (station->due_ms > 0) {
    wait_for(station);
  }
}

void timers_start(struct host *host)
{
  for (size_t i = 0; i < host->n_stations; i++) {
    struct station *station = &host->stations[i];
    if (station->function->trigger != CLEAVE_SCHEDULE) {
      continue;
    }
    g_autofree struct schedule *schedule = g_new0(struct schedule, 1);
    if (!schedule_parse(schedule, station->function->key, NULL)) {
      if (host->options.watcher.on_change) {
        host->options.watcher.on_change(station->function->name, 0, "is woken by hand alone",
                                        host->options.watcher.data);
      }
      continue;
    }
    station->schedule = g_steal_pointer(&schedule);
    station->due_ms = schedule_next(station->schedule, now_ms());
    station->timer = evtimer_new(host->base, on_timer, station);
    if (station->due_ms > 0) {
      wait_for(station);
    }
  }
}
