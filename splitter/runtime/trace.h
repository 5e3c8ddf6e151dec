/* Trace contexts: W3C traceparent and AWS X-Ray headers.
 * Carries contexts on; never records or samples anything itself. */
#ifndef CLEAVE_TRACE_H
#define CLEAVE_TRACE_H

#include "arena.h"

#include <stdbool.h>

/* Whether text is a traceparent of version 00 with non-zero ids (W3C Trace Context, section 3.2).
 */
bool trace_is_valid(const char *traceparent);

/* The traceparent for calls onward: same trace, a new parent id; a new trace when incoming is not
 * valid. Randomness comes from getrandom(). */
const char *trace_continue(struct arena *arena, const char *incoming);

/* The traceparent of an X-Ray header (Root=1-…;Parent=…;Sampled=…), "" when it names no parent. */
const char *trace_from_xray(struct arena *arena, const char *header);

/* The 32 digits of a traceparent's trace id, "" when not valid. */
const char *trace_id(struct arena *arena, const char *traceparent);

#endif
