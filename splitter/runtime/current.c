#include "current.h"

#include "cleave_runtime.h"

#include <time.h>

static const struct current nothing = {"", "", "", "", "", 0};
static struct current current = {"", "", "", "", "", 0};

void current_set(struct current running)
{
  current = running;
}

void current_clear(void)
{
  current = nothing;
}

struct current current_get(void)
{
  return current;
}

int64_t clock_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t cleave_deadline_ms_left(void)
{
  int64_t deadline = current.deadline_ms;
  return deadline == 0 ? INT64_MAX : deadline - clock_ms();
}

const char *cleave_request_id(void)
{
  return current.request_id;
}

const char *cleave_traceparent(void)
{
  return current.traceparent;
}
