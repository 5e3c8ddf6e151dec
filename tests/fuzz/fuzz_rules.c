/* A file of rules or models of any bytes is read whole or refused with a message that names it, and
 * its expressions match in bounded time. Input: the file. */
#include <string.h>

#include "analyzer/models.h"
#include "analyzer/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static guint count(const struct rules *rules)
{
  return rules->entries->len + rules->effects->len + rules->spans->len + rules->storages->len +
         rules->serving->len;
}

/* Names that catch an expression which tries every way. */
static void try_pattern(const struct pattern *pattern)
{
  static const char *const names[] = {"",
                                      "main",
                                      "pthread_mutex_lock",
                                      "/a/b",
                                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
                                      "\xff\xfe",
                                      "BEGIN; COMMIT"};
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
    pattern_matches(pattern, names[i]);
}

static void try_all(const struct rules *rules, const struct models *models)
{
  for (guint i = 0; i < rules->entries->len; i++) {
    const struct entry_rule *rule = g_ptr_array_index(rules->entries, i);
    g_assert_nonnull(rule->trigger);
    try_pattern(rule->call);
    try_pattern(rule->key);
    try_pattern(rule->routine);
  }
  for (guint i = 0; i < rules->effects->len; i++)
    try_pattern(((const struct effect_rule *)g_ptr_array_index(rules->effects, i))->call);
  for (guint i = 0; i < rules->spans->len; i++)
    try_pattern(((const struct span_rule *)g_ptr_array_index(rules->spans, i))->begin);
  for (guint i = 0; i < models->models->len; i++)
    try_pattern(((const struct model *)g_ptr_array_index(models->models, i))->routine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char good[] = "version: 1\nserving:\n  - {call: \"^accept$\"}\n";
  g_autofree char *text = g_strndup((const char *)data, size);
  g_autoptr(rules_owner) rules = rules_new();
  g_autoptr(models_owner) models = models_new();
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) why = NULL;
  g_assert_true(rules_read_text(rules, "good.yaml", good, NULL));
  guint n = count(rules);
  bool is_read = rules_read_text(rules, "rules.yaml", text, &error);
  g_assert_true(is_read == (error == NULL));
  g_assert_true(is_read || (count(rules) == n && strstr(error->message, "rules.yaml") != NULL));
  is_read = models_read_text(models, "models.yaml", text, &why);
  g_assert_true(is_read == (why == NULL));
  g_assert_true(is_read || strstr(why->message, "models.yaml") != NULL);
  try_all(rules, models);
  return 0;
}
