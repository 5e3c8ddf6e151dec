/* One JSON line per event of the proxies: on standard error, or in the file that CLEAVE_PROXY_LOG
 * names (then also one line per call). Never a payload, never a credential. */
#ifndef CLEAVE_PROXY_LOG_H
#define CLEAVE_PROXY_LOG_H

#include "cleave_proxy.h"

/* PROXY may be NULL. */
void proxy_log(enum cleave_level level, const char *event, const struct cleave_proxy *proxy,
               const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Whether calls are logged that went well. */
int proxy_logs_calls(void);

/* Milliseconds of the monotonic clock. */
int64_t proxy_clock_ms(void);

#endif
