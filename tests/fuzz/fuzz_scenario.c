/* A scenario of any bytes is billed or refused with a message, against the shipped catalogue. A
 * bill has no negative line. Input: the file. */
#include <stdint.h>

#include "cost/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct catalogue *catalogue = NULL;
  g_autoptr(GError) error = NULL;
  if (catalogue == NULL) {
    catalogue = catalogue_new();
    g_assert_true(catalogue_read_folder(catalogue, CATALOGUE_FOLDER, NULL));
  }
  g_autoptr(scenario_t) scenario =
      scenario_parse(catalogue, (const char *)data, size, "scenario.yaml", &error);
  g_autoptr(bill_t) bill = scenario == NULL ? NULL : scenario_bill(scenario, &error);
  g_assert_true((bill == NULL) == (error != NULL));
  for (unsigned int i = 0; bill != NULL && i < bill->lines->len; i++) {
    const struct bill_line *line = bill->lines->pdata[i];
    g_assert_cmpint(decimal_sign(line->exact), >=, 0);
  }
  if (bill != NULL) {
    g_autofree char *json = bill_json(bill);
    g_autofree char *table = bill_table(bill);
  }
  return 0;
}
