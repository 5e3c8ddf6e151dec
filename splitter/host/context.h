/* Trace contexts of the host: which trace a piece of work belongs to (W3C Trace Context, level 1).
 */
#ifndef CLEAVE_HOST_CONTEXT_H
#define CLEAVE_HOST_CONTEXT_H

struct trace_context {
  char trace[33];
  char span[17];
  char parent[17];      /* "" for the first piece of a trace */
  char traceparent[56]; /* for calls onward: trace and span */
};

/* A new span below INCOMING; a new trace when INCOMING is no traceparent. */
void trace_context_begin(struct trace_context *context, const char *incoming);

#endif
