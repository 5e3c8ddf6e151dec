/* What the platforms of the runtime share: the functions, the settings, the event loop.
 * One platform runs per process. */
#ifndef CLEAVE_RUNTIME_INTERNAL_H
#define CLEAVE_RUNTIME_INTERNAL_H

#include "arena.h"
#include "current.h"
#include "reply.h"
#include "settings.h"
#include "work.h"

#include <event2/event.h>
#include <signal.h>

struct runtime {
  const struct cleave_function *functions;
  size_t n_functions;
  const struct cleave_function *only; /* the single one that this process serves, or NULL */
  struct settings settings;
  struct event_base *base;
  struct arena arena; /* of the running event */
  struct cleave_reply reply;
  int64_t began_ns;                  /* the running exchange, by the monotonic clock */
  const volatile sig_atomic_t *stop; /* SIGTERM came */
};

/* Runs every init that this process needs, each once. Returns 0, or -1 with error set. */
int runtime_start_functions(struct runtime *runtime, struct cleave_error *error);

/* Tells logs, deadlines and the crash report what runs. platform_deadline_ms is the Unix time at
 * which the platform ends the call, 0 when it does not say. */
void runtime_enter(struct runtime *runtime, const struct work *work, int64_t platform_deadline_ms);
void runtime_leave(struct runtime *runtime);

/* The function called name, or NULL. */
const struct cleave_function *runtime_find(const struct runtime *runtime, const char *name,
                                           size_t n);

/* The function with that trigger whose key is the name of resource (a queue, topic or bucket; an
 * ARN or a path counts by its last part). NULL when none fits. */
const struct cleave_function *runtime_find_key(const struct runtime *runtime,
                                               enum cleave_trigger trigger, const char *resource);

/* The one function with that trigger; NULL when there is none or more than one. */
const struct cleave_function *runtime_find_sole(const struct runtime *runtime,
                                                enum cleave_trigger trigger);

#endif
