#include "analyzer/rules.h"
#include "analyzer/data_files.h"
#include "base/yaml.h"

#include <string.h>

#define LAST_ARGUMENT 31

/* One reading of one file: where we are, and what was found so far. */
struct reader {
  const struct yaml_file *file;
  struct rules *rules;
};

static void condition_free(gpointer data)
{
  struct rule_condition *condition = data;
  pattern_free(condition->matches);
  g_free(condition);
}

static void entry_rule_free(gpointer data)
{
  struct entry_rule *rule = data;
  g_free(rule->id);
  g_free(rule->trigger);
  g_free(rule->fixed_key);
  struct pattern *patterns[] = {rule->key,       rule->call,    rule->handler_field,
                                rule->key_field, rule->record,  rule->method_field,
                                rule->object,    rule->file,    rule->compare,
                                rule->subject,   rule->routine, rule->signature};
  for (size_t i = 0; i < G_N_ELEMENTS(patterns); i++)
    pattern_free(patterns[i]);
  g_clear_pointer(&rule->conditions, g_ptr_array_unref);
  g_free(rule);
}

static void effect_rule_free(gpointer data)
{
  struct effect_rule *rule = data;
  g_free(rule->effect);
  pattern_free(rule->call);
  pattern_free(rule->variable);
  g_clear_pointer(&rule->conditions, g_ptr_array_unref);
  g_free(rule);
}

static void span_rule_free(gpointer data)
{
  struct span_rule *rule = data;
  g_free(rule->kind);
  pattern_free(rule->begin);
  pattern_free(rule->end);
  pattern_free(rule->begin_text);
  pattern_free(rule->end_text);
  g_free(rule);
}

static void storage_rule_free(gpointer data)
{
  struct storage_rule *rule = data;
  g_free(rule->storage);
  g_free(rule->mode);
  pattern_free(rule->call);
  g_free(rule);
}

struct rules *rules_new(void)
{
  struct rules *rules = g_new0(struct rules, 1);
  rules->entries = g_ptr_array_new_with_free_func(entry_rule_free);
  rules->effects = g_ptr_array_new_with_free_func(effect_rule_free);
  rules->spans = g_ptr_array_new_with_free_func(span_rule_free);
  rules->storages = g_ptr_array_new_with_free_func(storage_rule_free);
  rules->serving = g_ptr_array_new_with_free_func(effect_rule_free);
  return rules;
}

void rules_free(struct rules *rules)
{
  if (rules == NULL)
    return;
  g_ptr_array_unref(rules->entries);
  g_ptr_array_unref(rules->effects);
  g_ptr_array_unref(rules->spans);
  g_ptr_array_unref(rules->storages);
  g_ptr_array_unref(rules->serving);
  g_free(rules);
}

/* Reads an optional expression. */
static bool read_pattern(const struct reader *reader, struct yaml_node *map, const char *key,
                         struct pattern **pattern, GError **error)
{
  struct yaml_node *node = yaml_get(map, key);
  if (node == NULL)
    return true;
  g_autofree char *text = NULL;
  if (!yaml_text(reader->file, node, &text, error))
    return false;
  g_autofree char *message = NULL;
  struct pattern *made = pattern_new(text, &message);
  if (made == NULL)
    return yaml_refuse(reader->file, node, error, "%s", message);
  pattern_free(*pattern); /* an inner key says more than an outer one */
  *pattern = made;
  return true;
}

static bool read_text(const struct reader *reader, struct yaml_node *map, const char *key,
                      bool is_required, char **text, GError **error)
{
  struct yaml_node *node = yaml_get(map, key);
  if (node == NULL)
    return !is_required || yaml_refuse(reader->file, map, error, "'%s' is missing", key);
  if (!yaml_text(reader->file, node, text, error))
    return false;
  if (**text == '\0')
    return yaml_refuse(reader->file, node, error, "'%s' is empty", key);
  return true;
}

static bool read_argument(const struct reader *reader, struct yaml_node *map, const char *key,
                          int *argument, GError **error)
{
  *argument = RULE_NO_ARGUMENT;
  struct yaml_node *node = yaml_get(map, key);
  int64_t value = RULE_NO_ARGUMENT;
  if (node != NULL && !yaml_integer(reader->file, node, 0, LAST_ARGUMENT, &value, error))
    return false;
  *argument = (int)value;
  return true;
}

