/* C source of a proxy: the routine's own prototype in front, the function behind it. */
#ifndef CLEAVE_GENERATE_PROXY_SOURCE_H
#define CLEAVE_GENERATE_PROXY_SOURCE_H

#include "splitter/generate/glue.h"
#include "splitter/generate/proxy_plan.h"

/* Writes the proxy of a typed routine into FILE, which stands behind the renamed definition. Needs
 * a plan without a refusal. */
void proxy_source_write(struct glue *glue, struct glue_file *file, const struct proxy_plan *plan);

/* The head of the routine's definition with its parameters named as in the contract or the facts:
 * "int price(const char *sku)", static where it is. A new string. */
char *proxy_source_head(const struct inventory *inventory, const struct fact_routine *routine);

/* The declaration of the struct cleave_proxy that tells the runtime of it. */
void proxy_source_descriptor(struct c_writer *code, const struct proxy_plan *plan);

#endif
