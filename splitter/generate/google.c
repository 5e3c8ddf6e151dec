#include "splitter/generate/google.h"

#include "splitter/generate/cloud_name.h"

char *google_account(const char *binary)
{
  return cloud_name(binary, GOOGLE_ACCOUNT);
}

char *google_memory(const struct requirements *needs)
{
  return g_strdup_printf("%" G_GINT64_FORMAT "Mi", needs->memory_mb);
}

int google_delivery_attempts(const struct function_spec *spec)
{
  return (int)CLAMP(spec->retries + 1, 5, 100);
}
