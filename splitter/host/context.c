#include "splitter/host/context.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include "splitter/runtime/trace.h"

/* N random bytes as hexadecimal digits, never all zero. */
static void random_id(char *out, size_t n)
{
  uint8_t bytes[16];
  if (getrandom(bytes, n, 0) != (ssize_t)n) {
    for (size_t i = 0; i < n; i++) {
      bytes[i] = (uint8_t)g_random_int_range(0, 256);
    }
  }
  bytes[n - 1] = bytes[n - 1] == 0 ? 1 : bytes[n - 1];
  for (size_t i = 0; i < n; i++) {
    g_snprintf(out + 2 * i, 3, "%02x", bytes[i]);
  }
}

void trace_context_begin(struct trace_context *context, const char *incoming)
{
  memset(context, 0, sizeof *context);
  if (incoming && trace_is_valid(incoming)) {
    memcpy(context->trace, incoming + 3, 32);
    memcpy(context->parent, incoming + 36, 16);
  } else {
    random_id(context->trace, 16);
  }
  random_id(context->span, 8);
  g_snprintf(context->traceparent, sizeof context->traceparent, "00-%s-%s-01", context->trace,
             context->span);
}
