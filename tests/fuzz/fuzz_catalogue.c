/* A catalogue file of any bytes is read and checked, or refused with a message. Input: the file. */
#include <stdint.h>

#include "cost/catalogue_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(catalogue_t) catalogue = catalogue_new();
  bool is_good =
      catalogue_read_text(catalogue, (const char *)data, size, "catalogue.yaml", &error) &&
      catalogue_resolve(catalogue, &error);
  g_assert_true(is_good == (error == NULL));
  if (is_good) {
    g_autoptr(GPtrArray) findings = catalogue_check(catalogue, "2026-11-23");
  }
  return 0;
}
