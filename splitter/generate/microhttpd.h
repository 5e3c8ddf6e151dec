/* Handlers written for libmicrohttpd: which routines are, and what the program hands its daemon for
 * them. The types are those of libmicrohttpd's own header (MHD_AccessHandlerCallback). */
#ifndef CLEAVE_GENERATE_MICROHTTPD_H
#define CLEAVE_GENERATE_MICROHTTPD_H

#include "splitter/generate/inventory.h"
#include "splitter/generate/source_text.h"
#include "splitter/generate/spec.h"

/* Whether ROUTINE has the parameters of an access handler; one that only takes a connection among
 * others has not. O(1). */
bool microhttpd_is_handler(const struct inventory *inventory, const struct fact_routine *routine);

/* The start-up step that gives the handler of SPEC its first argument and its callbacks, as the
 * program's own MHD_start_daemon() does; NULL when it gets none. What only the caller knows becomes
 * a decision. The caller owns it. */
struct start_step *microhttpd_start_step(const struct inventory *inventory,
                                         struct source_texts *texts,
                                         const struct function_spec *spec);

#endif
