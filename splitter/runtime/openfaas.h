/* OpenFaaS: this process in the place of the watchdog (of-watchdog, mode http). It answers the
 * platform's own paths, keeps its time limits and reads its secrets.
 * Sources: openfaas/of-watchdog README.md and executor/http_runner.go; docs.openfaas.com. */
#ifndef CLEAVE_OPENFAAS_H
#define CLEAVE_OPENFAAS_H

#include "runtime.h"
#include "server.h"

/* Puts the files of the secrets' folder into the environment: NAME from NAME, name or na-me, for
 * each variable that a function reads and that is not set. */
void openfaas_export_secrets(const struct runtime *runtime);

/* Answers /_/health and /_/ready and gives the exchange back; false for any other path. */
bool openfaas_answer_probe(struct exchange *exchange, const char *path);

/* When the call has to be over, as its X-Timeout asks; 0 when it does not ask, or for longer than
 * limit_ms. Milliseconds of the Unix epoch. */
int64_t openfaas_deadline(const struct wire *request, int64_t limit_ms);

/* headers with X-Duration-Seconds behind them, since began_ns of the monotonic clock. */
struct cleave_fields openfaas_headers(struct arena *arena, struct cleave_fields headers,
                                      int64_t began_ns);

int64_t openfaas_clock_ns(void);

#endif
