/* Reads scenario.yaml strictly: nothing that the file says is skipped. */
#include <string.h>

#include "base/nearest.h"
#include "cost/document.h"
#include "cost/scenario.h"

#define MAX_COUNT "1e18"

static const char *const entry_keys[] = {"name", "plan", "region"};

/* The names of the fields, for messages. Free with g_ptr_array_unref. */
static GPtrArray *field_names(const struct billing_field *fields, bool has_entry_keys)
{
  GPtrArray *names = g_ptr_array_new();
  for (size_t i = 0; has_entry_keys && i < G_N_ELEMENTS(entry_keys); i++) {
    g_ptr_array_add(names, (gpointer)entry_keys[i]);
  }
  for (; fields->name != NULL; fields++) {
    g_ptr_array_add(names, (gpointer)fields->name);
  }
  return names;
}

/* An unknown key: the nearest of all keys of the plan, else the list. */
static bool refuse_key(const struct document *document, const struct node *key,
                       const struct billing_field *fields, bool has_entry_keys, const char *plan,
                       GError **error)
{
  g_autoptr(GPtrArray) names = field_names(fields, has_entry_keys);
  const char *nearest = nearest_name(key->text, (const char *const *)names->pdata, names->len);
  if (nearest != NULL) {
    return document_refuse(document, key, error, "%s has no key '%s', did you mean '%s'?", plan,
                           key->text, nearest);
  }
  g_ptr_array_add(names, NULL);
  g_autofree char *list = g_strjoinv(", ", (char **)names->pdata);
  return document_refuse(document, key, error, "%s has no key '%s', known: %s", plan, key->text,
                         list);
}

static const struct billing_field *find_field(const struct billing_field *fields, const char *name)
{
  for (; fields->name != NULL; fields++) {
    if (strcmp(fields->name, name) == 0) {
      return fields;
    }
  }
  return NULL;
}

static bool read_number(struct scenario *scenario, const struct document *document,
                        const struct node *value, const struct billing_field *field,
                        const char *key, struct entry *entry, GError **error)
{
  const char *maximum = field->maximum != NULL ? field->maximum : MAX_COUNT;
  const struct decimal *number =
      document_number(document, value, key, "0", maximum, scenario->pool, error);
  if (number != NULL) {
    entry_set(entry, key, number);
  }
  return number != NULL;
}

static bool read_group(struct scenario *scenario, const struct document *document,
                       const struct node *value, const struct billing_field *field,
                       struct entry *entry, GError **error)
{
  if (!document_expect(document, value, NODE_MAPPING, field->name, error)) {
    return false;
  }
  for (unsigned int i = 0; i < value->keys->len; i++) {
    const struct node *key = value->keys->pdata[i];
    const struct billing_field *member = find_field(field->group, key->text);
    if (member == NULL) {
      return refuse_key(document, key, field->group, false, field->name, error);
    }
    g_autofree char *path = g_strconcat(field->name, ".", key->text, NULL);
    if (!read_number(scenario, document, value->values->pdata[i], member, path, entry, error)) {
      return false;
    }
  }
  return true;
}

static bool read_values(struct scenario *scenario, const struct document *document,
                        const struct node *node, struct entry *entry, GError **error)
{
  const struct billing_kind *kind = billing_kind(entry->plan->billing);
  if (kind == NULL) {
    return document_refuse(document, node, error, "plan '%s' is billed as '%s', which is unknown",
                           entry->plan->name, entry->plan->billing);
  }
  for (unsigned int i = 0; i < node->keys->len; i++) {
    const struct node *key = node->keys->pdata[i];
    const struct node *value = node->values->pdata[i];
    if (strcmp(key->text, "name") == 0 || strcmp(key->text, "plan") == 0 ||
        strcmp(key->text, "region") == 0) {
      continue;
    }
    const struct billing_field *field = find_field(kind->fields, key->text);
    if (field == NULL) {
      return refuse_key(document, key, kind->fields, true, entry->plan->name, error);
    }
    if (!(field->group != NULL
              ? read_group(scenario, document, value, field, entry, error)
              : read_number(scenario, document, value, field, key->text, entry, error))) {
      return false;
    }
  }
  return true;
}

