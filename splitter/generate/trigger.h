/* What a function's key says in the words of the platforms: routes, times, names.
 * Reads text; knows no function. */
#ifndef CLEAVE_GENERATE_TRIGGER_H
#define CLEAVE_GENERATE_TRIGGER_H

#include <glib.h>

/* "GET /products/:id" as a method ("ANY" when there is none) and a path with {id}: new strings. */
void route_split(const char *key, char **method, char **path);

/* An AWS schedule expression of a key: cron with five fields, "60s", "rate(...)", "@daily". A new
 * string; NULL when it is none. */
char *aws_schedule(const char *key);

/* NAME as a resource name: letters and digits, each word with a capital. A new string. */
char *camel_name(const char *name);

/* The same time as five fields of cron, as the schedulers of Google and Kubernetes want it. A new
 * string; NULL when the key tells no time. */
char *cron_schedule(const char *key);

/* NAME as platforms allow it for services, queues and topics: lower case, digits, dashes, at most
 * 49 characters, a letter first. A new string. */
char *plain_name(const char *name);

#endif
