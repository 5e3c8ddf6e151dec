#include "splitter/host/context.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include "splitter/runtime/trace.h"

/* The next SIZE random bytes as hexadecimal digits, never all zero. */
static void take_id(char *out, const uint8_t *bytes, size_t size)
{
  static const char digits[] = "0123456789abcdef";
  bool is_zero = true;
  for (size_t i = 0; i < size; i++) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
    is_zero = is_zero && bytes[i] == 0;
  }
  out[2 * size] = '\0';
  if (is_zero) {
    out[2 * size - 1] = '1';
  }
}

void trace_context_begin(struct trace_context *context, const char *incoming)
{
  uint8_t bytes[24];
  memset(context, 0, sizeof *context);
  if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
    for (size_t i = 0; i < sizeof bytes; i++) {
      bytes[i] = (uint8_t)g_random_int_range(0, 256);
    }
  }
  if (incoming && trace_is_valid(incoming)) {
    memcpy(context->trace, incoming + 3, 32);
    memcpy(context->parent, incoming + 36, 16);
  } else {
    take_id(context->trace, bytes, 16);
  }
  take_id(context->span, bytes + 16, 8);
  g_snprintf(context->traceparent, sizeof context->traceparent, "00-%s-%s-01", context->trace,
             context->span);
}
