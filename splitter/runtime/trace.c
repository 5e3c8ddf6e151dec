#include "trace.h"

#include <stdint.h>
#include <string.h>
#include <sys/random.h>

static bool is_hex(const char *text, size_t n)
{
  bool is_zero = true;
  for (size_t i = 0; i < n; i++) {
    bool is_digit = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (!is_digit) {
      return false;
    }
    is_zero = is_zero && text[i] == '0';
  }
  return !is_zero;
}

bool trace_is_valid(const char *traceparent)
{
  return strlen(traceparent) == 55 && memcmp(traceparent, "00-", 3) == 0 &&
         is_hex(traceparent + 3, 32) && traceparent[35] == '-' && is_hex(traceparent + 36, 16) &&
         traceparent[52] == '-' && strspn(traceparent + 53, "0123456789abcdef") == 2;
}

static void random_hex(char *out, size_t n_bytes)
{
  static const char digits[] = "0123456789abcdef";
  unsigned char bytes[16] = {1};
  /* Before the kernel's pool is ready the ids are constant: they identify, they protect nothing. */
  ssize_t got = getrandom(bytes, n_bytes, GRND_NONBLOCK);
  (void)got;
  bytes[0] |= 1;
  for (size_t i = 0; i < n_bytes; i++) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
}

const char *trace_continue(struct arena *arena, const char *incoming)
{
  char *out = arena_string(arena, "00-00000000000000000000000000000000-0000000000000000-00");
  if (trace_is_valid(incoming)) {
    memcpy(out, incoming, 55);
  } else {
    random_hex(out + 3, 16);
  }
  random_hex(out + 36, 8);
  return out;
}

const char *trace_from_xray(struct arena *arena, const char *header)
{
  const char *root = strstr(header, "Root=1-");
  const char *parent = strstr(header, "Parent=");
  if (!root || !parent || strlen(root) < 7 + 8 + 1 + 24 || strlen(parent) < 7 + 16) {
    return "";
  }
  char *out = arena_string(arena, "00-00000000000000000000000000000000-0000000000000000-00");
  memcpy(out + 3, root + 7, 8);
  memcpy(out + 11, root + 7 + 9, 24);
  memcpy(out + 36, parent + 7, 16);
  if (strstr(header, "Sampled=1")) {
    out[54] = '1';
  }
  return trace_is_valid(out) ? out : "";
}

const char *trace_id(struct arena *arena, const char *traceparent)
{
  return trace_is_valid(traceparent) ? arena_copy(arena, traceparent + 3, 32) : "";
}
