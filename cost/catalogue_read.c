/* Reads a catalogue file: sources, regions, meters, grants, plans and instance types. */
#include <string.h>

#include "cost/catalogue_internal.h"

typedef bool (*entry_reader)(struct reader *reader, const struct node *key,
                             const struct node *value, GError **error);

/* Calls read for each entry of the mapping below section, when the section is there. */
static bool read_section(struct reader *reader, const char *section, entry_reader read,
                         GError **error)
{
  const struct node *mapping = node_find(reader->document->root, section);
  if (mapping == NULL) {
    return true;
  }
  if (!document_expect(reader->document, mapping, NODE_MAPPING, section, error)) {
    return false;
  }
  for (unsigned int i = 0; i < mapping->keys->len; i++) {
    if (!read(reader, mapping->keys->pdata[i], mapping->values->pdata[i], error)) {
      return false;
    }
  }
  return true;
}

static bool read_source(struct reader *reader, const struct node *key, const struct node *value,
                        GError **error)
{
  static const char *const keys[] = {"title", "as_of", NULL};
  if (!document_expect(reader->document, value, NODE_MAPPING, key->text, error) ||
      !document_check_keys(reader->document, value, keys, error)) {
    return false;
  }
  const struct node *title = node_find(value, "title");
  const struct node *as_of = node_find(value, "as_of");
  if (title == NULL || as_of == NULL) {
    return document_refuse(reader->document, key, error, "source '%s' needs title and as_of",
                           key->text);
  }
  if (document_text(reader->document, title, "title", error) == NULL ||
      document_text(reader->document, as_of, "as_of", error) == NULL) {
    return false;
  }
  struct price_source *source = g_new0(struct price_source, 1);
  source->id = g_strdup(key->text);
  source->title = g_strdup(title->text);
  source->as_of = g_strdup(as_of->text);
  g_ptr_array_add(reader->catalogue->sources, source);
  g_hash_table_replace(reader->sources, source->id, source);
  return true;
}

static bool read_regions(struct reader *reader, GError **error)
{
  const struct node *list = node_find(reader->document->root, "regions");
  if (list == NULL) {
    return true;
  }
  if (!document_expect(reader->document, list, NODE_SEQUENCE, "regions", error)) {
    return false;
  }
  for (unsigned int i = 0; i < list->values->len; i++) {
    const char *region = document_text(reader->document, list->values->pdata[i], "a region", error);
    if (region == NULL) {
      return false;
    }
    g_hash_table_add(reader->cloud->regions, g_strdup(region));
  }
  return true;
}

static bool read_group(struct reader *reader, const struct node *key, const struct node *value,
                       GError **error)
{
  if (!document_expect(reader->document, value, NODE_SEQUENCE, key->text, error)) {
    return false;
  }
  GHashTable *group = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_replace(reader->cloud->groups, g_strdup(key->text), group);
  for (unsigned int i = 0; i < value->values->len; i++) {
    const char *region =
        document_text(reader->document, value->values->pdata[i], "a region", error);
    if (region == NULL) {
      return false;
    }
    g_hash_table_add(group, g_strdup(region));
    g_hash_table_add(reader->cloud->regions, g_strdup(region));
  }
  return true;
}

static struct cloud *find_or_add_cloud(struct catalogue *catalogue, const char *name,
                                       const char *default_region)
{
  for (unsigned int i = 0; i < catalogue->clouds->len; i++) {
    struct cloud *cloud = catalogue->clouds->pdata[i];
    if (strcmp(cloud->name, name) == 0) {
      return cloud;
    }
  }
  struct cloud *cloud = g_new0(struct cloud, 1);
  cloud->name = g_strdup(name);
  cloud->default_region = g_strdup(default_region);
  cloud->regions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  cloud->groups =
      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
  g_ptr_array_add(catalogue->clouds, cloud);
  return cloud;
}

static bool read_cloud(struct reader *reader, GError **error)
{
  const struct document *document = reader->document;
  const struct node *name = node_find(document->root, "cloud");
  const struct node *region = node_find(document->root, "default_region");
  if (name == NULL) {
    return document_refuse(document, document->root, error, "'cloud' is missing");
  }
  if (document_text(document, name, "cloud", error) == NULL ||
      (region != NULL && document_text(document, region, "default_region", error) == NULL)) {
    return false;
  }
  if (region == NULL && catalogue_cloud(reader->catalogue, name->text) == NULL) {
    return document_refuse(document, name, error, "'default_region' is missing");
  }
  reader->cloud =
      find_or_add_cloud(reader->catalogue, name->text, region != NULL ? region->text : NULL);
  if (!read_regions(reader, error) || !read_section(reader, "groups", read_group, error)) {
    return false;
  }
  if (!g_hash_table_contains(reader->cloud->regions, reader->cloud->default_region)) {
    return document_refuse(document, region != NULL ? region : name, error,
                           "the default region '%s' is not one of the regions",
                           reader->cloud->default_region);
  }
  return true;
}