static bool read_condition(const struct reader *reader, struct yaml_node *node,
                           GPtrArray *conditions, GError **error)
{
  static const char *const keys[] = {"argument", "bits", "matches", "absent", NULL};
  if (!yaml_check_keys(reader->file, node, keys, error))
    return false;
  struct rule_condition *condition = g_new0(struct rule_condition, 1);
  g_ptr_array_add(conditions, condition);
  if (!read_argument(reader, node, "argument", &condition->argument, error) ||
      !read_pattern(reader, node, "matches", &condition->matches, error))
    return false;
  if (condition->argument == RULE_NO_ARGUMENT)
    return yaml_refuse(reader->file, node, error, "'argument' is missing");
  struct yaml_node *bits = yaml_get(node, "bits");
  if (bits != NULL && !yaml_integer(reader->file, bits, 1, G_MAXINT64, &condition->bits, error))
    return false;
  if ((bits == NULL) == (condition->matches == NULL))
    return yaml_refuse(reader->file, node, error, "one of 'bits' and 'matches' is expected");
  struct yaml_node *absent = yaml_get(node, "absent");
  return absent == NULL || yaml_boolean(reader->file, absent, &condition->is_absent, error);
}

static bool read_conditions(const struct reader *reader, struct yaml_node *map,
                            GPtrArray **conditions, GError **error)
{
  *conditions = g_ptr_array_new_with_free_func(condition_free);
  struct yaml_node *list = yaml_get(map, "when");
  if (list == NULL)
    return true;
  if (!yaml_is_sequence(list))
    return yaml_refuse(reader->file, list, error, "'when' must be a list");
  for (size_t i = 0; i < yaml_count(list); i++) {
    if (!read_condition(reader, yaml_item(list, i), *conditions, error))
      return false;
  }
  return true;
}

static bool read_minimum(const struct reader *reader, struct yaml_node *map, int64_t usual,
                         struct entry_rule *rule, GError **error)
{
  int64_t minimum = usual;
  struct yaml_node *node = yaml_get(map, "minimum");
  if (node != NULL && !yaml_integer(reader->file, node, 1, 1000, &minimum, error))
    return false;
  rule->minimum = (int)minimum;
  return true;
}

static bool read_table_rule(const struct reader *reader, struct yaml_node *table,
                            struct entry_rule *rule, GError **error)
{
  static const char *const keys[] = {"key_field", "key",    "handler_field", "method_field",
                                     "record",    "object", "minimum",       "file",
                                     "routine",   NULL};
  rule->kind = ENTRY_RULE_TABLE;
  return yaml_check_keys(reader->file, table, keys, error) &&
         read_pattern(reader, table, "key_field", &rule->key_field, error) &&
         read_pattern(reader, table, "key", &rule->key, error) &&
         read_pattern(reader, table, "handler_field", &rule->handler_field, error) &&
         read_pattern(reader, table, "method_field", &rule->method_field, error) &&
         read_pattern(reader, table, "record", &rule->record, error) &&
         read_pattern(reader, table, "object", &rule->object, error) &&
         read_pattern(reader, table, "routine", &rule->routine, error) &&
         read_pattern(reader, table, "file", &rule->file, error) &&
         read_minimum(reader, table, 1, rule, error);
}

static bool read_chain_rule(const struct reader *reader, struct yaml_node *chain,
                            enum entry_rule_kind kind, struct entry_rule *rule, GError **error)
{
  static const char *const keys[] = {"routine", "compare", "key", "subject",
                                     "minimum", "file",    NULL};
  rule->kind = kind;
  return yaml_check_keys(reader->file, chain, keys, error) &&
         read_pattern(reader, chain, "routine", &rule->routine, error) &&
         read_pattern(reader, chain, "compare", &rule->compare, error) &&
         read_pattern(reader, chain, "key", &rule->key, error) &&
         read_pattern(reader, chain, "subject", &rule->subject, error) &&
         read_pattern(reader, chain, "file", &rule->file, error) &&
         read_minimum(reader, chain, 3, rule, error);
}

