/* The part of the command replay that draws inputs instead of reading them from a recording. */
#ifndef CLEAVE_CLI_REPLAY_TYPED_H
#define CLEAVE_CLI_REPLAY_TYPED_H

#include "cli/command.h"

/* Runs `cleave replay --typed DIR [FUNCTION]...`; the exit code. */
int replay_typed(struct context *context);

#endif
