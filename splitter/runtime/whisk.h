/* Apache OpenWhisk: the action interface, /init once and then /run per activation.
 * Sources: openwhisk docs/actions-new.md and docs/webactions.md; openwhisk-runtime-go, whose
 * answers and refusals are kept; WebActions.scala and ActivationResult.scala for how answers are
 * taken. */
#ifndef CLEAVE_WHISK_H
#define CLEAVE_WHISK_H

#include "port.h"

/* The last line of an activation's log, on standard output and standard error. */
#define WHISK_SENTINEL "XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX\n"

/* Serves until SIGTERM (0); 1 when it cannot listen or an init failed. */
int whisk_run(struct runtime *runtime);

/* Fills the work (its function is assigned where it is known) from an activation's parameters.
 * Returns 0, or -1 with error from 400 to 499. */
int whisk_read(struct runtime *runtime, struct work *work, const json_t *value,
               struct cleave_error *error);

/* The answer of a web action: statusCode, headers, body. NULL with error set when the body cannot
 * travel. A new reference. */
json_t *whisk_web_reply(struct arena *arena, const struct cleave_reply *reply,
                        struct cleave_error *error);

/* Whether OpenWhisk carries bodies of this media type as base64. */
bool whisk_type_is_binary(const char *type);

#endif
