/* Azure Functions custom handler: the host posts envelopes, or forwards http requests as they are.
 * Sources: Azure Functions custom handlers (Microsoft documentation); azure-functions-host,
 * Workers/Http. Bindings are called req and res for http; payload bindings have dataType binary. */
#ifndef CLEAVE_AZURE_H
#define CLEAVE_AZURE_H

#include "port.h"

/* Serves until SIGTERM (0); 1 when it cannot listen or an init failed. */
int azure_run(struct runtime *runtime);

/* Fills the work (its function is assigned) from an envelope {"Data":…,"Metadata":…}. Returns 0, or
 * -1 with error at 400. */
int azure_read(struct work *work, struct cleave_bytes envelope, const char *route_prefix,
               struct cleave_error *error);

#endif
