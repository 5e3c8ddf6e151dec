/* What a function's key says in the words of the platforms: routes, times.
 * Reads text; knows no function. */
#ifndef CLEAVE_GENERATE_TRIGGER_H
#define CLEAVE_GENERATE_TRIGGER_H

#include <glib.h>
#include <stdbool.h>

/* "GET /products/:id" as a method ("ANY" when there is none) and a path with {id}: new strings. */
void route_split(const char *key, char **method, char **path);

/* KEY of a route with the '/' that its path begins with everywhere. A new string. */
char *route_key(const char *key);

/* Whether two routes answer the same requests: one method and one path, whatever its parameters are
 * called. */
bool routes_meet(const char *one, const char *other);

/* Why KEY is no time, as the host's timers would say; NULL when it is one. A new string. */
char *schedule_problem(const char *key);

/* An AWS schedule expression of a key: cron with five fields, "60s", "rate(...)", "@daily". A new
 * string; NULL when it is none. */
char *aws_schedule(const char *key);

/* The same time as five fields of cron, as the schedulers of Google and Kubernetes want it. A new
 * string; NULL when the key tells no time. */
char *cron_schedule(const char *key);

#endif
