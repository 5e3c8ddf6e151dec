#include "splitter/generate/function_file.h"

#include <string.h>

#include "base/yaml.h"
#include "splitter/generate/contract.h"
#include "splitter/generate/requirements.h"
#include "splitter/generate/specify.h"
#include "splitter/generate/state_plan.h"
#include "splitter/generate/trigger.h"

static void put_text(json_t *object, const char *key, const char *text)
{
  json_object_set_new(object, key, json_string(text));
}

static void put_setting(json_t *object, const char *key, int64_t value, const char *reason)
{
  g_autofree char *comment = g_strdup_printf("#%s", key);
  put_text(object, comment, reason);
  json_object_set_new(object, key, json_integer(value));
}

static json_t *list_of(const GPtrArray *texts)
{
  json_t *list = json_array();
  for (guint i = 0; i < texts->len; i++) {
    json_array_append_new(list, json_string(texts->pdata[i]));
  }
  return list;
}

static json_t *steps_of(const GPtrArray *steps)
{
  json_t *list = json_array();
  for (guint i = 0; i < steps->len; i++) {
    const struct start_step *step = steps->pdata[i];
    json_t *entry = json_object();
    if (step->decide) {
      put_text(entry, "decide", step->decide);
    } else {
      put_text(entry, "run", step->run);
    }
    if (step->fails) {
      put_text(entry, "fails", step->fails);
    }
    if (*step->source) {
      put_text(entry, "source", step->source);
    }
    put_text(entry, "reason", step->reason);
    json_array_append_new(list, entry);
  }
  return list;
}

static json_t *section_of(json_t *http, const char *name)
{
  json_t *section = json_object_get(http, name);
  if (!section) {
    section = json_object();
    json_object_set_new(http, name, section);
  }
  return section;
}

static json_t *http_of(const struct http_mapping *mapping)
{
  json_t *http = json_object();
  for (guint i = 0; i < mapping->reasons->len; i++) {
    g_autofree char *comment = g_strdup_printf("#%u", i);
    put_text(http, comment, mapping->reasons->pdata[i]);
  }
#define PUT_TEXT(name, section, key, about)                                                        \
  if (mapping->name) {                                                                             \
    put_text(section_of(http, section), key, mapping->name);                                       \
  }
  HTTP_MAPPING_TEXTS(PUT_TEXT)
#undef PUT_TEXT
  return http;
}

static const char *shape_word(const struct shape *shape)
{
  static const char *const words[] = {"nothing", "boolean", "integer",        "number", "name",
                                      "string",  "string",  "counted string", "bytes",  "bytes",
                                      "object",  "pointer", "array",          "array",  "array",
                                      "list",    "union",   "omitted",        "count"};
  return words[shape->kind];
}

static json_t *param_of(const struct contract_param *param)
{
  json_t *entry = json_object();
  g_autofree char *comment = g_strdup("#reason");
  put_text(entry, comment, param->reason ? param->reason : "");
  put_text(entry, "name", param->name);
  put_text(entry, "type", param->type);
  put_text(entry, "direction",
           param->is_in && param->is_out ? "inout"
           : param->is_out               ? "out"
                                         : "in");
  put_text(entry, "as", shape_word(param->shape));
  const char *number = param->shape->count ? param->shape->count : param->shape->extent;
  if (number) {
    put_text(entry, "count", number);
  }
  if (param->shape->is_nullable) {
    json_object_set_new(entry, "nullable", json_true());
  }
  if (param->free) {
    put_text(entry, "free", param->free);
  }
  if (param->unfreed) {
    put_text(entry, "unfreed", param->unfreed);
  }
  return entry;
}

static json_t *contract_of(const struct contract *contract)
{
  json_t *object = json_object();
  json_t *params = json_array();
  put_text(object, "#0", "For reading: change it by annotations (cleave.h) or contracts.yaml.");
  for (guint i = 0; i < contract->params->len; i++) {
    json_array_append_new(params, param_of(contract->params->pdata[i]));
  }
  json_object_set_new(object, "params", params);
  json_object_set_new(object, "result", param_of(contract->result));
  if (contract->fails) {
    put_text(object, "#1", contract->fails_reason);
    put_text(object, "fails", contract->fails);
  }
  if (contract->is_whole) {
    put_text(object, "payload", "the value itself");
  }
  return object;
}

