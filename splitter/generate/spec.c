#include "splitter/generate/spec.h"

#include <string.h>

#include "splitter/generate/contract.h"
#include "splitter/generate/state_plan.h"

struct start_step *start_step_new(void)
{
  return g_new0(struct start_step, 1);
}

void start_step_free(struct start_step *step)
{
  if (!step) {
    return;
  }
  g_free(step->run);
  g_free(step->fails);
  g_free(step->decide);
  g_free(step->reason);
  g_free(step->source);
  g_free(step->callee);
  g_free(step);
}

void http_mapping_clear(struct http_mapping *mapping)
{
#define CLEAR_TEXT(name, section, key, about) g_clear_pointer(&mapping->name, g_free);
  HTTP_MAPPING_TEXTS(CLEAR_TEXT)
#undef CLEAR_TEXT
  g_clear_pointer(&mapping->reasons, g_ptr_array_unref);
}

struct function_spec *function_spec_new(void)
{
  struct function_spec *spec = g_new0(struct function_spec, 1);
  spec->start = g_ptr_array_new_with_free_func((GDestroyNotify)start_step_free);
  spec->left_out = g_ptr_array_new_with_free_func((GDestroyNotify)start_step_free);
  spec->environment = g_ptr_array_new_with_free_func(g_free);
  spec->secrets = g_ptr_array_new_with_free_func(g_free);
  spec->todo = g_ptr_array_new_with_free_func(g_free);
  spec->sources = g_ptr_array_new();
  spec->outside = g_ptr_array_new();
  spec->libraries = g_ptr_array_new_with_free_func(g_free);
  spec->symbols = g_ptr_array_new_with_free_func(g_free);
  spec->closure = g_hash_table_new(g_int64_hash, g_int64_equal);
  spec->http.reasons = g_ptr_array_new_with_free_func(g_free);
  return spec;
}

void function_spec_free(struct function_spec *spec)
{
  if (!spec) {
    return;
  }
  char *texts[] = {spec->name,
                   spec->symbol,
                   spec->service,
                   spec->trigger,
                   spec->key,
                   spec->adapter,
                   spec->adapter_reason,
                   spec->memory_reason,
                   spec->timeout_reason,
                   spec->concurrency_reason,
                   spec->retries_reason,
                   spec->dead_letter,
                   spec->dead_letter_reason,
                   spec->connects,
                   spec->process_reason};
  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
    g_free(texts[i]);
  }
  GPtrArray *lists[] = {spec->start,   spec->left_out, spec->environment, spec->secrets, spec->todo,
                        spec->sources, spec->outside,  spec->libraries,   spec->symbols};
  for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
    g_ptr_array_unref(lists[i]);
  }
  g_hash_table_unref(spec->closure);
  http_mapping_clear(&spec->http);
  contract_free(spec->contract);
  state_plan_free(spec->state);
  g_free(spec->state_home);
  g_free(spec);
}

bool function_spec_is_open(const struct function_spec *spec)
{
  for (guint i = 0; i < spec->start->len; i++) {
    const struct start_step *step = spec->start->pdata[i];
    if (step->decide) {
      return true;
    }
  }
  return false;
}

bool function_spec_is_secret(const struct function_spec *spec, const char *name)
{
  return g_ptr_array_find_with_equal_func(spec->secrets, name, g_str_equal, NULL);
}

bool function_spec_has_store(const struct function_spec *spec)
{
  return strcmp(spec->state_home, "store") == 0 && spec->state->variables->len > 0;
}
