/* How each platform is asked: addresses, credentials, and what its answers mean. */
#ifndef CLEAVE_PROXY_TARGET_H
#define CLEAVE_PROXY_TARGET_H

#include "cleave_proxy_settings.h"
#include "cleave_proxy_transport.h"

/* Fills EXCHANGE for one call of the function. 0, or -1 with call->error set. */
int proxy_target_call(struct cleave_proxy_call *call, struct proxy_exchange *exchange);
/* The same for one message; BODY is its payload. The result has its own body. */
int proxy_target_message(struct cleave_proxy_call *call, struct proxy_exchange *exchange,
                         const char *body, size_t n_body);
/* Headers that every call carries: trace, and on Google and Azure the credential. */
int proxy_target_authorize(struct cleave_proxy_call *call, struct proxy_exchange *exchange,
                           const char *audience);

/* Judges an exchange that was run: 0 when the function has answered well, otherwise -1 with
 * call->error, error_number and is_certain set. */
int proxy_target_judge(struct cleave_proxy_call *call, const struct proxy_exchange *exchange);
typedef int (*proxy_judge)(struct cleave_proxy_call *call, const struct proxy_exchange *exchange);
/* Runs the exchange until its deadline, again where contract and answer allow it; what JUDGE says
 * of the last one. */
int proxy_exchange_judged(struct cleave_proxy_call *call, struct proxy_exchange *exchange,
                          proxy_judge judge);
/* Whether asking again may help, when it does no harm. */
int proxy_target_may_retry(const struct proxy_exchange *exchange);

#endif