static const struct plan *read_plan(const struct scenario *scenario,
                                    const struct document *document, const struct node *node,
                                    GError **error)
{
  const struct node *plan = node_find(node, "plan");
  if (plan == NULL) {
    document_refuse(document, node, error, "'plan' is missing");
    return NULL;
  }
  const char *name = document_text(document, plan, "plan", error);
  if (name == NULL) {
    return NULL;
  }
  const struct plan *found = catalogue_plan(scenario->catalogue, name);
  if (found == NULL) {
    const char *nearest = catalogue_nearest_plan(scenario->catalogue, name);
    if (nearest != NULL) {
      document_refuse(document, plan, error, "unknown plan '%s', did you mean '%s'?", name,
                      nearest);
    } else {
      document_refuse(document, plan, error, "unknown plan '%s'", name);
    }
  }
  return found;
}

static bool is_region_of_any(const struct catalogue *catalogue, const char *region)
{
  for (unsigned int i = 0; i < catalogue->clouds->len; i++) {
    const struct cloud *cloud = catalogue->clouds->pdata[i];
    if (g_hash_table_contains(cloud->regions, region)) {
      return true;
    }
  }
  return false;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool refuse_region(const struct catalogue *catalogue, const struct document *document,
                          const struct node *region, const char *cloud_name, GError **error)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new();
  for (unsigned int i = 0; i < catalogue->clouds->len; i++) {
    const struct cloud *cloud = catalogue->clouds->pdata[i];
    GHashTableIter iterator;
    gpointer name = NULL;
    g_hash_table_iter_init(&iterator, cloud->regions);
    while ((cloud_name == NULL || strcmp(cloud->name, cloud_name) == 0) &&
           g_hash_table_iter_next(&iterator, &name, NULL)) {
      g_ptr_array_add(names, name);
    }
  }
  g_ptr_array_sort(names, compare_names);
  const char *nearest = nearest_name(region->text, (const char *const *)names->pdata, names->len);
  g_ptr_array_add(names, NULL);
  g_autofree char *list = g_strjoinv(", ", (char **)names->pdata);
  return document_refuse(
      document, region, error, "no prices for region '%s'%s%s%s%s%s", region->text,
      cloud_name != NULL ? " of " : "", cloud_name != NULL ? cloud_name : "",
      nearest != NULL ? ", did you mean '" : ", known: ", nearest != NULL ? nearest : list,
      nearest != NULL ? "'?" : "");
}

/* The line's own region; else the scenario's when the plan's cloud has it; else the cloud's. */
static const char *choose_region(struct scenario *scenario, const struct document *document,
                                 const struct node *node, const struct plan *plan, GError **error)
{
  const struct cloud *cloud = catalogue_cloud(scenario->catalogue, plan->cloud);
  const struct node *own = node_find(node, "region");
  const struct node *common = node_find(document->root, "region");
  if (own != NULL) {
    if (document_text(document, own, "region", error) == NULL) {
      return NULL;
    }
    if (!g_hash_table_contains(cloud->regions, own->text)) {
      refuse_region(scenario->catalogue, document, own, cloud->name, error);
      return NULL;
    }
    return own->text;
  }
  if (common == NULL) {
    return cloud->default_region;
  }
  if (!g_hash_table_contains(cloud->regions, common->text)) {
    g_ptr_array_add(scenario->warnings,
                    g_strdup_printf("'%s' is no region of %s: its lines are priced in %s",
                                    common->text, cloud->name, cloud->default_region));
    return cloud->default_region;
  }
  return common->text;
}