static bool read_meter(struct reader *reader, const struct node *key, const struct node *value,
                       GError **error)
{
  static const char *const keys[] = {"unit", "per", "prices", NULL};
  const struct document *document = reader->document;
  if (!document_expect(document, value, NODE_MAPPING, key->text, error) ||
      !document_check_keys(document, value, keys, error)) {
    return false;
  }
  const struct node *unit = node_find(value, "unit");
  const struct node *per = node_find(value, "per");
  const struct node *prices = node_find(value, "prices");
  if (unit == NULL) {
    return document_refuse(document, key, error, "meter '%s' has no unit", key->text);
  }
  if (prices == NULL) {
    return document_refuse(document, key, error, "meter '%s' has no prices", key->text);
  }
  const struct decimal *divisor = per == NULL
                                      ? decimal_from_int(reader->catalogue->pool, 1)
                                      : document_number(document, per, "per", "1", MAX_QUANTITY,
                                                        reader->catalogue->pool, error);
  if (divisor == NULL || document_text(document, unit, "unit", error) == NULL ||
      !document_expect(document, prices, NODE_MAPPING, "prices", error)) {
    return false;
  }
  struct meter *meter = reader_find_or_add_meter(reader, key, unit->text, error);
  for (unsigned int i = 0; meter != NULL && i < prices->keys->len; i++) {
    if (!reader_read_price(reader, meter, prices->keys->pdata[i], prices->values->pdata[i], divisor,
                           error)) {
      return false;
    }
  }
  return meter != NULL;
}

static bool read_grant(struct reader *reader, const struct node *key, const struct node *value,
                       GError **error)
{
  static const char *const keys[] = {"quantity", "money", "meters", "source", NULL};
  const struct document *document = reader->document;
  if (!document_expect(document, value, NODE_MAPPING, key->text, error) ||
      !document_check_keys(document, value, keys, error)) {
    return false;
  }
  const struct node *quantity = node_find(value, "quantity");
  const struct node *money = node_find(value, "money");
  const struct node *meters = node_find(value, "meters");
  if ((quantity == NULL) == (money == NULL) || meters == NULL) {
    return document_refuse(document, key, error, "grant '%s' needs quantity or money, and meters",
                           key->text);
  }
  const struct price_source *source = reader_find_source(reader, value, key, error);
  if (source == NULL || !document_expect(document, meters, NODE_SEQUENCE, "meters", error)) {
    return false;
  }
  const struct decimal *amount =
      document_number(document, quantity != NULL ? quantity : money, "a grant", "0", MAX_QUANTITY,
                      reader->catalogue->pool, error);
  if (amount == NULL) {
    return false;
  }
  struct grant *grant = g_new0(struct grant, 1);
  grant->id = g_strdup(key->text);
  grant->is_money = money != NULL;
  grant->amount = amount;
  grant->source = source;
  grant->file = g_strdup(document->name);
  grant->line = key->line;
  grant->meters = g_ptr_array_new_with_free_func(g_free);
  g_hash_table_replace(reader->catalogue->grants, grant->id, grant);
  for (unsigned int i = 0; i < meters->values->len; i++) {
    const char *meter = document_text(document, meters->values->pdata[i], "a meter", error);
    if (meter == NULL) {
      return false;
    }
    g_ptr_array_add(grant->meters, g_strdup(meter));
  }
  return true;
}

static struct plan *add_plan(struct reader *reader, const struct node *key, const char *billing)
{
  struct plan *plan = g_new0(struct plan, 1);
  plan->name = g_strdup(key->text);
  plan->cloud = g_strdup(reader->cloud->name);
  plan->billing = g_strdup(billing);
  plan->roles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  plan->rules = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  plan->sizes = g_ptr_array_new();
  plan->note = g_strdup("");
  plan->file = g_strdup(reader->document->name);
  plan->line = key->line;
  g_hash_table_replace(reader->catalogue->plans, plan->name, plan);
  return plan;
}

static bool read_roles(struct reader *reader, struct plan *plan, const struct node *node,
                       GError **error)
{
  if (!document_expect(reader->document, node, NODE_MAPPING, "meters", error)) {
    return false;
  }
  for (unsigned int i = 0; i < node->keys->len; i++) {
    const struct node *role = node->keys->pdata[i];
    const char *meter = document_text(reader->document, node->values->pdata[i], "a meter", error);
    if (meter == NULL) {
      return false;
    }
    g_hash_table_replace(plan->roles, g_strdup(role->text), g_strdup(meter));
  }
  return true;
}

static bool read_rules(struct reader *reader, struct plan *plan, const struct node *node,
                       GError **error)
{
  if (!document_expect(reader->document, node, NODE_MAPPING, "rules", error)) {
    return false;
  }
  for (unsigned int i = 0; i < node->keys->len; i++) {
    const struct node *rule = node->keys->pdata[i];
    const struct decimal *value =
        document_number(reader->document, node->values->pdata[i], rule->text, "0", MAX_QUANTITY,
                        reader->catalogue->pool, error);
    if (value == NULL) {
      return false;
    }
    g_hash_table_replace(plan->rules, g_strdup(rule->text), (gpointer)value);
  }
  return true;
}

