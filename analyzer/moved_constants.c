#include "analyzer/moved_constants.h"

#include "analyzer/effects.h"
#include "analyzer/findings.h"
#include "analyzer/link.h"
#include "store/facts.h"

#include <string.h>

struct judge {
  const struct moved_constants_input *input;
  struct rules *rules;
  struct models *models;
  bool is_harmless;
};

/* ---- what names say ---- */

static bool matches(const struct pattern *pattern, const char *name, const char *plain)
{
  return pattern_matches_once(pattern, name) || pattern_matches_once(pattern, plain);
}

static bool is_in_effects(const GPtrArray *rules, const char *name, const char *plain)
{
  for (guint i = 0; i < rules->len; i++) {
    const struct effect_rule *rule = g_ptr_array_index(rules, i);
    if (rule->call != NULL && matches(rule->call, name, plain))
      return true;
  }
  return false;
}

/* One argument before and after. */
struct change {
  const struct moved_unit *unit;
  const struct unit_argument *before, *after;
};

/* Whether a statement opens or closes something, by its text before or after. */
static bool is_statement(const struct pattern *text, const struct change *change)
{
  return text == NULL ||
         (change->before->kind != UNIT_ARGUMENT_INTEGER &&
          (pattern_matches_once(text, unit_string(change->unit->before, change->before->text)) ||
           pattern_matches_once(text, unit_string(change->unit->after, change->after->text))));
}

/* Whether a rule or model may look at what a call of this routine hands over. */
static bool is_looked_at(const struct judge *judge, const char *name, const struct change *change)
{
  g_autofree char *plain = effects_plain_name(name);
  const struct rules *rules = judge->rules;
  bool is_any = is_in_effects(rules->effects, name, plain) ||
                is_in_effects(rules->serving, name, plain) || strcmp(name, "dlsym") == 0 ||
                strcmp(name, "dlvsym") == 0;
  for (guint i = 0; i < rules->entries->len && !is_any; i++) {
    const struct entry_rule *rule = g_ptr_array_index(rules->entries, i);
    is_any = rule->kind == ENTRY_RULE_CALL && matches(rule->call, name, plain);
  }
  for (guint i = 0; i < rules->spans->len && !is_any; i++) {
    const struct span_rule *rule = g_ptr_array_index(rules->spans, i);
    is_any = (matches(rule->begin, name, plain) && is_statement(rule->begin_text, change)) ||
             (matches(rule->end, name, plain) && is_statement(rule->end_text, change));
  }
  for (guint i = 0; i < rules->storages->len && !is_any; i++)
    is_any = matches(((struct storage_rule *)rules->storages->pdata[i])->call, name, plain);
  for (guint i = 0; i < judge->models->models->len && !is_any; i++)
    is_any = matches(((struct model *)judge->models->models->pdata[i])->routine, name, plain);
  return is_any;
}

/* ---- what the routine that is called does with a number ---- */

/* Whether a parameter of a body decides nothing, there or where it is handed on. */
static bool is_idle_param(const struct unit *unit, uint32_t routine, uint32_t position)
{
  const struct unit_routine *row = &unit->routines[routine];
  if (position >= row->n_params)
    return (row->flags & (UNIT_ROUTINE_VARIADIC | UNIT_ROUTINE_NO_PROTOTYPE)) != 0;
  const struct unit_param *param = &unit->params[row->first_param + position];
  if ((param->uses & UNIT_USE_PASSED) != 0)
    return false;
  for (uint32_t i = 0; i < unit->n_guards; i++) {
    const struct unit_object *object = &unit->objects[unit->guards[i].object];
    if (unit->guards[i].routine == routine && object->kind == UNIT_OBJECT_PARAM &&
        object->position == position)
      return false;
  }
  for (uint32_t i = 0; i < unit->n_arms; i++) {
    const struct unit_arm *arm = &unit->arms[i];
    if (arm->routine == routine && arm->object != UNIT_NONE &&
        unit->objects[arm->object].kind == UNIT_OBJECT_PARAM &&
        unit->objects[arm->object].position == position)
      return false;
  }
  for (uint32_t i = 0; i < unit->n_arguments; i++) {
    const struct unit_argument *argument = &unit->arguments[i];
    if (argument->kind == UNIT_ARGUMENT_PARAM && argument->integer == (int64_t)position &&
        unit->calls[argument->call].caller == routine)
      return false;
  }
  return true;
}

/* The same for all bodies that a unit has of a routine; counts them. */
static bool is_idle_in(const struct unit *unit, const struct fact_routine *callee,
                       uint32_t position, guint *n)
{
  for (uint32_t i = 0; i < unit->n_routines; i++) {
    const struct unit_routine *row = &unit->routines[i];
    if ((row->flags & UNIT_ROUTINE_DEFINED) == 0 ||
        strcmp(unit_string(unit, row->name), callee->name) != 0 ||
        strcmp(findings_file(unit, row->file), callee->file) != 0)
      continue;
    ++*n;
    if (!is_idle_param(unit, i, position))
      return false;
  }
  return true;
}