static bool read_entry(struct scenario *scenario, const struct document *document,
                       enum section section, const struct node *node, unsigned int position,
                       GError **error)
{
  if (!document_expect(document, node, NODE_MAPPING, "an entry", error)) {
    return false;
  }
  const struct plan *plan = read_plan(scenario, document, node, error);
  const char *region = plan == NULL ? NULL : choose_region(scenario, document, node, plan, error);
  if (region == NULL) {
    return false;
  }
  const struct node *name = node_find(node, "name");
  if (name != NULL && document_text(document, name, "name", error) == NULL) {
    return false;
  }
  g_autofree char *number = g_strdup_printf("%s-%u", section_names[section], position + 1);
  struct entry *entry = entry_new(section, name != NULL ? name->text : number, plan, region);
  entry->line = node->line;
  entry->column = node->column;
  g_ptr_array_add(scenario->entries, entry);
  return read_values(scenario, document, node, entry, error);
}

static bool read_section(struct scenario *scenario, const struct document *document,
                         enum section section, GError **error)
{
  const struct node *list = node_find(document->root, section_names[section]);
  if (list == NULL || (list->kind == NODE_SCALAR && list->text[0] == '\0')) {
    return true; /* not there, or all its entries are commented out */
  }
  if (!document_expect(document, list, NODE_SEQUENCE, section_names[section], error)) {
    return false;
  }
  for (unsigned int i = 0; i < list->values->len; i++) {
    if (!read_entry(scenario, document, section, list->values->pdata[i], i, error)) {
      return false;
    }
  }
  return true;
}

static bool read_period(struct scenario *scenario, const struct document *document, GError **error)
{
  const struct node *days = node_find(document->root, "days");
  const struct node *hours = node_find(document->root, "hours");
  if (days != NULL && hours != NULL) {
    return document_refuse(document, hours, error, "days and hours exclude each other");
  }
  if (days != NULL) {
    const struct decimal *value =
        document_number(document, days, "days", "0", "366", scenario->pool, error);
    if (value == NULL) {
      return false;
    }
    scenario->hours = decimal_multiply(scenario->pool, value, decimal_from_int(scenario->pool, 24));
  } else if (hours != NULL) {
    scenario->hours = document_number(document, hours, "hours", "0", "8784", scenario->pool, error);
  }
  if (scenario->hours != NULL && decimal_sign(scenario->hours) == 0) {
    return document_refuse(document, days != NULL ? days : hours, error,
                           "the period must be longer than 0");
  }
  return scenario->hours != NULL;
}

static bool read_head(struct scenario *scenario, const struct document *document, GError **error)
{
  static const char *const keys[] = {"version",        "days",     "hours",
                                     "free_tier",      "region",   "functions",
                                     "infrastructure", "baseline", NULL};
  if (!document_check_keys(document, document->root, keys, error) ||
      !read_period(scenario, document, error)) {
    return false;
  }
  const struct node *free_tier = node_find(document->root, "free_tier");
  if (free_tier != NULL &&
      !document_boolean(document, free_tier, "free_tier", &scenario->has_free_tier, error)) {
    return false;
  }
  const struct node *region = node_find(document->root, "region");
  if (region != NULL) {
    if (document_text(document, region, "region", error) == NULL) {
      return false;
    }
    if (!is_region_of_any(scenario->catalogue, region->text)) {
      return refuse_region(scenario->catalogue, document, region, NULL, error);
    }
  }
  return true;
}

static struct scenario *scenario_load(const struct catalogue *catalogue,
                                      const struct document *document, GError **error)
{
  g_autoptr(scenario_t) scenario = scenario_new(catalogue);
  g_free(scenario->name);
  scenario->name = g_strdup(document->name);
  if (!read_head(scenario, document, error)) {
    return NULL;
  }
  for (int section = 0; section < N_SECTIONS; section++) {
    if (!read_section(scenario, document, (enum section)section, error)) {
      return NULL;
    }
  }
  return g_steal_pointer(&scenario);
}

struct scenario *scenario_read(const struct catalogue *catalogue, const char *path, GError **error)
{
  g_autoptr(document_t) document = document_read(path, error);
  return document == NULL ? NULL : scenario_load(catalogue, document, error);
}

struct scenario *scenario_parse(const struct catalogue *catalogue, const char *text, gsize length,
                                const char *name, GError **error)
{
  g_autoptr(document_t) document = document_parse(text, length, name, error);
  return document == NULL ? NULL : scenario_load(catalogue, document, error);
}
