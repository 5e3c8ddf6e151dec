/* Helpers of the cost tests: the shipped catalogue, and bills from text. */
#ifndef CLEAVE_TESTS_COST_FIXTURE_H
#define CLEAVE_TESTS_COST_FIXTURE_H

#include <string.h>

#include "cost/scenario.h"

static inline struct catalogue *fixture_catalogue(void)
{
  g_autoptr(GError) error = NULL;
  struct catalogue *catalogue = catalogue_new();
  g_autofree char *folder =
      g_build_filename(g_getenv("CLEAVE_SOURCE_DIR"), "cost", "catalogue", NULL);
  catalogue_read_folder(catalogue, folder, &error);
  g_assert_no_error(error);
  catalogue_resolve(catalogue, &error);
  g_assert_no_error(error);
  return catalogue;
}

/* The bill of a scenario file's text; NULL with error when it is refused. */
static inline struct bill *fixture_bill(const struct catalogue *catalogue, const char *text,
                                        GError **error)
{
  g_autoptr(scenario_t) scenario =
      scenario_parse(catalogue, text, strlen(text), "scenario.yaml", error);
  return scenario == NULL ? NULL : scenario_bill(scenario, error);
}

#endif
