/* Spans as OpenTelemetry's JSON, one line each. Pure.
 *
 * Source: OTLP 1.x, JSON encoding (opentelemetry.io/docs/specs/otlp, file exporter: one
 * TracesData object per line). */
#ifndef CLEAVE_HOST_OTLP_H
#define CLEAVE_HOST_OTLP_H

#include "splitter/host/watcher.h"

/* One line with its line feed; a new string. */
char *otlp_line(const struct trace_span *span);

#endif
