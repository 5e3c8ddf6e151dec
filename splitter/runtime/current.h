/* What is running at this moment: the one piece of state of the process, read by logs, deadlines
 * and the crash report, which have no parameter to get it by.
 * It never owns the strings: they live as long as the event. */
#ifndef CLEAVE_CURRENT_H
#define CLEAVE_CURRENT_H

#include <stdint.h>

struct current {
  const char *function;
  const char *routine;
  const char *request_id;
  const char *trace_id;
  const char *traceparent;
  int64_t deadline_ms; /* Unix epoch; 0: none */
};

void current_set(struct current running);
void current_clear(void);
struct current current_get(void);

/* CLOCK_REALTIME in milliseconds: a frozen process must see the time that passed. */
int64_t clock_ms(void);

#endif
