#include "splitter/generate/http_finding.h"

#include <string.h>

#include "splitter/generate/c_writer.h"

/* An argument of the dispatcher's own answer in terms of our variables, or NULL. */
static char *failure_argument(const struct http_finding *finding, const struct fact_routine *callee,
                              const struct fact_argument *argument)
{
  const struct fact_param *of = inventory_param(finding->inventory, callee->id, argument->position);
  if (of && of->type_id == finding->response->type_id && strchr(of->type, '*')) {
    return g_strdup("response");
  }
  if (of && of->type_id == finding->request->type_id && strchr(of->type, '*')) {
    return g_strdup("request");
  }
  if (strcmp(argument->kind, "integer") == 0) {
    return g_strdup(argument->value);
  }
  return strcmp(argument->kind, "string") == 0 ? c_literal(argument->value) : NULL;
}

static bool is_server_error(const struct fact_argument *argument)
{
  gint64 value = g_ascii_strtoll(argument->value, NULL, 10);
  return strcmp(argument->kind, "integer") == 0 && value >= 500 && value <= 599;
}

/* What the dispatcher answers for a failed handler: a call with the response and a constant 5xx
 * status behind the handler's. */
static char *failure_call(const struct http_finding *finding, const struct fact_site *site)
{
  const GPtrArray *calls = inventory_list(finding->inventory->calls_by_site, &site->id);
  const struct fact_call *call = calls->len == 1 ? calls->pdata[0] : NULL;
  const struct fact_routine *callee =
      call ? inventory_routine(finding->inventory, call->callee) : NULL;
  const GPtrArray *arguments = inventory_list(finding->inventory->arguments_by_site, &site->id);
  if (!callee || arguments->len == 0 ||
      arguments->len != inventory_n_params(finding->inventory, callee->id)) {
    return NULL;
  }
  bool has_status = false;
  g_autoptr(GString) text = g_string_new(callee->name);
  for (guint i = 0; i < arguments->len; i++) {
    const struct fact_argument *argument = arguments->pdata[i];
    g_autofree char *value = failure_argument(finding, callee, argument);
    if (!value) {
      return NULL;
    }
    has_status = has_status || is_server_error(argument);
    g_string_append_printf(text, "%s%s", i == 0 ? "(" : ", ", value);
  }
  g_string_append_c(text, ')');
  return has_status ? g_strdup(text->str) : NULL;
}

/* The condition that the dispatcher asks of the handler's result, from its source. */
static char *failure_condition(const struct http_finding *finding, const struct fact_call *dispatch)
{
  static const char *const tests[] = {"!= 0", "< 0", "== -1", "== 0", "!= 1", "== 1", NULL};
  g_autofree char *line = source_texts_line(finding->texts, dispatch->file, dispatch->line);
  for (size_t i = 0; line && tests[i] && strstr(line, "if"); i++) {
    g_autofree char *pattern = g_strdup_printf(") %s", tests[i]);
    if (strstr(line, pattern)) {
      return g_strdup_printf("result %s", tests[i]);
    }
  }
  return NULL;
}

void http_failure_find(struct http_finding *finding)
{
  const struct inventory *inventory = finding->inventory;
  const struct fact_param *result = inventory_param(inventory, finding->spec->routine->id, 0);
  if (!result || strcmp(result->type, "int") != 0) {
    return;
  }
  const GPtrArray *calls = inventory_list(inventory->calls_by_callee, &finding->spec->routine->id);
  for (guint i = 0; i < calls->len; i++) {
    const struct fact_call *dispatch = calls->pdata[i];
    const struct fact_routine *dispatcher = inventory_routine(inventory, dispatch->caller);
    g_autofree char *condition = dispatcher && strcmp(dispatch->kind, "indirect") == 0
                                     ? failure_condition(finding, dispatch)
                                     : NULL;
    const GPtrArray *sites =
        condition ? inventory_list(inventory->sites_by_caller, &dispatcher->id) : NULL;
    for (guint j = 0; sites && j < sites->len; j++) {
      const struct fact_site *site = sites->pdata[j];
      g_autofree char *failure = site->line >= dispatch->line && site->line <= dispatch->line + 3
                                     ? failure_call(finding, site)
                                     : NULL;
      if (failure) {
        finding->mapping->fails = g_steal_pointer(&condition);
        http_set(finding, &finding->mapping->failure, g_steal_pointer(&failure), "call.failure",
                 g_strdup_printf("%s does so at %s:%" G_GINT64_FORMAT, dispatcher->name, site->file,
                                 site->line));
        return;
      }
    }
    if (condition) {
      http_set(finding, &finding->mapping->fails, g_steal_pointer(&condition), "call.fails",
               g_strdup_printf("%s asks so at %s:%" G_GINT64_FORMAT, dispatcher->name,
                               dispatch->file, dispatch->line));
      return;
    }
  }
}
