#include "cost/workload.h"

#include <string.h>

#include "cost/document.h"

/* Relative load per hour, UTC. office: people at work; evening: people at home; night: batch. */
static const struct shape shapes[] = {
    {"flat", {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"office", {1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 19, 18, 14, 16, 18, 18, 16, 12, 7, 5, 4, 3, 2, 1}},
    {"evening", {4, 2, 1, 1, 1, 1, 2, 4, 5, 6, 7, 8, 9, 9, 9, 9, 10, 12, 15, 18, 20, 19, 14, 8}},
    {"night", {16, 18, 20, 18, 14, 8, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 8, 12}},
};

static const char *const entry_keys[] = {"per_day",    "day_shape",   "week",
                                         "burst",      "duration_ms", "memory_mb",
                                         "payload_kb", "cpu_share",   NULL};

static void entry_clear(gpointer data)
{
  struct workload_entry *entry = data;
  g_free(entry->name);
  g_free(entry);
}

void workload_free(struct workload *workload)
{
  if (workload == NULL) {
    return;
  }
  g_free(workload->name);
  g_ptr_array_unref(workload->entries);
  g_free(workload);
}

const struct shape *shape_find(const char *name)
{
  for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
    if (strcmp(shapes[i].name, name) == 0) {
      return &shapes[i];
    }
  }
  return NULL;
}

static bool read_one(const struct document *document, const struct node *node, const char *what,
                     const char *minimum, const char *maximum, double *value, GError **error)
{
  g_autoptr(decimal_pool_t) pool = decimal_pool_new();
  const struct decimal *number =
      document_number(document, node, what, minimum, maximum, pool, error);
  if (number != NULL) {
    *value = decimal_to_double(number);
  }
  return number != NULL;
}

/* A number, or [low, likely, high]. */
static bool read_range(const struct document *document, const struct node *node, const char *what,
                       const char *minimum, const char *maximum, struct range *range,
                       GError **error)
{
  double values[3];
  if (node->kind != NODE_SEQUENCE) {
    if (!read_one(document, node, what, minimum, maximum, &values[0], error)) {
      return false;
    }
    *range = range_exact(values[0]);
    return true;
  }
  if (node->values->len != 3) {
    return document_refuse(document, node, error, "%s must be a number or [low, likely, high]",
                           what);
  }
  for (unsigned int i = 0; i < 3; i++) {
    if (!read_one(document, node->values->pdata[i], what, minimum, maximum, &values[i], error)) {
      return false;
    }
  }
  if (values[0] > values[1] || values[1] > values[2]) {
    return document_refuse(document, node, error, "%s must rise: [low, likely, high]", what);
  }
  *range = (struct range){values[0], values[1], values[2]};
  return true;
}

static bool read_optional_range(const struct document *document, const struct node *mapping,
                                const char *key, const char *minimum, const char *maximum,
                                bool *is_there, struct range *range, GError **error)
{
  const struct node *node = node_find(mapping, key);
  *is_there = node != NULL;
  return node == NULL || read_range(document, node, key, minimum, maximum, range, error);
}

static bool read_shape(const struct document *document, const struct node *mapping,
                       struct workload_entry *entry, GError **error)
{
  const struct node *day = node_find(mapping, "day_shape");
  const struct node *week = node_find(mapping, "week");
  const struct node *burst = node_find(mapping, "burst");
  entry->shape = &shapes[0];
  entry->burst = 1.0;
  if (day != NULL) {
    const char *name = document_text(document, day, "day_shape", error);
    if (name == NULL) {
      return false;
    }
    entry->shape = shape_find(name);
    if (entry->shape == NULL) {
      return document_refuse(document, day, error,
                             "day_shape must be flat, office, evening or night, not '%s'", name);
    }
  }
  if (week != NULL) {
    const char *name = document_text(document, week, "week", error);
    if (name == NULL) {
      return false;
    }
    entry->is_workdays = strcmp(name, "workdays") == 0;
    if (!entry->is_workdays && strcmp(name, "flat") != 0) {
      return document_refuse(document, week, error, "week must be flat or workdays, not '%s'",
                             name);
    }
  }
  return burst == NULL || read_one(document, burst, "burst", "1", "1000", &entry->burst, error);
}

static bool read_entry(const struct document *document, const struct node *key,
                       const struct node *mapping, struct workload *workload, GError **error)
{
  if (!document_expect(document, mapping, NODE_MAPPING, key->text, error) ||
      !document_check_keys(document, mapping, entry_keys, error)) {
    return false;
  }
  const struct node *per_day = node_find(mapping, "per_day");
  if (per_day == NULL) {
    return document_refuse(document, key, error, "'%s' has no per_day", key->text);
  }
  struct workload_entry *entry = g_new0(struct workload_entry, 1);
  g_ptr_array_add(workload->entries, entry);
  entry->name = g_strdup(key->text);
  entry->line = key->line;
  return read_range(document, per_day, "per_day", "0", "1e12", &entry->per_day, error) &&
         read_optional_range(document, mapping, "duration_ms", "0", "900000", &entry->has_duration,
                             &entry->duration_ms, error) &&
         read_optional_range(document, mapping, "memory_mb", "1", "1e6", &entry->has_memory,
                             &entry->memory_mb, error) &&
         read_optional_range(document, mapping, "payload_kb", "0", "1e6", &entry->has_payload,
                             &entry->payload_kb, error) &&
         read_optional_range(document, mapping, "cpu_share", "0", "1", &entry->has_cpu_share,
                             &entry->cpu_share, error) &&
         read_shape(document, mapping, entry, error);
}

