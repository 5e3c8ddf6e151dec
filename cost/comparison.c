#include "cost/comparison.h"

#include <string.h>

#include "store/results.h"

static const char *const clouds[] = {"aws", "gcp", "azure"};

static const struct {
  const char *cloud;
  const char *plan;
} function_plans[] = {
    {"aws", "aws-lambda-x86"},     {"aws", "aws-lambda-arm"},      {"gcp", "gcp-run-request"},
    {"gcp", "gcp-functions-gen1"}, {"azure", "azure-consumption"}, {"azure", "azure-flex"},
};

void comparison_free(struct comparison *comparison)
{
  if (comparison == NULL) {
    return;
  }
  loads_free(comparison->loads);
  g_ptr_array_unref(comparison->offers);
  g_free(comparison);
}

static bool add_offers(struct comparison *comparison, const char *cloud, GError **error)
{
  const struct catalogue *catalogue = comparison->catalogue;
  const struct workload *workload = comparison->workload;
  for (int is_by_service = 0; is_by_service < 2; is_by_service++) {
    g_autoptr(GError) problem = NULL;
    struct offer *offer = offer_always_on(catalogue, workload, comparison->loads, cloud,
                                          is_by_service == 1, &problem);
    if (problem != NULL) {
      g_propagate_error(error, g_steal_pointer(&problem));
      return false;
    }
    if (offer != NULL) {
      g_ptr_array_add(comparison->offers, offer);
    }
  }
  for (size_t i = 0; i < G_N_ELEMENTS(function_plans); i++) {
    const struct plan *plan = catalogue_plan(catalogue, function_plans[i].plan);
    if (strcmp(function_plans[i].cloud, cloud) != 0 || plan == NULL ||
        (plan_rule(plan, "arm") != NULL && !workload->is_arm_allowed)) {
      continue;
    }
    struct offer *offer =
        offer_functions(catalogue, workload, comparison->loads, plan->name, error);
    if (offer == NULL) {
      return false;
    }
    g_ptr_array_add(comparison->offers, offer);
  }
  return true;
}

static void choose(struct comparison *comparison, enum stage stage, const char *cloud)
{
  struct offer *best = NULL;
  for (unsigned int i = 0; i < comparison->offers->len; i++) {
    struct offer *offer = comparison->offers->pdata[i];
    if (offer->stage == stage && strcmp(offer->cloud, cloud) == 0 &&
        (best == NULL || decimal_compare(offer_total(offer), offer_total(best)) < 0)) {
      best = offer;
    }
  }
  if (best != NULL) {
    best->is_chosen = true;
  }
}

struct comparison *comparison_new(const struct catalogue *catalogue,
                                  const struct workload *workload, struct store *store,
                                  GError **error)
{
  g_autoptr(comparison_t) comparison = g_new0(struct comparison, 1);
  comparison->catalogue = catalogue;
  comparison->workload = workload;
  comparison->offers = g_ptr_array_new_with_free_func((GDestroyNotify)offer_free);
  comparison->loads = loads_read(store, workload, error);
  if (comparison->loads == NULL) {
    return NULL;
  }
  for (size_t i = 0; i < G_N_ELEMENTS(clouds); i++) {
    if (catalogue_cloud(catalogue, clouds[i]) == NULL) {
      continue;
    }
    if (!add_offers(comparison, clouds[i], error)) {
      return NULL;
    }
    for (int stage = 0; stage < N_STAGES; stage++) {
      choose(comparison, (enum stage)stage, clouds[i]);
    }
  }
  return g_steal_pointer(&comparison);
}

const struct offer *comparison_chosen(const struct comparison *comparison, enum stage stage,
                                      const char *cloud)
{
  for (unsigned int i = 0; i < comparison->offers->len; i++) {
    const struct offer *offer = comparison->offers->pdata[i];
    if (offer->is_chosen && offer->stage == stage && strcmp(offer->cloud, cloud) == 0) {
      return offer;
    }
  }
  return NULL;
}

struct bill *comparison_bill(const struct comparison *comparison)
{
  struct bill *bill = bill_new();
  for (unsigned int i = 0; i < comparison->offers->len; i++) {
    const struct offer *offer = comparison->offers->pdata[i];
    for (unsigned int j = 0; offer->is_chosen && j < offer->bill->lines->len; j++) {
      struct bill_line line = *(const struct bill_line *)offer->bill->lines->pdata[j];
      g_autofree char *name =
          g_strdup_printf("%s %s %s", stage_names[offer->stage], offer->cloud, line.name);
      line.name = name;
      bill_add(bill, &line);
    }
  }
  return bill;
}

static bool write_line(struct store *store, const struct offer *offer, const struct bill_line *line,
                       int64_t position, GError **error)
{
  g_autofree char *quantity = decimal_text(line->quantity);
  g_autofree char *unit_price = decimal_text(line->unit_price);
  g_autofree char *amount = decimal_text(line->exact);
  g_autofree char *source = g_strdup_printf("%s, %s", line->source, line->as_of);
  const struct result_bill record = {
      .position = position,
      .stage = stage_names[offer->stage],
      .cloud = offer->cloud,
      .name = line->name,
      .billing_plan = line->plan,
      .item = line->item,
      .quantity = quantity,
      .unit = line->unit,
      .unit_price = unit_price,
      .amount = amount,
      .source = source,
  };
  return store_insert(store, &result_bill_table, &record, error);
}

bool comparison_write(const struct comparison *comparison, struct store *store, GError **error)
{
  int64_t position = 0;
  if (!store_begin(store, error)) {
    return false;
  }
  bool is_good = store_clear(store, &result_bill_table, error);
  for (unsigned int i = 0; is_good && i < comparison->offers->len; i++) {
    const struct offer *offer = comparison->offers->pdata[i];
    for (unsigned int j = 0; is_good && offer->is_chosen && j < offer->bill->lines->len; j++) {
      is_good = write_line(store, offer, offer->bill->lines->pdata[j], position++, error);
    }
  }
  if (!is_good) {
    store_rollback(store);
    return false;
  }
  return store_commit(store, error);
}