/* Variables that outlive an invocation, and where they live between two. */
static void put_state(json_t *root, const struct function_spec *spec)
{
  if (!spec->state || (spec->state->variables->len == 0 && !spec->state->refusal)) {
    return;
  }
  for (guint i = 0; i < spec->state->variables->len; i++) {
    const struct stored_variable *variable = spec->state->variables->pdata[i];
    g_autofree char *comment = g_strdup_printf("#state%u", i);
    g_autofree char *text = g_strdup_printf("%s (%s:%" G_GINT64_FORMAT ")", variable->lvalue,
                                            variable->state->file, variable->state->line);
    put_text(root, comment, text);
  }
  put_text(root, "#state",
           spec->state->refusal ? spec->state->refusal
                                : "outlives a call: 'process' keeps it per copy, 'store' loads it "
                                  "before and stores it behind each invocation.");
  put_text(root, "state", spec->state_home);
}

static json_t *permissions_of(const struct function_spec *spec)
{
  json_t *list = json_array();
  g_autoptr(GPtrArray) grants = grants_of(spec);
  for (guint i = 0; i < grants->len; i++) {
    const struct grant *grant = grants->pdata[i];
    g_autofree char *text = grant_text(grant);
    json_array_append_new(list, json_pack("{s:s, s:s}", "#reason", grant->reason, "allows", text));
  }
  return list;
}

json_t *function_file_document(const struct function_spec *spec)
{
  json_t *root = json_object();
  put_text(root, "#0",
           "What this function is. Change it and generate again: what stands here wins.");
  json_object_set_new(root, "version", json_integer(1));
  put_text(root, "name", spec->name);
  g_autofree char *where =
      g_strdup_printf("%s:%" G_GINT64_FORMAT, spec->routine->file, spec->routine->line);
  put_text(root, "#routine", where);
  put_text(root, "routine", spec->routine->name);
  put_text(root, "program", spec->program);
  put_text(root, "service", spec->service);
  put_text(root, "trigger", spec->trigger);
  put_text(root, "key", spec->key);
  put_text(root, "#adapter", spec->adapter_reason);
  put_text(root, "adapter", spec->adapter);
  if (strcmp(spec->trigger, "http") == 0) {
    put_text(root, "#public", "true lets callers in without credentials of the platform");
    json_object_set_new(root, "public", json_boolean(spec->is_public));
  }
  put_setting(root, "memory_mb", spec->memory_mb, spec->memory_reason);
  put_setting(root, "timeout_s", spec->timeout_s, spec->timeout_reason);
  put_setting(root, "concurrency", spec->concurrency, spec->concurrency_reason);
  put_setting(root, "retries", spec->retries, spec->retries_reason);
  put_text(root, "#dead_letter", spec->dead_letter_reason);
  put_text(root, "dead_letter", spec->dead_letter);
  put_text(root, "#process",
           spec->process_reason ? spec->process_reason
                                : "true runs every event in a fresh process");
  json_object_set_new(root, "process_per_event", json_boolean(spec->is_process_per_event));
  put_text(root, "#start", "What runs once before the first event, in this order.");
  json_object_set_new(root, "start", steps_of(spec->start));
  if (spec->left_out->len > 0) {
    json_object_set_new(root, "left_out", steps_of(spec->left_out));
  }
  if (strcmp(spec->adapter, "http") == 0) {
    json_object_set_new(root, "http", http_of(&spec->http));
  }
  if (spec->contract) {
    json_object_set_new(root, "contract", contract_of(spec->contract));
  }
  put_state(root, spec);
  json_object_set_new(root, "environment", list_of(spec->environment));
  put_text(root, "#secrets", "Those of them that come from the platform's secret store.");
  json_object_set_new(root, "secrets", list_of(spec->secrets));
  put_text(root, "#permissions", "For reading: all that the platforms are told to allow it.");
  json_object_set_new(root, "permissions", permissions_of(spec));
  if (spec->todo->len > 0) {
    put_text(root, "#todo", "What the plan says has to be done by hand.");
    json_object_set_new(root, "todo", list_of(spec->todo));
  }
  put_text(root, "#sources", "Translation units of the closure, and the libraries it calls.");
  json_object_set_new(root, "sources", list_of(spec->sources));
  json_object_set_new(root, "libraries", list_of(spec->libraries));
  return root;
}