static bool read_sizes(struct reader *reader, struct plan *plan, const struct node *node,
                       GError **error)
{
  if (!document_expect(reader->document, node, NODE_SEQUENCE, "sizes", error)) {
    return false;
  }
  for (unsigned int i = 0; i < node->values->len; i++) {
    const struct node *item = node->values->pdata[i];
    const struct decimal *size = document_number(reader->document, item, "a size", "1", "1e9",
                                                 reader->catalogue->pool, error);
    if (size == NULL) {
      return false;
    }
    if (i > 0 && decimal_compare(size, plan->sizes->pdata[i - 1]) <= 0) {
      return document_refuse(reader->document, item, error, "sizes must rise");
    }
    g_ptr_array_add(plan->sizes, (gpointer)size);
  }
  return true;
}

static bool read_note(struct reader *reader, struct plan *plan, const struct node *value,
                      GError **error)
{
  const struct node *note = node_find(value, "note");
  if (note == NULL) {
    return true;
  }
  if (document_text(reader->document, note, "note", error) == NULL) {
    return false;
  }
  g_free(plan->note);
  plan->note = g_strdup(note->text);
  return true;
}

static bool read_plan(struct reader *reader, const struct node *key, const struct node *value,
                      GError **error)
{
  static const char *const keys[] = {"billing", "meters", "rules", "sizes", "note", NULL};
  const struct document *document = reader->document;
  if (!document_expect(document, value, NODE_MAPPING, key->text, error) ||
      !document_check_keys(document, value, keys, error)) {
    return false;
  }
  const struct node *billing = node_find(value, "billing");
  const struct node *meters = node_find(value, "meters");
  const struct node *rules = node_find(value, "rules");
  const struct node *sizes = node_find(value, "sizes");
  if (billing == NULL || meters == NULL) {
    return document_refuse(document, key, error, "plan '%s' needs billing and meters", key->text);
  }
  if (document_text(document, billing, "billing", error) == NULL) {
    return false;
  }
  struct plan *plan = add_plan(reader, key, billing->text);
  return read_roles(reader, plan, meters, error) &&
         (rules == NULL || read_rules(reader, plan, rules, error)) &&
         (sizes == NULL || read_sizes(reader, plan, sizes, error)) &&
         read_note(reader, plan, value, error);
}

/* A machine on sale by the hour: a meter and a plan of the same name in one entry. */
static bool read_instance(struct reader *reader, const struct node *key, const struct node *value,
                          GError **error)
{
  static const char *const keys[] = {"rules", "prices", "note", NULL};
  const struct document *document = reader->document;
  if (!document_expect(document, value, NODE_MAPPING, key->text, error) ||
      !document_check_keys(document, value, keys, error)) {
    return false;
  }
  const struct node *prices = node_find(value, "prices");
  const struct node *rules = node_find(value, "rules");
  if (prices == NULL || rules == NULL) {
    return document_refuse(document, key, error, "instance '%s' needs rules and prices", key->text);
  }
  if (!document_expect(document, prices, NODE_MAPPING, "prices", error)) {
    return false;
  }
  struct meter *meter = reader_find_or_add_meter(reader, key, "instance-hour", error);
  const struct decimal *one = decimal_from_int(reader->catalogue->pool, 1);
  for (unsigned int i = 0; meter != NULL && i < prices->keys->len; i++) {
    if (!reader_read_price(reader, meter, prices->keys->pdata[i], prices->values->pdata[i], one,
                           error)) {
      return false;
    }
  }
  if (meter == NULL) {
    return false;
  }
  struct plan *plan = add_plan(reader, key, "instance");
  g_hash_table_replace(plan->roles, g_strdup("instance"), g_strdup(key->text));
  return read_rules(reader, plan, rules, error) && read_note(reader, plan, value, error);
}

static bool read_document(struct catalogue *catalogue, const struct document *document,
                          GError **error)
{
  static const char *const keys[] = {"version", "cloud",  "default_region", "regions",   "groups",
                                     "sources", "meters", "grants",         "instances", "plans",
                                     NULL};
  g_autoptr(GHashTable) sources = g_hash_table_new(g_str_hash, g_str_equal);
  struct reader reader = {.catalogue = catalogue, .document = document, .sources = sources};
  return document_check_keys(document, document->root, keys, error) && read_cloud(&reader, error) &&
         read_section(&reader, "sources", read_source, error) &&
         read_section(&reader, "meters", read_meter, error) &&
         read_section(&reader, "grants", read_grant, error) &&
         read_section(&reader, "instances", read_instance, error) &&
         read_section(&reader, "plans", read_plan, error);
}

bool catalogue_read(struct catalogue *catalogue, const char *path, GError **error)
{
  g_autoptr(document_t) document = document_read(path, error);
  return document != NULL && read_document(catalogue, document, error);
}

bool catalogue_read_text(struct catalogue *catalogue, const char *text, gsize length,
                         const char *name, GError **error)
{
  g_autoptr(document_t) document = document_parse(text, length, name, error);
  return document != NULL && read_document(catalogue, document, error);
}
