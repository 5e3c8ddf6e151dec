#include "splitter/generate/state_plan.h"

#include <string.h>

#include "splitter/generate/proxy_plan.h"
#include "splitter/generate/spec.h"

static void stored_variable_free(gpointer data)
{
  struct stored_variable *variable = data;
  contract_free(variable->contract);
  g_free(variable->lvalue);
  g_free(variable->type);
  g_free(variable);
}

void state_plan_free(struct state_plan *plan)
{
  if (!plan) {
    return;
  }
  g_ptr_array_unref(plan->variables);
  g_free(plan->refusal);
  g_free(plan);
}

static void refuse(struct state_plan *plan, const struct fact_state *state, const char *why)
{
  if (!plan->refusal) {
    plan->refusal =
        g_strdup_printf("%s:%" G_GINT64_FORMAT ": %s%s%s cannot be stored: %s", state->file,
                        state->line, state->name, *state->field ? "." : "", state->field, why);
  }
}

/* Locks guard what this process shares among its threads; a function has one. */
static bool is_lock(const char *type)
{
  static const char *const words[] = {"pthread_mutex", "pthread_rwlock", "pthread_cond",
                                      "pthread_once",  "pthread_spin",   "mtx_t",
                                      "cnd_t",         "once_flag",      "sem_t"};
  for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
    if (strstr(type, words[i])) {
      return true;
    }
  }
  return false;
}

/* The type of the whole variable, read from its declaration: the facts tell that of its members
 * alone. "struct totals[2]"; a new string, or NULL. */
static char *declared_type(struct source_texts *texts, const struct fact_state *state)
{
  g_autofree char *line = source_texts_line(texts, state->file, state->line);
  g_autofree char *pattern =
      g_strdup_printf("^\\s*((?:\\w+\\s+)+)%s\\s*((?:\\[\\s*\\d+\\s*\\])*)\\s*[;=]", state->name);
  g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
  g_autoptr(GMatchInfo) match = NULL;
  if (!line || !regex || !g_regex_match(regex, line, 0, &match)) {
    return NULL;
  }
  g_autofree char *words = g_match_info_fetch(match, 1);
  g_autofree char *brackets = g_match_info_fetch(match, 2);
  g_auto(GStrv) parts = g_strsplit_set(words, " \t", -1);
  g_autoptr(GString) type = g_string_new(NULL);
  for (size_t i = 0; parts[i]; i++) {
    if (*parts[i] && strcmp(parts[i], "static") != 0 && strcmp(parts[i], "extern") != 0) {
      g_string_append_printf(type, "%s%s", type->len > 0 ? " " : "", parts[i]);
    }
  }
  g_string_append(type, brackets);
  return g_strdup(type->str);
}

/* Why a storage cannot be stored, or NULL. */
static const char *storage_problem(const struct fact_state *state, const char *type)
{
  if (strcmp(state->storage, "global") == 0 || strcmp(state->storage, "static") == 0) {
    return !type || *type == '\0' ? "its type is not found at its declaration"
           : strchr(type, '*')    ? "a pointer means nothing in another process"
                                  : NULL;
  }
  if (strcmp(state->storage, "static-local") == 0) {
    return "it is a static variable inside of a routine: lift it to the top of its file";
  }
  return strcmp(state->storage, "thread") == 0 ? "every thread has its own"
         : strcmp(state->storage, "heap") == 0 ? "objects on the heap hang together by pointers"
                                               : "shared memory belongs to this machine";
}

static bool is_known(const struct state_plan *plan, const char *lvalue,
                     const struct fact_state *state)
{
  for (guint i = 0; i < plan->variables->len; i++) {
    const struct stored_variable *variable = plan->variables->pdata[i];
    if (strcmp(variable->lvalue, lvalue) == 0 && strcmp(variable->state->file, state->file) == 0) {
      return true;
    }
  }
  return false;
}

