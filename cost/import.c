#include "cost/import.h"

#include <stdlib.h>
#include <string.h>

#include "cost/decimal.h"
#include "cost/error.h"

static struct import *import_new(const char *cloud, const char *region)
{
  struct import *import = g_new0(struct import, 1);
  import->cloud = g_strdup(cloud);
  import->root = json_object();
  json_object_set_new(import->root, "version", json_integer(1));
  json_object_set_new(import->root, "cloud", json_string(cloud));
  json_object_set_new(import->root, "default_region", json_string(region));
  json_object_set_new(import->root, "regions", json_array());
  json_object_set_new(import->root, "sources", json_object());
  json_object_set_new(import->root, "meters", json_object());
  json_object_set_new(import->root, "instances", json_object());
  return import;
}

void import_free(struct import *import)
{
  if (import == NULL) {
    return;
  }
  json_decref(import->root);
  g_free(import->cloud);
  g_free(import);
}

char *import_text(const struct import *import)
{
  char *dumped = json_dumps(import->root, JSON_INDENT(1) | JSON_SORT_KEYS);
  char *text = g_strconcat(dumped, "\n", NULL);
  free(dumped);
  return text;
}

static json_t *member(json_t *object, const char *key)
{
  json_t *value = json_object_get(object, key);
  if (value == NULL) {
    value = json_object();
    json_object_set_new(object, key, value);
  }
  return value;
}

static void add_region(struct import *import, const char *region)
{
  json_t *regions = json_object_get(import->root, "regions");
  size_t i = 0;
  json_t *value = NULL;
  json_array_foreach(regions, i, value)
  {
    if (strcmp(json_string_value(value), region) == 0) {
      return;
    }
  }
  json_array_append_new(regions, json_string(region));
}

/* One source per date. */
static const char *add_source(struct import *import, const char *as_of)
{
  json_t *sources = json_object_get(import->root, "sources");
  const char *title = json_string_value(json_object_get(import->root, "title"));
  g_autofree char *day = g_strndup(as_of, 10);
  g_autofree char *id = g_strconcat("import-", day, NULL);
  json_t *source = member(sources, id);
  json_object_set_new(source, "title", json_string(title != NULL ? title : "import"));
  json_object_set_new(source, "as_of", json_string(day));
  return g_intern_string(id);
}

void import_price(struct import *import, const char *meter, const char *unit, const char *region,
                  const char *up_to, const char *price, const char *as_of)
{
  json_t *entry = member(json_object_get(import->root, "meters"), meter);
  json_object_set_new(entry, "unit", json_string(unit));
  json_t *ladder = member(member(entry, "prices"), region);
  json_object_set_new(ladder, "source", json_string(add_source(import, as_of)));
  json_t *tiers = json_object_get(ladder, "tiers");
  if (tiers == NULL) {
    tiers = json_array();
    json_object_set_new(ladder, "tiers", tiers);
  }
  json_t *tier = json_object();
  if (up_to != NULL) {
    json_object_set_new(tier, "up_to", json_string(up_to));
  }
  json_object_set_new(tier, "price", json_string(price));
  json_array_append_new(tiers, tier);
  add_region(import, region);
  import->n_prices++;
}

void import_instance(struct import *import, const char *plan, double vcpu, double memory_mb,
                     bool is_arm, const char *region, const char *price, const char *as_of)
{
  json_t *entry = member(json_object_get(import->root, "instances"), plan);
  json_t *rules = member(entry, "rules");
  g_autofree char *cores = g_strdup_printf("%.3f", vcpu);
  g_autofree char *memory = g_strdup_printf("%.0f", memory_mb);
  json_object_set_new(rules, "vcpu", json_string(cores));
  json_object_set_new(rules, "memory_mb", json_string(memory));
  if (is_arm) {
    json_object_set_new(rules, "arm", json_integer(1));
  }
  json_t *entry_price = json_object();
  json_object_set_new(entry_price, "price", json_string(price));
  json_object_set_new(entry_price, "source", json_string(add_source(import, as_of)));
  json_object_set_new(member(entry, "prices"), region, entry_price);
  add_region(import, region);
  import->n_prices++;
}

char *import_divide(const char *price, const char *divisor)
{
  g_autoptr(decimal_pool_t) pool = decimal_pool_new();
  const struct decimal *value = decimal_parse(pool, price, NULL);
  return value == NULL ? NULL
                       : decimal_text(decimal_divide(pool, value, decimal_literal(pool, divisor)));
}

char *import_number(const json_t *value)
{
  g_autofree char *text = NULL;
  if (json_is_string(value)) {
    text = g_strdup(json_string_value(value));
  } else if (json_is_integer(value)) {
    text = g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
  } else if (json_is_real(value)) {
    char buffer[G_ASCII_DTOSTR_BUF_SIZE];
    text = g_strdup(g_ascii_formatd(buffer, sizeof buffer, "%.15g", json_real_value(value)));
  }
  g_autoptr(decimal_pool_t) pool = decimal_pool_new();
  const struct decimal *number = text == NULL ? NULL : decimal_parse(pool, text, NULL);
  return number == NULL ? NULL : decimal_text(number);
}

/* Meters without tiers, and an empty section, say nothing. The first region becomes the default. */
static void tidy(struct import *import)
{
  json_object_del(import->root, "title");
  json_t *regions = json_object_get(import->root, "regions");
  if (json_array_size(regions) > 0) {
    json_object_set(import->root, "default_region", json_array_get(regions, 0));
  }
  static const char *const sections[] = {"meters", "instances"};
  for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
    if (json_object_size(json_object_get(import->root, sections[i])) == 0) {
      json_object_del(import->root, sections[i]);
    }
  }
}

struct import *import_read(const char *path, const char *title, GError **error)
{
  json_error_t problem;
  if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
    g_set_error(error, COST_ERROR, COST_ERROR_FILE, "cannot open '%s': no such file", path);
    return NULL;
  }
  json_t *file = json_load_file(path, 0, &problem);
  if (file == NULL) {
    g_set_error(error, COST_ERROR, COST_ERROR_INPUT, "%s:%d:%d: %s", path, problem.line,
                problem.column, problem.text);
    return NULL;
  }
  bool (*reader)(struct import *, const json_t *, GError **) = NULL;
  g_autoptr(import_t) import = NULL;
  if (json_is_object(json_object_get(file, "products")) && json_object_get(file, "terms") != NULL) {
    reader = import_aws;
    import = import_new("aws", "us-east-1");
  } else if (json_is_array(json_object_get(file, "Items"))) {
    reader = import_azure;
    import = import_new("azure", "eastus");
  } else if (json_is_array(json_object_get(file, "skus"))) {
    reader = import_google;
    import = import_new("gcp", "us-central1");
  }
  bool is_good = import != NULL;
  if (is_good) {
    json_object_set_new(import->root, "title", json_string(title));
    is_good = reader(import, file, error);
  } else {
    g_set_error(error, COST_ERROR, COST_ERROR_INPUT,
                "%s: neither an AWS offer file, nor Azure retail prices, nor a Google SKU list",
                path);
  }
  json_decref(file);
  if (is_good && import->n_prices == 0) {
    g_set_error(error, COST_ERROR, COST_ERROR_INPUT, "%s: holds no price that the catalogue knows",
                path);
    is_good = false;
  }
  if (!is_good) {
    return NULL;
  }
  tidy(import);
  return g_steal_pointer(&import);
}