static bool read_handler(const struct reader *reader, struct yaml_node *node,
                         struct entry_rule *rule, GError **error)
{
  struct yaml_node *handler = yaml_get(node, "handler");
  if (!read_argument(reader, node, "handler_arg", &rule->handler_argument, error))
    return false;
  if ((handler == NULL) == (rule->handler_argument == RULE_NO_ARGUMENT))
    return yaml_refuse(reader->file, node, error,
                       "one of 'handler_arg' and 'handler: caller' is expected");
  if (handler == NULL)
    return true;
  g_autofree char *word = NULL;
  if (!yaml_text(reader->file, handler, &word, error))
    return false;
  if (strcmp(word, "caller") == 0)
    rule->handler_argument = RULE_CALLER;
  else if (strcmp(word, "thread") == 0)
    rule->handler_argument = RULE_THREAD;
  else if (strcmp(word, "program") == 0)
    rule->handler_argument = RULE_PROGRAM;
  else
    return yaml_refuse(reader->file, handler, error,
                       "'handler' is a caller, a thread or a program");
  return true;
}

static bool read_call_rule(const struct reader *reader, struct yaml_node *node,
                           struct entry_rule *rule, GError **error)
{
  rule->kind = ENTRY_RULE_CALL;
  struct yaml_node *in_loop = yaml_get(node, "in_loop");
  struct yaml_node *called_back = yaml_get(node, "called_back");
  return read_pattern(reader, node, "call", &rule->call, error) &&
         read_handler(reader, node, rule, error) &&
         read_pattern(reader, node, "handler_field", &rule->handler_field, error) &&
         read_argument(reader, node, "key_arg", &rule->key_argument, error) &&
         read_argument(reader, node, "method_arg", &rule->method_argument, error) &&
         read_conditions(reader, node, &rule->conditions, error) &&
         read_pattern(reader, node, "record", &rule->record, error) &&
         (in_loop == NULL || yaml_boolean(reader->file, in_loop, &rule->is_in_loop, error)) &&
         (called_back == NULL ||
          yaml_boolean(reader->file, called_back, &rule->is_called_back, error));
}

static bool read_routine_rule(const struct reader *reader, struct yaml_node *node,
                              struct entry_rule *rule, GError **error)
{
  rule->kind = ENTRY_RULE_ROUTINE;
  return read_pattern(reader, node, "routine", &rule->routine, error) &&
         read_pattern(reader, node, "signature", &rule->signature, error) &&
         read_pattern(reader, node, "file", &rule->file, error);
}

static bool read_entry_kind(const struct reader *reader, struct yaml_node *node,
                            struct entry_rule *rule, GError **error)
{
  static const char *const kinds[] = {"call", "table", "compare", "switch", "routine"};
  const char *kind = NULL;
  for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
    if (yaml_get(node, kinds[i]) == NULL)
      continue;
    if (kind != NULL)
      return yaml_refuse(reader->file, node, error, "'%s' and '%s' exclude one another", kind,
                         kinds[i]);
    kind = kinds[i];
  }
  if (kind == NULL)
    return yaml_refuse(reader->file, node, error,
                       "one of call, table, compare, switch and routine is expected");
  struct yaml_node *inner = yaml_get(node, kind);
  if (strcmp(kind, "table") == 0)
    return read_table_rule(reader, inner, rule, error);
  if (strcmp(kind, "compare") == 0)
    return read_chain_rule(reader, inner, ENTRY_RULE_COMPARE, rule, error);
  if (strcmp(kind, "switch") == 0)
    return read_chain_rule(reader, inner, ENTRY_RULE_SWITCH, rule, error);
  if (strcmp(kind, "call") == 0)
    return read_call_rule(reader, node, rule, error);
  return read_routine_rule(reader, node, rule, error);
}

