/* Callgrind's output: whatever the bytes, counts or an error that names a line, never a crash. */
#include <stdint.h>
#include <string.h>

#include "splitter/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autoptr(GError) error = NULL;
  struct profile *profile = profile_parse("fuzz.out", (const char *)data, size, &error);
  if (profile == NULL) {
    g_assert_true(g_str_has_prefix(error->message, "fuzz.out:"));
    return 0;
  }
  for (guint i = 0; i < profile->calls->len; i++) {
    const struct profile_call *call = &g_array_index(profile->calls, struct profile_call, i);
    g_assert_nonnull(call->caller);
    g_assert_nonnull(call->callee);
    g_assert_nonnull(call->caller_file);
    g_assert_nonnull(call->callee_file);
  }
  profile_free(profile);
  return 0;
}
