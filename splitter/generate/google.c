#include "splitter/generate/google.h"

#include <string.h>

#include "splitter/generate/trigger.h"

char *google_account(const char *binary)
{
  g_autofree char *plain = plain_name(binary);
  size_t length = strlen(plain);
  return length >= 6 && length <= 30 ? g_steal_pointer(&plain)
                                     : g_strdup_printf("%.21s-%08x", plain, g_str_hash(binary));
}

char *google_memory(const struct requirements *needs)
{
  return g_strdup_printf("%" G_GINT64_FORMAT "Mi", needs->memory_mb);
}

int google_delivery_attempts(const struct function_spec *spec)
{
  return (int)CLAMP(spec->retries + 1, 5, 100);
}
