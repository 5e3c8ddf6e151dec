#include "splitter/generate/http_finding.h"

#include <string.h>

#include "splitter/generate/http_shape.h"

char *http_pointee(const char *type)
{
  g_autoptr(GString) text = g_string_new(type);
  g_string_replace(text, "const ", "", 0);
  char *star = strchr(text->str, '*');
  if (star) {
    *star = '\0';
  }
  return g_strdup(g_strstrip(text->str));
}

bool http_has_word(const char *name, const char *const *words)
{
  g_auto(GStrv) parts = g_strsplit_set(name, "_0123456789", -1);
  for (size_t i = 0; parts[i]; i++) {
    g_autofree char *lower = g_ascii_strdown(parts[i], -1);
    if (*lower && g_strv_contains(words, lower)) {
      return true;
    }
  }
  return false;
}

bool http_is_called_by(const struct http_finding *finding, const struct fact_routine *routine,
                       const struct fact_routine *caller)
{
  const GPtrArray *calls = inventory_list(finding->inventory->calls_by_callee, &routine->id);
  for (guint i = 0; i < calls->len; i++) {
    const struct fact_call *call = calls->pdata[i];
    if (call->caller == caller->id) {
      return true;
    }
  }
  return false;
}

char *http_why_routine(const struct http_finding *finding, const struct fact_routine *routine,
                       const char *what)
{
  if (finding->driver && http_is_called_by(finding, routine, finding->driver)) {
    return g_strdup_printf("%s; %s (%s) does the same", what, finding->driver->name,
                           finding->driver->file);
  }
  return g_strdup_printf("%s (%s:%" G_GINT64_FORMAT ")", what, routine->file, routine->line);
}

const struct fact_routine *http_find_routine(const struct http_finding *finding,
                                             http_routine_test test, int64_t type)
{
  const struct inventory *inventory = finding->inventory;
  const struct fact_routine *found = NULL;
  for (size_t i = 0; i < inventory->routines->n; i++) {
    const struct fact_routine *routine = record_at(inventory->routines, fact_routine, i);
    if (!routine->is_defined || routine->is_variadic ||
        (routine->is_static && strcmp(routine->file, finding->spec->routine->file) != 0) ||
        !test(finding, routine, type) ||
        inventory_find_routine(inventory, finding->spec->program, routine->name) != routine) {
      continue;
    }
    if (finding->driver && http_is_called_by(finding, routine, finding->driver)) {
      return routine;
    }
    found = found ? found : routine;
  }
  return found;
}

static const struct fact_param *param(const struct http_finding *finding,
                                      const struct fact_routine *routine, int64_t position)
{
  return inventory_param(finding->inventory, routine->id, position);
}

static bool returns_void(const struct http_finding *finding, const struct fact_routine *routine)
{
  const struct fact_param *result = param(finding, routine, 0);
  return result && strcmp(result->type, "void") == 0;
}

char *http_handed(const struct http_finding *finding, const struct fact_routine *routine,
                  int64_t position, const char *variable)
{
  const struct fact_param *handed = param(finding, routine, position);
  g_auto(GStrv) uses = g_strsplit(handed ? handed->use : "", ",", -1);
  bool is_owned = g_strv_contains((const char *const *)uses, "kept") ||
                  g_strv_contains((const char *const *)uses, "freed");
  return g_strdup_printf(is_owned ? "CLEAVE_OWN(%s)" : "%s", variable);
}

const char *http_maker_argument(const struct fact_param *param)
{
  if (!http_type_is_text(param->type)) {
    return NULL;
  }
  static const char *const raw_words[] = {"target", "uri", "url", "request_uri", NULL};
  static const char *const plain_words[] = {"path", "route", NULL};
  static const char *const version_words[] = {"version", "protocol", NULL};
  return http_has_word(param->name, http_method_words)  ? "method"
         : http_has_word(param->name, raw_words)        ? "target"
         : http_has_word(param->name, plain_words)      ? "path"
         : http_has_word(param->name, http_query_words) ? "query_string"
         : http_has_word(param->name, version_words)    ? "protocol"
                                                        : NULL;
}

bool http_makes_request(const struct http_finding *finding, const struct fact_routine *routine,
                        int64_t type)
{
  const struct fact_param *result = param(finding, routine, 0);
  unsigned n = inventory_n_params(finding->inventory, routine->id);
  if (!result || result->type_id != type || !http_type_is_single_pointer(result->type) || n == 0) {
    return false;
  }
  for (unsigned i = 1; i <= n; i++) {
    if (!http_maker_argument(param(finding, routine, i))) {
      return false;
    }
  }
  return true;
}

static bool takes_only(const struct http_finding *finding, const struct fact_routine *routine,
                       int64_t type)
{
  const struct fact_param *first = param(finding, routine, 1);
  return first && first->type_id == type && http_type_is_single_pointer(first->type) &&
         !g_str_has_prefix(first->type, "const ") &&
         inventory_n_params(finding->inventory, routine->id) == 1;
}

bool http_releases(const struct http_finding *finding, const struct fact_routine *routine,
                   int64_t type)
{
  static const char *const words[] = {"free",    "clear",   "destroy", "release", "delete", "fini",
                                      "cleanup", "dispose", "done",    "close",   NULL};
  return takes_only(finding, routine, type) && http_has_word(routine->name, words) &&
         returns_void(finding, routine);
}

bool http_prepares(const struct http_finding *finding, const struct fact_routine *routine,
                   int64_t type)
{
  static const char *const words[] = {"init", "reset", "setup", "prepare", "initialize", NULL};
  return takes_only(finding, routine, type) && http_has_word(routine->name, words);
}

bool http_adds_pair(const struct http_finding *finding, const struct fact_routine *routine,
                    int64_t type)
{
  if (inventory_n_params(finding->inventory, routine->id) != 3) {
    return false;
  }
  const struct fact_param *list = param(finding, routine, 1);
  const struct fact_param *name = param(finding, routine, 2);
  const struct fact_param *value = param(finding, routine, 3);
  return list && name && value && list->type_id == type &&
         http_type_is_single_pointer(list->type) && http_type_is_text(name->type) &&
         http_type_is_text(value->type) && strchr(name->type, '*') && strchr(value->type, '*') &&
         g_str_has_prefix(value->type, "const ") && !strstr(routine->name, "del") &&
         !strstr(routine->name, "get");
}

bool http_adds_header(const struct http_finding *finding, const struct fact_routine *routine,
                      int64_t type)
{
  return http_adds_pair(finding, routine, type) && http_has_word(routine->name, http_header_words);
}

bool http_adds_parameter(const struct http_finding *finding, const struct fact_routine *routine,
                         int64_t type)
{
  static const char *const words[] = {"param", "params",  "parameter", "arg",
                                      "var",   "capture", NULL};
  return http_adds_pair(finding, routine, type) && http_has_word(routine->name, words);
}

bool http_sets_body(const struct http_finding *finding, const struct fact_routine *routine,
                    int64_t type)
{
  const struct fact_param *first = param(finding, routine, 1);
  const struct fact_param *data = param(finding, routine, 2);
  const struct fact_param *length = param(finding, routine, 3);
  return inventory_n_params(finding->inventory, routine->id) == 3 && first && data && length &&
         first->type_id == type && strchr(data->type, '*') && !strchr(length->type, '*') &&
         length->type_id == 0 && http_has_word(routine->name, http_body_words);
}
