#include "splitter/generate/proxy_plan.h"

#include <string.h>

#include "splitter/generate/annotation.h"
#include "splitter/generate/call_values.h"
#include "splitter/generate/proxy_http.h"

static bool is_void(const struct contract *contract)
{
  return contract->result->shape->kind == SHAPE_VOID;
}

/* The first constant that the body returns and PATTERN accepts, with its line. */
static char *returned(struct source_texts *texts, const struct fact_routine *routine,
                      const char *pattern, int64_t *line)
{
  g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
  for (int64_t i = routine->line; i <= routine->end_line; i++) {
    g_autoptr(GMatchInfo) match = NULL;
    g_autofree char *text = source_texts_line(texts, routine->file, i);
    if (!text) {
      break;
    }
    if (g_regex_match(regex, text, 0, &match)) {
      *line = i;
      return g_match_info_fetch(match, 1);
    }
  }
  return NULL;
}

static void find_error(struct source_texts *texts, struct proxy_plan *plan,
                       const struct contract_book *book)
{
  const struct contract *contract = plan->spec->contract;
  const struct fact_routine *routine = plan->spec->routine;
  const struct shape *shape = contract->result->shape;
  const char *pattern = NULL;
  int64_t line = 0;
  const char *declared = contract_book_error(book, routine->name);
  if (declared) {
    plan->error = g_strdup(declared);
    plan->error_reason = g_strdup("declared in contracts.yaml");
  } else if (is_void(contract)) {
    plan->error_reason = g_strdup("nothing is returned: errno and the log tell");
  } else if (strchr(contract->result->type, '*')) {
    plan->error = g_strdup("NULL");
    plan->error_reason = g_strdup("a pointer");
  } else if (shape->kind == SHAPE_INTEGER && shape->is_signed) {
    pattern = "\\breturn\\s*\\(?\\s*(-\\s*[0-9]+)\\s*\\)?\\s*;";
  } else if (shape->kind == SHAPE_BOOLEAN) {
    pattern = "\\breturn\\s*\\(?\\s*(false|0)\\s*\\)?\\s*;";
  }
  if (pattern) {
    plan->error = returned(texts, routine, pattern, &line);
    plan->error_reason =
        plan->error ? g_strdup_printf("returned at %s:%" G_GINT64_FORMAT, routine->file, line)
                    : NULL;
  }
  if (!plan->error_reason) {
    plan->error_reason = g_strdup("no value is known that means failure: say 'error' in "
                                  "contracts.yaml; until then the original answers");
  }
}

static bool is_variable(const struct fact_state *state)
{
  return strcmp(state->storage, "table") != 0 && strcmp(state->storage, "file") != 0 &&
         strcmp(state->storage, "shm") != 0;
}

char *proxy_plan_deed(const struct inventory *inventory, const int64_t *routine,
                      bool without_variables)
{
  static const char *const harmless[] = {"time", "environment", "errno",    "locale", "sleep",
                                         "lock", "console",     "identity", NULL};
  const struct fact_routine *row = g_hash_table_lookup(inventory->routine_by_id, routine);
  const GPtrArray *accesses = inventory_list(inventory->accesses_by_routine, routine);
  for (guint i = 0; i < accesses->len; i++) {
    const struct fact_access *access = accesses->pdata[i];
    const struct fact_state *state = inventory_state(inventory, access->state);
    if (!access->is_startup && strcmp(access->mode, "write") == 0 && state &&
        !(without_variables && is_variable(state))) {
      return g_strdup_printf("%s writes %s at %s:%" G_GINT64_FORMAT, row->name, state->name,
                             access->file, access->line);
    }
  }
  const GPtrArray *effects = inventory_list(inventory->effects_by_routine, routine);
  for (guint i = 0; i < effects->len; i++) {
    const struct fact_effect *effect = effects->pdata[i];
    if (!g_strv_contains(harmless, effect->effect)) {
      return g_strdup_printf("%s calls %s (%s) at %s:%" G_GINT64_FORMAT, row->name, effect->via,
                             effect->effect, effect->file, effect->line);
    }
  }
  const GPtrArray *sites = inventory_list(inventory->sites_by_caller, routine);
  for (guint i = 0; i < sites->len; i++) {
    const struct fact_site *site = sites->pdata[i];
    if (!site->is_direct && !site->is_complete) {
      return g_strdup_printf("%s calls what is not known at %s:%" G_GINT64_FORMAT, row->name,
                             site->file, site->line);
    }
  }
  return NULL;
}

static int compare_ids(gconstpointer left, gconstpointer right)
{
  int64_t a = **(const int64_t *const *)left;
  int64_t b = **(const int64_t *const *)right;
  return a < b ? -1 : a > b;
}

GPtrArray *proxy_plan_closure(const struct inventory *inventory, const struct function_spec *spec)
{
  GPtrArray *ids = g_ptr_array_new();
  GHashTableIter iterator;
  gpointer id = NULL;
  g_hash_table_iter_init(&iterator, spec->closure);
  while (g_hash_table_iter_next(&iterator, &id, NULL)) {
    /* A callback may be another program's, when both link the file that calls it. */
    const struct fact_routine *routine = g_hash_table_lookup(inventory->routine_by_id, id);
    g_autoptr(GPtrArray) programs = inventory_programs_of(inventory, routine->file);
    if (programs->len == 0 ||
        g_ptr_array_find_with_equal_func(programs, spec->program, g_str_equal, NULL)) {
      g_ptr_array_add(ids, id);
    }
  }
  g_ptr_array_sort(ids, compare_ids);
  return ids;
}

