/* HTTP on PORT: Cloud Run functions, Knative, OpenFaaS, Fission, and every plain container host.
 * Sources: Cloud Run container runtime contract; Knative runtime contract. */
#ifndef CLEAVE_PORT_H
#define CLEAVE_PORT_H

#include "runtime.h"
#include "server.h"

/* Serves until SIGTERM (0); 1 when it cannot listen or an init failed. */
int port_run(struct runtime *runtime);

/* Starts the functions, then listens on the settings' address. NULL when either fails (logged). */
struct server *port_open(struct runtime *runtime);

/* Listens without starting them. NULL when it cannot (logged). */
struct server *port_listen(struct runtime *runtime);

/* Fills ids and trace of the event from the request's headers. */
void port_identify(struct work *work, const struct wire *request, const char *id_header);

/* Fills the http part of the event from a request whose path starts after the prefix, and finds the
 * function by its route. Returns 0, or -1 with error at 400, 404 or 405. */
int port_read_http(struct runtime *runtime, struct work *work, struct exchange *exchange,
                   const char *prefix, struct cleave_error *error);

/* Runs the work and answers natively. result is what reading it gave. */
void port_answer(struct runtime *runtime, struct work *work, struct exchange *exchange, int result,
                 struct cleave_error *error);

/* Answers {"errorMessage":…} at error->status (500 unless it is one from 400 to 599). */
void port_reply_error(struct runtime *runtime, struct exchange *exchange,
                      const struct cleave_error *error);

#endif
