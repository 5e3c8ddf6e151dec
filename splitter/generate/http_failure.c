#include "splitter/generate/http_finding.h"

#include <string.h>

#include "splitter/generate/c_writer.h"
#include "splitter/generate/http_shape.h"

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
  /* A static routine of another file is not visible where the call is made. */
  bool is_hidden =
      callee && callee->is_static && strcmp(callee->file, finding->spec->routine->file) != 0;
  if (!callee || is_hidden || arguments->len == 0 ||
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

/* "status = 503" in a branch: the same of our response, or NULL. */
static char *failure_status(const struct http_finding *finding, const char *branch)
{
  const struct fact_field *status =
      http_field_find(finding->inventory, finding->response->type_id, http_status_words);
  g_autofree char *pattern =
      g_strdup_printf("(?:\\.|->)%s\\s*=\\s*(5[0-9][0-9])\\s*;", status ? status->field : "");
  g_autoptr(GRegex) regex = status ? g_regex_new(pattern, 0, 0, NULL) : NULL;
  g_autoptr(GMatchInfo) match = NULL;
  if (!regex || !g_regex_match(regex, branch, 0, &match)) {
    return NULL;
  }
  g_autofree char *number = g_match_info_fetch(match, 1);
  return g_strdup_printf("response->%s = %s", status->field, number);
}

/* What the branch of a test answers with a 5xx status; a new string, or NULL. PLACE: where. */
static char *failure_of(const struct http_finding *finding, const struct fact_call *dispatch,
                        const struct source_result *result, int64_t *place)
{
  const GPtrArray *sites = inventory_list(finding->inventory->sites_by_caller, &dispatch->caller);
  for (guint i = 0; i < sites->len; i++) {
    const struct fact_site *site = sites->pdata[i];
    bool is_behind = site->line > dispatch->line ||
                     (site->line == dispatch->line && site->column > dispatch->column);
    bool is_inside = is_behind && strcmp(site->file, dispatch->file) == 0 &&
                     site->line >= result->line && site->line <= result->end_line;
    char *failure = is_inside ? failure_call(finding, site) : NULL;
    if (failure) {
      *place = site->line;
      return failure;
    }
  }
  *place = result->line;
  return failure_status(finding, result->branch);
}

struct judgement {
  bool is_asked;   /* somebody's test was found */
  bool is_dropped; /* somebody drops the result ... */
  bool is_unknown; /* ... or does with it what is not understood */
  const struct fact_routine *dropper;
  const struct fact_call *dropped_at;
};

static bool judge_test(struct http_finding *finding, const struct fact_call *dispatch,
                       const struct fact_routine *dispatcher, const struct source_result *result)
{
  static const char *const errors[] = {"result != 0", "result < 0", "result == -1", NULL};
  int64_t place = 0;
  g_autofree char *failure = failure_of(finding, dispatch, result, &place);
  /* Without an answer in it the branch may be that of success: what is written like a test for an
   * error is one. */
  if (!failure && !(result->has_operator && g_strv_contains(errors, result->condition))) {
    return false;
  }
  http_set(finding, &finding->mapping->fails, g_strdup(result->condition), "call.fails",
           g_strdup_printf("%s asks so at %s:%" G_GINT64_FORMAT, dispatcher->name, dispatch->file,
                           dispatch->line));
  if (failure) {
    http_set(finding, &finding->mapping->failure, g_steal_pointer(&failure), "call.failure",
             g_strdup_printf("%s does so at %s:%" G_GINT64_FORMAT, dispatcher->name, dispatch->file,
                             place));
  }
  return true;
}

/* Follows a routine's result to those who call it, and on to their callers where they return it. */
static void judge_callers(struct http_finding *finding, const struct fact_routine *routine,
                          unsigned depth, struct judgement *judgement)
{
  const struct inventory *inventory = finding->inventory;
  const GPtrArray *calls = inventory_list(inventory->calls_by_callee, &routine->id);
  for (guint i = 0; i < calls->len && !judgement->is_asked; i++) {
    const struct fact_call *dispatch = calls->pdata[i];
    const struct fact_routine *dispatcher = inventory_routine(inventory, dispatch->caller);
    const struct fact_site *site = NULL;
    const GPtrArray *sites = inventory_list(inventory->sites_by_caller, &dispatch->caller);
    for (guint j = 0; j < sites->len && !site; j++) {
      const struct fact_site *one = sites->pdata[j];
      site = one->id == dispatch->site ? one : NULL;
    }
    if (!dispatcher || !site || dispatcher == routine) {
      continue;
    }
    struct source_result result;
    source_texts_result(finding->texts, site->file, site->line, site->column, site->expression,
                        &result);
    if (result.use == SOURCE_RESULT_TESTED) {
      judgement->is_asked = judge_test(finding, dispatch, dispatcher, &result);
      judgement->is_unknown = judgement->is_unknown || !judgement->is_asked;
    } else if (result.use == SOURCE_RESULT_RETURNED && depth > 0) {
      judge_callers(finding, dispatcher, depth - 1, judgement);
    } else if (result.use == SOURCE_RESULT_DROPPED) {
      judgement->is_dropped = true;
      judgement->dropper = dispatcher;
      judgement->dropped_at = dispatch;
    } else {
      judgement->is_unknown = true;
    }
    source_result_clear(&result);
  }
}

void http_failure_find(struct http_finding *finding)
{
  static const char *const types[] = {"int", "bool", "_Bool", "long", "short", NULL};
  const struct fact_param *result =
      inventory_param(finding->inventory, finding->spec->routine->id, 0);
  if (!result || !g_strv_contains(types, result->type)) {
    return;
  }
  struct judgement judgement = {0};
  judge_callers(finding, finding->spec->routine, 4, &judgement);
  if (!judgement.is_asked && judgement.is_dropped && !judgement.is_unknown) {
    http_set(finding, &finding->mapping->fails, g_strdup("0"), "call.fails",
             g_strdup_printf("%s does not look at the result at %s:%" G_GINT64_FORMAT,
                             judgement.dropper->name, judgement.dropped_at->file,
                             judgement.dropped_at->line));
  }
}
