/* Fission: a container function, or an environment that is specialised once.
 * Sources: fission/environments binary/server.go and go/server.go; fission/fission pkg/router
 * (requesthHeader.go, rewrite.go), pkg/timer/timer.go and pkg/mqtrigger. */
#ifndef CLEAVE_FISSION_H
#define CLEAVE_FISSION_H

#include "runtime.h"
#include "server.h"

struct fission {
  bool is_specialised;
};

/* Answers /specialize and /v2/specialize and gives the exchange back; false for any other path. The
 * image holds the function: the file that was fetched is not looked at, functionName chooses. */
bool fission_answer_specialise(struct fission *fission, struct runtime *runtime,
                               struct exchange *exchange, const char *path);

/* The target that the caller asked for: the router forwards to "/" and tells it in a header. */
const char *fission_target(const struct wire *request);

/* Adds the parameters of the trigger's own pattern. */
void fission_parameters(struct work *work, const struct wire *request);

#endif
