/* What each program defines for itself. notify() hands work to whoever does it later. Each program has its own way: the server queues the job,
 * the batch tool does it at once. */
#ifndef SHOP_NOTIFY_H
#define SHOP_NOTIFY_H

#include <stdio.h>

/* The payload is written like a form: "template=welcome&user=3". 0, or -1. */
int notify(const char *kind, const char *payload);

/* How the program is called. */
void usage(FILE *to);

#endif