static bool judge_bodies(struct judge *judge, const struct moved_unit *unit,
                         const struct fact_routine *callee, uint32_t position, GError **error)
{
  guint n = 0;
  judge->is_harmless = is_idle_in(unit->before, callee, position, &n);
  if (!judge->is_harmless || n != 0)
    return true;
  g_autoptr(record_set) set =
      store_load_text(judge->input->store, &fact_unit_table, "file", callee->file, NULL, error);
  for (size_t i = 0; set != NULL && i < set->n && judge->is_harmless; i++) {
    struct unit *home = unit_open(record_at(set, fact_unit, i)->facts, NULL);
    judge->is_harmless = home != NULL && is_idle_in(home, callee, position, &n);
    unit_free(home);
  }
  judge->is_harmless = judge->is_harmless && n != 0;
  return set != NULL;
}

/* ---- one constant ---- */

/* A number may choose what runs; a text is a text. */
static bool judge_callee(struct judge *judge, int64_t id, const struct change *change,
                         GError **error)
{
  g_autoptr(record_set) set =
      store_load_where(judge->input->store, &fact_routine_table, "id", id, NULL, error);
  if (set == NULL)
    return false;
  const struct fact_routine *callee = set->n == 1 ? record_at(set, fact_routine, 0) : NULL;
  judge->is_harmless = callee != NULL && *callee->attributes == '\0' &&
                       !is_looked_at(judge, callee->name, change) &&
                       !is_looked_at(judge, callee->symbol, change);
  return !judge->is_harmless || change->before->kind != UNIT_ARGUMENT_INTEGER ||
         !callee->is_defined ||
         judge_bodies(judge, change->unit, callee, change->before->position, error);
}

/* Whether the rows of a call's arguments are its own. */
static bool has_own_site(const struct linkage *linkage, uint32_t call, int64_t site)
{
  const struct unit *unit = linkage_unit(linkage, 0);
  uint32_t file = unit->calls[call].file;
  if (site == 0 || (unit->files[file].flags & UNIT_FILE_MAIN) == 0)
    return false;
  for (uint32_t i = 0; i < unit->n_calls; i++) {
    if (i != call && findings_site(linkage, 0, i) == site)
      return false;
  }
  return true;
}

static bool judge_constant(struct judge *judge, const struct moved_unit *unit,
                           const struct linkage *linkage, uint32_t row, GError **error)
{
  struct change change = {unit, &unit->before->arguments[row], &unit->after->arguments[row]};
  uint32_t number = change.before->call;
  const struct unit_call *call = &unit->before->calls[number];
  int64_t site = findings_site(linkage, 0, number);
  judge->is_harmless =
      call->callee != UNIT_NONE && has_own_site(linkage, number, site) &&
      !is_looked_at(judge, unit_string(unit->before, unit->before->routines[call->callee].name),
                    &change);
  if (!judge->is_harmless)
    return true;
  g_autoptr(record_set) set =
      store_load_where(judge->input->store, &fact_call_table, "site", site, NULL, error);
  judge->is_harmless = set != NULL && set->n != 0;
  bool is_fine = set != NULL;
  for (size_t i = 0; is_fine && i < set->n && judge->is_harmless; i++)
    is_fine = judge_callee(judge, record_at(set, fact_call, i)->callee, &change, error);
  return is_fine;
}

/* ---- all of it ---- */

/* Whether a rule is about the variable of an access. */
static bool is_ruled(const struct judge *judge, const struct unit *unit, uint32_t access)
{
  uint32_t object = unit->accesses[access].object;
  const GPtrArray *rules = judge->rules->effects;
  for (guint i = 0; i < rules->len && object != UNIT_NONE; i++) {
    const struct effect_rule *rule = g_ptr_array_index(rules, i);
    if (rule->variable != NULL &&
        pattern_matches_once(rule->variable, unit_string(unit, unit->objects[object].name)))
      return true;
  }
  return false;
}

static bool are_ruled(const struct judge *judge, const struct unit *unit, const GArray *twins)
{
  for (guint i = 0; i < twins->len; i++) {
    if (is_ruled(judge, unit, g_array_index(twins, struct moved_twin, i).access))
      return true;
  }
  return false;
}

static bool judge_unit(struct judge *judge, const struct moved_unit *unit, GError **error)
{
  judge->is_harmless =
      !are_ruled(judge, unit->before, unit->gone) && !are_ruled(judge, unit->after, unit->fresh);
  if (!judge->is_harmless || unit->constants->len == 0)
    return true;
  const struct unit *before = unit->before;
  struct linkage *linkage = linkage_new(&before, &unit->id, 1);
  bool is_fine = true;
  for (guint i = 0; is_fine && i < unit->constants->len && judge->is_harmless; i++)
    is_fine =
        judge_constant(judge, unit, linkage, g_array_index(unit->constants, uint32_t, i), error);
  linkage_free(linkage);
  return is_fine;
}

bool moved_constants_judge(const struct moved_constants_input *input, const struct moves *moves,
                           bool *is_harmless, GError **error)
{
  *is_harmless = true;
  g_autoptr(rules_owner) rules = rules_new();
  g_autoptr(models_owner) models = models_new();
  struct judge judge = {.input = input, .rules = rules, .models = models, .is_harmless = true};
  bool is_read = false, is_fine = true;
  for (guint i = 0; i < moves->units->len && is_fine && judge.is_harmless; i++) {
    const struct moved_unit *unit = g_ptr_array_index(moves->units, i);
    if (unit->constants->len == 0 && unit->gone->len == 0 && unit->fresh->len == 0)
      continue;
    is_fine = is_read || link_read_data(input->data_folder, input->files, rules, models, error);
    is_read = true;
    is_fine = is_fine && judge_unit(&judge, unit, error);
  }
  *is_harmless = judge.is_harmless;
  return is_fine;
}
