/* Requests that bring an event to a port: CloudEvents, Pub/Sub push, Cloud Scheduler, Cloud Tasks,
 * or simply a body. */
#ifndef CLEAVE_PUSH_H
#define CLEAVE_PUSH_H

#include "wire.h"
#include "work.h"

/* Fills the work (its function is assigned) from a request. Returns 0, or -1 with error at 400. */
int push_read(struct work *work, const struct wire *request, struct cleave_error *error);

/* What the event is from: CloudEvent source, subscription, job or queue name; "" when it does not
 * say. Borrowed from the request or from *json (owned by the caller). */
const char *push_resource(const struct wire *request, struct arena *arena, json_t **json);

#endif