static bool read_entry(const struct reader *reader, struct yaml_node *node, GError **error)
{
  static const char *const keys[] = {
      "id",          "trigger",       "confidence", "key",     "key_text",   "call",
      "handler_arg", "handler_field", "handler",    "key_arg", "method_arg", "in_loop",
      "called_back", "record",        "when",       "table",   "compare",    "switch",
      "routine",     "signature",     "file",       NULL};
  if (!yaml_check_keys(reader->file, node, keys, error))
    return false;
  struct entry_rule *rule = g_new0(struct entry_rule, 1);
  g_ptr_array_add(reader->rules->entries, rule);
  rule->confidence = 0.9;
  rule->handler_argument = rule->key_argument = rule->method_argument = RULE_NO_ARGUMENT;
  struct yaml_node *confidence = yaml_get(node, "confidence");
  return read_text(reader, node, "id", true, &rule->id, error) &&
         read_text(reader, node, "trigger", true, &rule->trigger, error) &&
         read_text(reader, node, "key_text", false, &rule->fixed_key, error) &&
         (confidence == NULL ||
          yaml_number(reader->file, confidence, 0, 1, &rule->confidence, error)) &&
         read_pattern(reader, node, "key", &rule->key, error) &&
         read_entry_kind(reader, node, rule, error);
}

static bool read_effect(const struct reader *reader, struct yaml_node *node, GError **error)
{
  static const char *const keys[] = {"effect", "call", "variable", "when", NULL};
  if (!yaml_check_keys(reader->file, node, keys, error))
    return false;
  struct effect_rule *rule = g_new0(struct effect_rule, 1);
  g_ptr_array_add(reader->rules->effects, rule);
  if ((yaml_get(node, "call") == NULL) == (yaml_get(node, "variable") == NULL))
    return yaml_refuse(reader->file, node, error, "one of 'call' and 'variable' is expected");
  return read_text(reader, node, "effect", true, &rule->effect, error) &&
         read_pattern(reader, node, "call", &rule->call, error) &&
         read_pattern(reader, node, "variable", &rule->variable, error) &&
         read_conditions(reader, node, &rule->conditions, error);
}

static bool read_serving(const struct reader *reader, struct yaml_node *node, GError **error)
{
  static const char *const keys[] = {"call", "when", NULL};
  if (!yaml_check_keys(reader->file, node, keys, error))
    return false;
  struct effect_rule *rule = g_new0(struct effect_rule, 1);
  g_ptr_array_add(reader->rules->serving, rule);
  if (yaml_get(node, "call") == NULL)
    return yaml_refuse(reader->file, node, error, "'call' is missing");
  return read_pattern(reader, node, "call", &rule->call, error) &&
         read_conditions(reader, node, &rule->conditions, error);
}

static bool read_span(const struct reader *reader, struct yaml_node *node, GError **error)
{
  static const char *const keys[] = {"kind",    "begin",      "end",      "begin_arg",
                                     "end_arg", "begin_text", "end_text", NULL};
  if (!yaml_check_keys(reader->file, node, keys, error))
    return false;
  struct span_rule *rule = g_new0(struct span_rule, 1);
  g_ptr_array_add(reader->rules->spans, rule);
  if (yaml_get(node, "begin") == NULL || yaml_get(node, "end") == NULL)
    return yaml_refuse(reader->file, node, error, "'begin' and 'end' are expected");
  if (!read_text(reader, node, "kind", true, &rule->kind, error))
    return false;
  if (strcmp(rule->kind, "lock") != 0 && strcmp(rule->kind, "transaction") != 0)
    return yaml_refuse(reader->file, yaml_get(node, "kind"), error,
                       "'kind' is lock or transaction");
  return read_pattern(reader, node, "begin", &rule->begin, error) &&
         read_pattern(reader, node, "end", &rule->end, error) &&
         read_argument(reader, node, "begin_arg", &rule->begin_argument, error) &&
         read_argument(reader, node, "end_arg", &rule->end_argument, error) &&
         read_pattern(reader, node, "begin_text", &rule->begin_text, error) &&
         read_pattern(reader, node, "end_text", &rule->end_text, error);
}