/* How the variable travels is what its contract as a parameter would be. */
static void infer(const struct inventory *inventory, const struct contract_book *book,
                  struct stored_variable *variable)
{
  struct inventory view = *inventory;
  const struct fact_state *state = variable->state;
  variable->owner = (struct fact_routine){
      .id = state->id, .name = state->name, .file = state->file, .line = state->line};
  variable->param = (struct fact_param){.routine = state->id,
                                        .position = 1,
                                        .name = "value",
                                        .type = variable->type,
                                        .use = "",
                                        .annotation = "",
                                        .reason = ""};
  GPtrArray *params = g_ptr_array_new();
  g_ptr_array_add(params, &variable->param);
  view.params_by_routine =
      g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
  g_hash_table_insert(view.params_by_routine, &variable->owner.id, params);
  variable->contract = contract_infer(&view, &variable->owner, book);
  g_hash_table_unref(view.params_by_routine);
}

static void take_state(const struct inventory *inventory, struct source_texts *texts,
                       const struct contract_book *book, struct state_plan *plan,
                       const struct fact_state *state)
{
  if (strcmp(state->class, "shared") != 0 || is_lock(state->type) ||
      is_known(plan, state->name, state)) {
    return;
  }
  g_autofree char *type = *state->field ? declared_type(texts, state) : g_strdup(state->type);
  const char *problem = storage_problem(state, type);
  if (problem) {
    refuse(plan, state, problem);
    return;
  }
  struct stored_variable *variable = g_new0(struct stored_variable, 1);
  variable->state = state;
  variable->lvalue = g_strdup(state->name);
  variable->type = g_steal_pointer(&type);
  g_ptr_array_add(plan->variables, variable);
  infer(inventory, book, variable);
  const struct contract_param *param = variable->contract->params->pdata[0];
  if (variable->contract->refusal) {
    refuse(plan, state, variable->contract->refusal);
  } else if (shape_holds_pointers(param->shape)) {
    refuse(plan, state, "it holds pointers, which mean nothing in another process");
  }
}

static int compare_variables(gconstpointer left, gconstpointer right)
{
  const struct stored_variable *a = *(const struct stored_variable *const *)left;
  const struct stored_variable *b = *(const struct stored_variable *const *)right;
  int order = strcmp(a->state->file, b->state->file);
  return order != 0 ? order : strcmp(a->lvalue, b->lvalue);
}

struct state_plan *state_plan_new(const struct inventory *inventory, struct source_texts *texts,
                                  const struct function_spec *spec,
                                  const struct contract_book *book)
{
  struct state_plan *plan = g_new0(struct state_plan, 1);
  plan->variables = g_ptr_array_new_with_free_func(stored_variable_free);
  g_autoptr(GPtrArray) ids = proxy_plan_closure(inventory, spec);
  g_autoptr(GHashTable) taken = g_hash_table_new(NULL, NULL);
  for (guint i = 0; i < ids->len; i++) {
    const GPtrArray *accesses = inventory_list(inventory->accesses_by_routine, ids->pdata[i]);
    for (guint j = 0; j < accesses->len; j++) {
      const struct fact_access *access = accesses->pdata[j];
      const struct fact_state *state = inventory_state(inventory, access->state);
      if (state && !access->is_startup && g_hash_table_add(taken, (gpointer)state)) {
        take_state(inventory, texts, book, plan, state);
      }
    }
  }
  g_ptr_array_sort(plan->variables, compare_variables);
  for (guint i = 0; i < ids->len && plan->variables->len > 0 && !plan->refusal &&
                    !contract_book_is_idempotent(book, spec->routine->name);
       i++) {
    g_autofree char *deed = proxy_plan_deed(inventory, ids->pdata[i], true);
    if (deed) {
      plan->refusal = g_strdup_printf(
          "%s:%" G_GINT64_FORMAT ": its state cannot be stored: an invocation that meets another "
          "one is repeated, and %s; say 'idempotent' in contracts.yaml where that does no harm",
          spec->routine->file, spec->routine->line, deed);
    }
  }
  return plan;
}
