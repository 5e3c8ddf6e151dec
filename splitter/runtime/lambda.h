/* AWS Lambda: a client of the Runtime API (version 2018-06-01) that asks for events and posts what
 * became of them. Source: "Using the Lambda runtime API for custom runtimes", AWS documentation. */
#ifndef CLEAVE_LAMBDA_H
#define CLEAVE_LAMBDA_H

#include "runtime.h"

/* Runs until SIGTERM (0) or until the platform refuses (1). */
int lambda_run(struct runtime *runtime);

#endif