static bool read_objective(const struct document *document, struct workload *workload,
                           GError **error)
{
  static const char *const keys[] = {"p99_ms", "max_use", "survives", NULL};
  const struct node *objective = node_find(document->root, "objective");
  if (objective == NULL) {
    return true;
  }
  if (!document_expect(document, objective, NODE_MAPPING, "objective", error) ||
      !document_check_keys(document, objective, keys, error)) {
    return false;
  }
  const struct node *p99 = node_find(objective, "p99_ms");
  const struct node *use = node_find(objective, "max_use");
  const struct node *survives = node_find(objective, "survives");
  if (survives != NULL) {
    const char *what = document_text(document, survives, "survives", error);
    if (what == NULL) {
      return false;
    }
    workload->survives_zone = strcmp(what, "zone") == 0;
    if (!workload->survives_zone && strcmp(what, "instance") != 0) {
      return document_refuse(document, survives, error, "survives must be instance or zone");
    }
  }
  return (p99 == NULL ||
          read_one(document, p99, "p99_ms", "1", "3600000", &workload->p99_ms, error)) &&
         (use == NULL ||
          read_one(document, use, "max_use", "0.05", "0.99", &workload->max_use, error));
}

static bool read_head(const struct document *document, struct workload *workload, GError **error)
{
  static const char *const keys[] = {"version", "days",      "free_tier", "arm",
                                     "entries", "objective", NULL};
  if (!document_check_keys(document, document->root, keys, error)) {
    return false;
  }
  const struct node *days = node_find(document->root, "days");
  const struct node *free_tier = node_find(document->root, "free_tier");
  const struct node *arm = node_find(document->root, "arm");
  return (days == NULL || read_one(document, days, "days", "1", "31", &workload->days, error)) &&
         (free_tier == NULL ||
          document_boolean(document, free_tier, "free_tier", &workload->has_free_tier, error)) &&
         (arm == NULL || document_boolean(document, arm, "arm", &workload->is_arm_allowed, error));
}

static struct workload *workload_load(const struct document *document, GError **error)
{
  g_autoptr(workload_t) workload = g_new0(struct workload, 1);
  workload->name = g_strdup(document->name);
  workload->days = 30.0;
  workload->has_free_tier = true;
  workload->is_arm_allowed = true;
  workload->max_use = 0.7;
  workload->entries = g_ptr_array_new_with_free_func(entry_clear);
  if (!read_head(document, workload, error) || !read_objective(document, workload, error)) {
    return NULL;
  }
  const struct node *entries = node_find(document->root, "entries");
  if (entries == NULL) {
    document_refuse(document, document->root, error, "'entries' is missing");
    return NULL;
  }
  if (!document_expect(document, entries, NODE_MAPPING, "entries", error)) {
    return NULL;
  }
  for (unsigned int i = 0; i < entries->keys->len; i++) {
    if (!read_entry(document, entries->keys->pdata[i], entries->values->pdata[i], workload,
                    error)) {
      return NULL;
    }
  }
  return g_steal_pointer(&workload);
}

struct workload *workload_read(const char *path, GError **error)
{
  g_autoptr(document_t) document = document_read(path, error);
  return document == NULL ? NULL : workload_load(document, error);
}

struct workload *workload_parse(const char *text, gsize length, const char *name, GError **error)
{
  g_autoptr(document_t) document = document_parse(text, length, name, error);
  return document == NULL ? NULL : workload_load(document, error);
}

const struct workload_entry *workload_find(const struct workload *workload,
                                           const char *const *words, unsigned int n_words)
{
  for (unsigned int i = 0; i < workload->entries->len; i++) {
    const struct workload_entry *entry = workload->entries->pdata[i];
    for (unsigned int j = 0; j < n_words; j++) {
      if (g_pattern_match_simple(entry->name, words[j])) {
        return entry;
      }
    }
  }
  return NULL;
}

double workload_peak_factor(const struct workload_entry *entry)
{
  double highest = 0.0;
  double sum = 0.0;
  for (int hour = 0; hour < 24; hour++) {
    highest = MAX(highest, entry->shape->hours[hour]);
    sum += entry->shape->hours[hour];
  }
  double week = entry->is_workdays ? 7.0 / 5.0 : 1.0;
  return highest * 24.0 / sum * week * entry->burst;
}