static bool take_text(const struct yaml_file *file, struct yaml_node *mapping, const char *key,
                      char **to, GError **error)
{
  struct yaml_node *node = yaml_get(mapping, key);
  char *text = NULL;
  if (!node) {
    return true;
  }
  if (!yaml_text(file, node, &text, error)) {
    return false;
  }
  if (strpbrk(text, "\n\r")) {
    g_free(text);
    return yaml_refuse(file, node, error, "'%s' must stand on one line", key);
  }
  g_free(*to);
  *to = text;
  return true;
}

static bool take_number(const struct yaml_file *file, struct yaml_node *root, const char *key,
                        int64_t low, int64_t high, int64_t *to, GError **error)
{
  struct yaml_node *node = yaml_get(root, key);
  return !node || yaml_integer(file, node, low, high, to, error);
}

static bool take_flag(const struct yaml_file *file, struct yaml_node *root, const char *key,
                      bool *to, GError **error)
{
  struct yaml_node *node = yaml_get(root, key);
  return !node || yaml_boolean(file, node, to, error);
}

static bool take_list(const struct yaml_file *file, struct yaml_node *root, const char *key,
                      GPtrArray *to, GError **error)
{
  struct yaml_node *node = yaml_get(root, key);
  if (!node) {
    return true;
  }
  if (!yaml_is_sequence(node)) {
    return yaml_refuse(file, node, error, "'%s' must be a list", key);
  }
  g_ptr_array_set_size(to, 0);
  for (size_t i = 0; i < yaml_count(node); i++) {
    char *text = NULL;
    if (!yaml_text(file, yaml_item(node, i), &text, error)) {
      return false;
    }
    g_ptr_array_add(to, text);
  }
  return true;
}

static bool take_step(const struct yaml_file *file, struct yaml_node *node, GPtrArray *steps,
                      GError **error)
{
  static const char *const keys[] = {"run", "decide", "fails", "source", "reason", NULL};
  struct start_step *step = start_step_new();
  g_ptr_array_add(steps, step);
  step->source = g_strdup("");
  step->callee = g_strdup("step");
  step->reason = g_strdup("decided in function.yaml");
  if (!yaml_check_keys(file, node, keys, error) ||
      !take_text(file, node, "run", &step->run, error) ||
      !take_text(file, node, "decide", &step->decide, error) ||
      !take_text(file, node, "fails", &step->fails, error) ||
      !take_text(file, node, "source", &step->source, error) ||
      !take_text(file, node, "reason", &step->reason, error)) {
    return false;
  }
  if (!step->run && !step->decide) {
    return yaml_refuse(file, node, error, "a step needs 'run'");
  }
  if (step->run) {
    g_clear_pointer(&step->decide, g_free);
  }
  return true;
}

static bool take_steps(const struct yaml_file *file, struct yaml_node *root, GPtrArray *steps,
                       GError **error)
{
  struct yaml_node *node = yaml_get(root, "start");
  if (!node) {
    return true;
  }
  if (!yaml_is_sequence(node)) {
    return yaml_refuse(file, node, error, "'start' must be a list");
  }
  g_ptr_array_set_size(steps, 0);
  for (size_t i = 0; i < yaml_count(node); i++) {
    if (!take_step(file, yaml_item(node, i), steps, error)) {
      return false;
    }
  }
  return true;
}

struct mapping_text {
  const char *section;
  const char *key;
  size_t offset;
};

#define MAPPING_TEXT(name, section, key, about) {section, key, offsetof(struct http_mapping, name)},
static const struct mapping_text mapping_texts[] = {HTTP_MAPPING_TEXTS(MAPPING_TEXT)};

static bool take_http(const struct yaml_file *file, struct yaml_node *root,
                      struct http_mapping *mapping, GError **error)
{
  static const char *const sections[] = {"request", "response", "call", "forward", NULL};
  struct yaml_node *http = yaml_get(root, "http");
  if (!http) {
    return true;
  }
  if (!yaml_check_keys(file, http, sections, error)) {
    return false;
  }
  http_mapping_clear(mapping);
  mapping->reasons = g_ptr_array_new_with_free_func(g_free);
  for (size_t s = 0; sections[s]; s++) {
    struct yaml_node *section = yaml_get(http, sections[s]);
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(mapping_texts); i++) {
      const struct mapping_text *text = &mapping_texts[i];
      char **to = (char **)(void *)((char *)mapping + text->offset);
      if (!section || strcmp(text->section, sections[s]) != 0) {
        continue;
      }
      g_ptr_array_add(keys, (gpointer)text->key);
      if (!take_text(file, section, text->key, to, error)) {
        return false;
      }
    }
    g_ptr_array_add(keys, NULL);
    if (section && !yaml_check_keys(file, section, (const char *const *)keys->pdata, error)) {
      return false;
    }
  }
  return true;
}

