/* A call in a process of its own: for programs that keep state or end by exit().
 * The child answers through a pipe; whatever happens to it, the parent goes on. */
#ifndef CLEAVE_CHILD_H
#define CLEAVE_CHILD_H

#include "cleave_runtime.h"

/* Calls function->invoke (or consume) in a child and takes over its reply. A child that crashes,
 * exits or passes the deadline gives an error that names the routine. */
int child_call(const struct cleave_function *function, const struct cleave_event *event,
               struct cleave_reply *reply, struct cleave_error *error);

#endif