static bool read_storage(const struct reader *reader, struct yaml_node *node, GError **error)
{
  static const char *const keys[] = {"storage", "call", "name_arg", "mode_arg", "mode", NULL};
  if (!yaml_check_keys(reader->file, node, keys, error))
    return false;
  struct storage_rule *rule = g_new0(struct storage_rule, 1);
  g_ptr_array_add(reader->rules->storages, rule);
  if (yaml_get(node, "call") == NULL || yaml_get(node, "name_arg") == NULL)
    return yaml_refuse(reader->file, node, error, "'call' and 'name_arg' are expected");
  if ((yaml_get(node, "mode") == NULL) == (yaml_get(node, "mode_arg") == NULL))
    return yaml_refuse(reader->file, node, error, "one of 'mode' and 'mode_arg' is expected");
  if (!read_text(reader, node, "storage", true, &rule->storage, error) ||
      !read_text(reader, node, "mode", false, &rule->mode, error))
    return false;
  if (strcmp(rule->storage, "file") != 0 && strcmp(rule->storage, "shm") != 0)
    return yaml_refuse(reader->file, yaml_get(node, "storage"), error, "'storage' is file or shm");
  static const char *const modes[] = {"read", "write", "both", NULL};
  if (rule->mode != NULL && !g_strv_contains(modes, rule->mode))
    return yaml_refuse(reader->file, yaml_get(node, "mode"), error,
                       "'mode' is read, write or both");
  return read_pattern(reader, node, "call", &rule->call, error) &&
         read_argument(reader, node, "name_arg", &rule->name_argument, error) &&
         read_argument(reader, node, "mode_arg", &rule->mode_argument, error);
}

typedef bool read_rule(const struct reader *reader, struct yaml_node *node, GError **error);

static bool read_list(const struct reader *reader, const char *key, read_rule *read, GError **error)
{
  struct yaml_node *list = yaml_get(yaml_file_root(reader->file), key);
  if (list == NULL)
    return true;
  if (!yaml_is_sequence(list))
    return yaml_refuse(reader->file, list, error, "'%s' must be a list", key);
  for (size_t i = 0; i < yaml_count(list); i++) {
    if (!read(reader, yaml_item(list, i), error))
      return false;
  }
  return true;
}

static bool read_all(const struct reader *reader, GError **error)
{
  static const char *const keys[] = {"version", "entries", "effects", "spans",
                                     "storage", "serving", NULL};
  return yaml_check_keys(reader->file, yaml_file_root(reader->file), keys, error) &&
         read_list(reader, "entries", read_entry, error) &&
         read_list(reader, "effects", read_effect, error) &&
         read_list(reader, "spans", read_span, error) &&
         read_list(reader, "storage", read_storage, error) &&
         read_list(reader, "serving", read_serving, error);
}

/* Reads into a set of its own and moves it over only when all of it was good. */
static bool read_document(struct rules *rules, struct yaml_file *file, GError **error)
{
  g_autoptr(rules_owner) fresh = rules_new();
  struct reader reader = {file, fresh};
  if (!read_all(&reader, error))
    return false;
  g_ptr_array_extend_and_steal(rules->entries, g_steal_pointer(&fresh->entries));
  g_ptr_array_extend_and_steal(rules->effects, g_steal_pointer(&fresh->effects));
  g_ptr_array_extend_and_steal(rules->spans, g_steal_pointer(&fresh->spans));
  g_ptr_array_extend_and_steal(rules->storages, g_steal_pointer(&fresh->storages));
  g_ptr_array_extend_and_steal(rules->serving, g_steal_pointer(&fresh->serving));
  g_free(g_steal_pointer(&fresh));
  return true;
}

bool rules_read_file(struct rules *rules, const char *path, GError **error)
{
  g_autoptr(yaml_file_owner) file = yaml_file_load(path, error);
  return file != NULL && read_document(rules, file, error);
}

bool rules_read_text(struct rules *rules, const char *name, const char *text, GError **error)
{
  g_autoptr(yaml_file_owner) file = yaml_file_parse(name, text, error);
  return file != NULL && read_document(rules, file, error);
}

bool rules_read_folder(struct rules *rules, const char *folder, GError **error)
{
  g_autoptr(GPtrArray) paths = data_paths(folder, error);
  if (paths == NULL)
    return false;
  for (guint i = 0; i < paths->len; i++) {
    if (!rules_read_file(rules, g_ptr_array_index(paths, i), error))
      return false;
  }
  return true;
}