static bool take_trigger(const struct yaml_file *file, struct yaml_node *root,
                         struct function_spec *spec, GError **error)
{
  static const char *const triggers[] = {"http",   "schedule", "queue", "object",
                                         "stream", "direct",   NULL};
  if (!take_text(file, root, "trigger", &spec->trigger, error)) {
    return false;
  }
  return g_strv_contains(triggers, spec->trigger) ||
         yaml_refuse(file, yaml_get(root, "trigger"), error, "unknown trigger '%s'", spec->trigger);
}

/* The trigger and its key: what a person writes there is right, or is refused. */
static bool take_key(const struct yaml_file *file, struct yaml_node *root,
                     struct function_spec *spec, GError **error)
{
  g_autofree char *found = g_strdup(spec->key);
  if (!take_text(file, root, "key", &spec->key, error) || !take_trigger(file, root, spec, error)) {
    return false;
  }
  if (strcmp(spec->trigger, "http") == 0) {
    g_autofree char *key = spec->key;
    spec->key = route_key(key);
  }
  g_autofree char *problem = strcmp(spec->trigger, "schedule") == 0 && strcmp(found, spec->key) != 0
                                 ? schedule_problem(spec->key)
                                 : NULL;
  return !problem || yaml_refuse(file, yaml_get(root, "key"), error, "%s", problem);
}

static bool take_state(const struct yaml_file *file, struct yaml_node *root,
                       struct function_spec *spec, GError **error)
{
  return take_text(file, root, "state", &spec->state_home, error) &&
         (strcmp(spec->state_home, "process") == 0 || strcmp(spec->state_home, "store") == 0 ||
          yaml_refuse(file, yaml_get(root, "state"), error, "'state' is process or store"));
}

static bool apply(struct function_spec *spec, const struct yaml_file *file, GError **error)
{
  static const char *const keys[] = {
      "version",     "name",        "routine",  "program",   "service",           "trigger",
      "key",         "adapter",     "public",   "memory_mb", "timeout_s",         "concurrency",
      "retries",     "start",       "left_out", "http",      "process_per_event", "contract",
      "state",       "environment", "secrets",  "todo",      "sources",           "libraries",
      "dead_letter", "permissions", NULL};
  struct yaml_node *root = yaml_file_root(file);
  return yaml_check_keys(file, root, keys, error) && take_key(file, root, spec, error) &&
         take_flag(file, root, "public", &spec->is_public, error) &&
         take_flag(file, root, "process_per_event", &spec->is_process_per_event, error) &&
         take_number(file, root, "memory_mb", 128, 32768, &spec->memory_mb, error) &&
         take_number(file, root, "timeout_s", 1, 3600, &spec->timeout_s, error) &&
         take_number(file, root, "concurrency", 1, 10000, &spec->concurrency, error) &&
         take_number(file, root, "retries", 0, 100, &spec->retries, error) &&
         take_text(file, root, "dead_letter", &spec->dead_letter, error) &&
         take_state(file, root, spec, error) &&
         take_list(file, root, "environment", spec->environment, error) &&
         take_list(file, root, "secrets", spec->secrets, error) &&
         take_list(file, root, "libraries", spec->libraries, error) &&
         take_steps(file, root, spec->start, error) && take_http(file, root, &spec->http, error);
}

bool function_file_apply(struct function_spec *spec, const char *name, const char *text,
                         GError **error)
{
  g_autoptr(yaml_file_owner) file = yaml_file_parse(name, text, error);
  return file && apply(spec, file, error);
}

const char *function_file_adapter(const char *text)
{
  g_autoptr(yaml_file_owner) file = yaml_file_parse("function.yaml", text, NULL);
  struct yaml_node *node = file ? yaml_get(yaml_file_root(file), "adapter") : NULL;
  g_autofree char *adapter = NULL;
  if (!node || !yaml_text(file, node, &adapter, NULL)) {
    return NULL;
  }
  for (size_t i = 0; adapter_names[i]; i++) {
    if (strcmp(adapter_names[i], adapter) == 0) {
      return adapter_names[i];
    }
  }
  return NULL;
}
