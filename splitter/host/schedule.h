/* When a timer is due: cron expressions and rates, in UTC.
 *
 *   "M H DAY MONTH WEEKDAY"        five fields of crontab(5): lists, ranges, steps, names, @daily
 * ... "cron(M H DAY MONTH WEEKDAY YEAR)"   six fields of EventBridge: weekdays 1 to 7 from Sunday,
 * '?' "rate(5 minutes)", "90s", "5m", "2h", "1d", "500ms"
 *
 * Pure: knows no clock. What it does not understand is refused, never guessed. */
#ifndef CLEAVE_HOST_SCHEDULE_H
#define CLEAVE_HOST_SCHEDULE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define SCHEDULE_ERROR (schedule_error_quark())
GQuark schedule_error_quark(void);

struct schedule {
  int64_t period_ms; /* of a rate; 0: the sets below count */
  uint64_t minutes;  /* bit N: minute N */
  uint32_t hours;
  uint32_t days;     /* bits 1 to 31 */
  uint32_t months;   /* bits 1 to 12 */
  uint32_t weekdays; /* bits 0 to 6, from Sunday */
  bool is_any_day;   /* the day field says nothing: weekdays alone count, and the other way round */
  bool is_any_weekday;
  int first_year; /* 0: any */
  int last_year;
};

/* Sets ERROR and returns false when TEXT is no schedule. */
bool schedule_parse(struct schedule *schedule, const char *text, GError **error);

/* The first time after AFTER_MS that is due, both milliseconds since 1970 UTC; 0 when there is none
 * within ten years. A rate counts from AFTER_MS. O(days). */
int64_t schedule_next(const struct schedule *schedule, int64_t after_ms);

#endif
