/* Proxies of http handlers: the application's own request goes on as a whole, the answer becomes
 * its own response. The lines that say how are found from the types, and stand in function.yaml. */
#ifndef CLEAVE_GENERATE_PROXY_HTTP_H
#define CLEAVE_GENERATE_PROXY_HTTP_H

#include "splitter/generate/glue.h"
#include "splitter/generate/proxy_plan.h"

/* Fills the section "forward" of spec->http; what is not found stays NULL. */
void proxy_http_find(const struct inventory *inventory, struct function_spec *spec);

/* Why the handler cannot pass its requests on: a new string, or NULL. */
char *proxy_http_refusal(const struct function_spec *spec);

/* What of an answer does not reach the caller: a new string, or NULL. */
char *proxy_http_losses(const struct function_spec *spec);

/* Writes the proxy into FILE, which stands behind the renamed definition. */
void proxy_http_write(struct glue *glue, struct glue_file *file, const struct proxy_plan *plan);

#endif