static void judge_repetition(const struct inventory *inventory, struct proxy_plan *plan,
                             const struct contract_book *book)
{
  const struct fact_param *result = inventory_param(inventory, plan->spec->routine->id, 0);
  g_autofree char *word = result ? annotation_argument(result->annotation, "idempotent") : NULL;
  if (word || contract_book_is_idempotent(book, plan->spec->routine->name)) {
    plan->is_idempotent = true;
    plan->idempotent_reason = g_strdup(word ? "declared in the source"
                                            : "declared in "
                                              "contracts.yaml");
    return;
  }
  if (plan->is_forward &&
      (g_str_has_prefix(plan->spec->key, "GET ") || g_str_has_prefix(plan->spec->key, "HEAD "))) {
    plan->is_idempotent = true;
    plan->idempotent_reason = g_strdup("HTTP says that GET changes nothing (RFC 9110, 9.2.1)");
    return;
  }
  g_autoptr(GPtrArray) ids = proxy_plan_closure(inventory, plan->spec);
  for (guint i = 0; i < ids->len; i++) {
    char *deed = proxy_plan_deed(inventory, ids->pdata[i], false);
    if (deed) {
      plan->idempotent_reason = deed;
      return;
    }
  }
  plan->is_idempotent = true;
  plan->idempotent_reason = g_strdup("nothing that it reaches writes anything that lasts");
}

static void judge_waiting(struct proxy_plan *plan)
{
  const struct contract *contract = plan->spec->contract;
  for (guint i = 0; i < contract->params->len; i++) {
    if (((const struct contract_param *)contract->params->pdata[i])->is_out) {
      return;
    }
  }
  bool is_success_known = contract->fails && strcmp(contract->fails, "result != 0") == 0;
  plan->is_unattended = is_void(contract) || is_success_known;
  plan->accepted = is_void(contract) ? NULL : g_strdup("0");
}

/* What a proxy cannot do for the caller though the function can: the caller's own memory. */
static char *refuse_param(const struct contract_param *param)
{
  const struct shape *shape = param->shape;
  if (param->is_kept && strchr(param->type, '*')) {
    return g_strdup_printf("parameter %s: the routine keeps or frees what it is handed, which "
                           "stays in this process",
                           param->name);
  }
  if (!param->is_out) {
    return NULL;
  }
  if (shape->kind == SHAPE_LIST || shape->kind == SHAPE_TERMINATED || shape->kind == SHAPE_UNION ||
      shape->kind == SHAPE_OMITTED) {
    return g_strdup_printf("parameter %s: what comes out of it has no room with the caller",
                           param->name);
  }
  if ((shape->kind == SHAPE_TEXT || shape->kind == SHAPE_BYTES || shape->kind == SHAPE_COUNTED) &&
      !shape->count && !param->capacity) {
    return g_strdup_printf("parameter %s: the caller's room is not known", param->name);
  }
  if (shape->element && shape_holds_pointers(shape->element) && !param->free) {
    return g_strdup_printf("parameter %s: who owns the memory that comes out inside of it is not "
                           "known: say transfer(full, free=...) or skip",
                           param->name);
  }
  return NULL;
}

static char *refuse_contract(const struct contract *contract)
{
  for (guint i = 0; i < contract->params->len; i++) {
    char *why = refuse_param(contract->params->pdata[i]);
    if (why) {
      return why;
    }
  }
  return NULL;
}

struct proxy_plan *proxy_plan_new(const struct inventory *inventory, struct source_texts *texts,
                                  const struct function_spec *spec,
                                  const struct contract_book *book)
{
  struct proxy_plan *plan = g_new0(struct proxy_plan, 1);
  plan->spec = spec;
  if (strcmp(spec->adapter, "http") == 0) {
    plan->is_forward = true;
    plan->refusal = proxy_http_refusal(spec);
    plan->error = g_strdup("-1");
    plan->error_reason =
        g_strdup_printf("its caller asks for %s", spec->http.fails ? spec->http.fails : "nothing");
    judge_repetition(inventory, plan, book);
    return plan;
  }
  if (!spec->contract) {
    plan->refusal = g_strdup_printf("a function with the adapter %s has no caller in the program",
                                    spec->adapter);
    return plan;
  }
  plan->refusal = refuse_contract(spec->contract);
  if (!plan->refusal) {
    find_error(texts, plan, book);
    judge_repetition(inventory, plan, book);
    judge_waiting(plan);
  }
  if (!plan->refusal && strcmp(spec->adapter, "consumer") == 0 && !plan->is_unattended) {
    plan->refusal = g_strdup("its function is woken by messages and answers nobody, but its caller "
                             "waits for what comes out");
  }
  return plan;
}

void proxy_plan_free(struct proxy_plan *plan)
{
  if (!plan) {
    return;
  }
  g_free(plan->error);
  g_free(plan->error_reason);
  g_free(plan->idempotent_reason);
  g_free(plan->accepted);
  g_free(plan->refusal);
  g_free(plan);
}
