#include "splitter/plan_writer.h"

#include <string.h>

#include "splitter/cuts.h"
#include "splitter/explanation.h"
#include "splitter/extraction.h"
#include "splitter/previous.h"
#include "splitter/spans.h"
#include "store/identity.h"

struct writer {
  struct store *store;
  const struct proposal *proposal;
  GArray *service_id;    /* int64_t per service */
  GHashTable *n_reasons; /* "kind:item" -> how many were written */
};

static int64_t id_of_service(const struct writer *writer, guint32 service)
{
  return service == MONOLITH_NONE ? 0 : g_array_index(writer->service_id, int64_t, service);
}

static bool write_services(const struct writer *writer, GError **error)
{
  for (guint i = 0; i < writer->proposal->services->len; i++) {
    const struct service *service = &g_array_index(writer->proposal->services, struct service, i);
    double all = service->inside + service->outside;
    struct plan_service record = {.id = id_of_service(writer, i),
                                  .name = service->name,
                                  .score = all > 0 ? service->inside / all : 0,
                                  .reason = service->reason};
    if (!store_insert(writer->store, &plan_service_table, &record, error)) {
      return false;
    }
  }
  return true;
}

static bool write_place(const struct writer *writer, const struct place *place, const char *kind,
                        int64_t item, GError **error)
{
  static const char *const roles[] = {"",           "owner",    "member", "shared",
                                      "replicated", "external", "test"};
  if (place->role == PLACE_NONE) {
    return true;
  }
  struct plan_member record = {.service = id_of_service(writer, place->service),
                               .kind = kind,
                               .item = item,
                               .role = roles[place->role],
                               .margin = place->margin,
                               .confidence = place->confidence,
                               .second = id_of_service(writer, place->second),
                               .reason = place->reason};
  return store_insert(writer->store, &plan_member_table, &record, error);
}

static bool write_members(const struct writer *writer, GError **error)
{
  const struct monolith *monolith = writer->proposal->monolith;
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    if (!write_place(writer, &writer->proposal->routine[i], "routine", monolith->routines[i].id,
                     error)) {
      return false;
    }
  }
  for (guint32 i = 0; i < monolith->n_states; i++) {
    if (!write_place(writer, &writer->proposal->state[i], "state", monolith->states[i].id, error)) {
      return false;
    }
  }
  return true;
}

static bool write_closure(const struct writer *writer, int64_t function, const GArray *numbers,
                          bool is_routine, GError **error)
{
  const struct monolith *monolith = writer->proposal->monolith;
  for (guint i = 0; i < numbers->len; i++) {
    guint32 number = g_array_index(numbers, guint32, i);
    struct plan_closure record = {.function = function,
                                  .kind = is_routine ? "routine" : "state",
                                  .item = is_routine ? monolith->routines[number].id
                                                     : monolith->states[number].id};
    if (!store_insert(writer->store, &plan_closure_table, &record, error)) {
      return false;
    }
  }
  return true;
}

/* Reasons of one item rank in the order in which they are written. */
static bool write_reason(const struct writer *writer, const char *kind, int64_t item,
                         const char *evidence, double weight, const char *text, const char *file,
                         int64_t line, GError **error)
{
  char *key = g_strdup_printf("%s:%" G_GINT64_FORMAT, kind, (gint64)item);
  guint rank = GPOINTER_TO_UINT(g_hash_table_lookup(writer->n_reasons, key));
  g_hash_table_insert(writer->n_reasons, key, GUINT_TO_POINTER(rank + 1));
  struct plan_reason record = {.kind = kind,
                               .item = item,
                               .rank = rank,
                               .evidence = evidence,
                               .weight = weight,
                               .text = text,
                               .file = file,
                               .line = line};
  return store_insert(writer->store, &plan_reason_table, &record, error);
}

/* UNIT is the function that gives the unit of FUNCTION its name. */
static bool write_function(const struct writer *writer, const struct function *function,
                           const struct function *unit, GError **error)
{
  const struct monolith *monolith = writer->proposal->monolith;
  const struct obstacle *worst =
      function->obstacles->len > 0 ? &g_array_index(function->obstacles, struct obstacle, 0) : NULL;
  struct plan_function record = {
      .id = store_id("function", function->name, NULL),
      .name = function->name,
      .service = id_of_service(writer, function->service),
      .entry = function->entry != MONOLITH_NONE ? monolith->entries[function->entry].id : 0,
      .routine = monolith->routines[function->routine].id,
      .trigger = function->trigger,
      .key = function->key,
      .readiness = readiness_names[function->readiness],
      .reason = worst != NULL ? worst->text : "nothing stands in its way",
      .file = worst != NULL ? worst->file : "",
      .line = worst != NULL ? worst->line : 0,
      .unit = unit->name};
  if (!store_insert(writer->store, &plan_function_table, &record, error) ||
      !write_closure(writer, record.id, function->routines, true, error) ||
      !write_closure(writer, record.id, function->states, false, error)) {
    return false;
  }
  for (guint i = 0; i < function->obstacles->len; i++) {
    const struct obstacle *obstacle = &g_array_index(function->obstacles, struct obstacle, i);
    if (!write_reason(writer, "function", record.id, readiness_names[obstacle->readiness],
                      (double)obstacle->readiness, obstacle->text, obstacle->file, obstacle->line,
                      error)) {
      return false;
    }
  }
  return true;
}

static bool write_cut(const struct writer *writer, const struct cut *cut, GError **error)
{
  static const char *const modes[] = {"call", "read", "write"};
  const struct proposal *proposal = writer->proposal;
  const struct monolith *monolith = proposal->monolith;
  bool is_call = cut->kind == CUT_CALL;
  int64_t item = is_call ? monolith->routines[cut->item].id : monolith->states[cut->item].id;
  int64_t routine = monolith->routines[cut->routine].id;
  g_autofree char *routine_text = g_strdup_printf("%" G_GINT64_FORMAT, routine);
  g_autofree char *item_text = g_strdup_printf("%" G_GINT64_FORMAT, item);
  struct plan_cut record = {.id = store_id("cut", proposal_service_name(proposal, cut->from),
                                           proposal_service_name(proposal, cut->to),
                                           modes[cut->kind], routine_text, item_text, NULL),
                            .from_service = id_of_service(writer, cut->from),
                            .to_service = id_of_service(writer, cut->to),
                            .kind = is_call ? "call" : "state",
                            .mode = modes[cut->kind],
                            .routine = routine,
                            .item = item,
                            .n_sites = cut->n_sites,
                            .price = cut->price,
                            .marshal = marshal_names[cut->marshal],
                            .reason = cut->reason,
                            .file = cut->file,
                            .line = cut->line};
  return store_insert(writer->store, &plan_cut_table, &record, error);
}

static bool write_reasons(const struct writer *writer, const GArray *reasons, GError **error)
{
  static const char *const kinds[] = {"routine", "state", "service"};
  const struct monolith *monolith = writer->proposal->monolith;
  for (guint i = 0; i < reasons->len; i++) {
    const struct reason *reason = &g_array_index(reasons, struct reason, i);
    int64_t item = reason->subject == REASON_ROUTINE ? monolith->routines[reason->item].id
                   : reason->subject == REASON_STATE ? monolith->states[reason->item].id
                                                     : id_of_service(writer, reason->item);
    if (!write_reason(writer, kinds[reason->subject], item, reason->evidence, reason->weight,
                      reason->text, reason->file, reason->line, error)) {
      return false;
    }
  }
  return true;
}

/* What a transaction or lock does to the services: kept whole, cut, or too coarse to be kept. */
static char *describe_group(const struct proposal *proposal, const struct span_group *group)
{
  const struct monolith *monolith = proposal->monolith;
  GString *text = g_string_new(group->is_transaction ? "transaction in " : "lock ");
  if (group->is_transaction) {
    g_string_append(text, monolith->routines[group->routine].name);
  } else {
    g_autofree char *lock = monolith_state_name(&monolith->states[group->lock]);
    g_string_append(text, lock);
  }
  g_string_append_printf(text, " (to line %" G_GINT64_FORMAT ") writes", group->end_line);
  g_autoptr(GHashTable) services = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < group->states->len; i++) {
    guint32 state = g_array_index(group->states, guint32, i);
    if (state == group->lock) {
      continue;
    }
    const char *service = proposal_service_name(proposal, proposal->state[state].service);
    g_autofree char *name = monolith_state_name(&monolith->states[state]);
    g_string_append_printf(text, " %s (%s)", name, service);
    g_hash_table_add(services, (gpointer)service);
  }
  g_string_append(text, g_hash_table_size(services) > 1 ? ": cut" : ": kept whole");
  if (group->is_coarse) {
    g_string_append(text, ", guards too much to draw a boundary from");
  }
  return g_string_free(text, FALSE);
}

static bool write_groups(const struct writer *writer, const GPtrArray *groups, GError **error)
{
  for (guint i = 0; i < groups->len; i++) {
    const struct span_group *group = g_ptr_array_index(groups, i);
    guint32 service = writer->proposal->routine[group->routine].service;
    if (service == MONOLITH_NONE || group->states->len < 2) {
      continue;
    }
    g_autofree char *text = describe_group(writer->proposal, group);
    if (!write_reason(writer, "service", id_of_service(writer, service),
                      group->is_transaction ? "transaction" : "lock", 0, text, group->file,
                      group->line, error)) {
      return false;
    }
  }
  return true;
}

static bool write_fusion(const struct writer *writer, const struct plan_draft *plan, GError **error)
{
  for (guint i = 0; i < plan->fusion->notes->len; i++) {
    const struct fusion_note *note = &g_array_index(plan->fusion->notes, struct fusion_note, i);
    const struct function *function = g_ptr_array_index(plan->functions, note->function);
    if (!write_reason(writer, "function", store_id("function", function->name, NULL), "fusion",
                      note->weight, note->text, note->file, note->line, error)) {
      return false;
    }
  }
  return true;
}

static bool write_deployment(const struct writer *writer, const struct plan_draft *plan,
                             GError **error)
{
  const struct deployment *deployment = plan->deployment;
  for (guint i = 0; deployment != NULL && i < deployment->billing->len; i++) {
    const struct double_billing *billing =
        &g_array_index(deployment->billing, struct double_billing, i);
    const struct function *function = g_ptr_array_index(plan->functions, billing->function);
    if (!write_reason(writer, "function", store_id("function", function->name, NULL), "billing",
                      billing->cost, billing->text, billing->file, billing->line, error)) {
      return false;
    }
  }
  for (guint i = 0; deployment != NULL && i < deployment->setups->len; i++) {
    const struct service_setup *setup = &g_array_index(deployment->setups, struct service_setup, i);
    struct plan_setup record = {.service = id_of_service(writer, setup->service),
                                .number = setup->number,
                                .is_planned = setup->is_planned,
                                .is_on_front = setup->is_on_front,
                                .n_functions = setup->n_functions,
                                .cost = setup->cost,
                                .latency = setup->latency,
                                .gap = setup->gap,
                                .text = setup->text};
    if (!store_insert(writer->store, &plan_setup_table, &record, error)) {
      return false;
    }
  }
  return true;
}

static bool write_steps(const struct writer *writer, const GArray *steps, GError **error)
{
  for (guint i = 0; i < steps->len; i++) {
    const struct extraction_step *step = &g_array_index(steps, struct extraction_step, i);
    struct plan_step record = {.step = (int64_t)i + 1,
                               .service = id_of_service(writer, step->service),
                               .cut = step->cut,
                               .n_ready = step->n_ready,
                               .n_functions = step->n_functions,
                               .n_blocked = step->n_blocked,
                               .own_cut = step->own_cut,
                               .reason = step->reason};
    if (!store_insert(writer->store, &plan_step_table, &record, error)) {
      return false;
    }
  }
  return true;
}

static bool write_decisions(const struct writer *writer, const struct plan_draft *plan,
                            GError **error)
{
  for (guint i = 0; i < plan->decisions->len; i++) {
    const struct decision *decision = g_ptr_array_index(plan->boundaries->decisions, i);
    const struct decision_price *price = g_ptr_array_index(plan->decisions, i);
    struct plan_decision record = {.position = (int64_t)i + 1,
                                   .file = plan->boundaries->path,
                                   .line = decision->line,
                                   .column = decision->column,
                                   .kind = decision_section(decision->kind),
                                   .text = price->says,
                                   .names = decision->text,
                                   .n_matches = price->n_matches,
                                   .cut_price = price->cut_price,
                                   .n_cuts = price->n_cuts,
                                   .n_foreign_writes = price->n_foreign_writes,
                                   .evidence = price->evidence,
                                   .n_moved = price->n_moved,
                                   .effect = price->effect};
    if (!store_insert(writer->store, &plan_decision_table, &record, error)) {
      return false;
    }
  }
  return true;
}

static bool write_info(const struct writer *writer, const struct plan_draft *plan, GError **error)
{
  g_autofree char *resolution = g_strdup_printf("%" G_GINT64_FORMAT, plan->resolution);
  g_autofree char *groups =
      previous_groups_text(plan->proposal->monolith, plan->proposal->evidence, plan->labels,
                           (const char *const *)plan->proposal->label_name);
  return store_set_info(writer->store, "split_resolution", resolution, error) &&
         store_set_info(writer->store, "split_groups", groups, error) &&
         store_set_info(writer->store, "split_options", plan->options, error);
}

static bool write_all(const struct writer *writer, const struct plan_draft *plan, GError **error)
{
  for (guint i = 0; plan_tables[i] != NULL; i++) {
    if (!store_clear(writer->store, plan_tables[i], error)) {
      return false;
    }
  }
  if (!write_services(writer, error) || !write_members(writer, error)) {
    return false;
  }
  for (guint i = 0; i < plan->functions->len; i++) {
    const struct function *unit = g_ptr_array_index(plan->functions, plan->fusion->unit[i]);
    if (!write_function(writer, g_ptr_array_index(plan->functions, i), unit, error)) {
      return false;
    }
  }
  for (guint i = 0; i < plan->cuts->len; i++) {
    if (!write_cut(writer, &g_array_index(plan->cuts, struct cut, i), error)) {
      return false;
    }
  }
  return write_reasons(writer, plan->reasons, error) && write_groups(writer, plan->groups, error) &&
         write_fusion(writer, plan, error) && write_deployment(writer, plan, error) &&
         write_steps(writer, plan->steps, error) && write_decisions(writer, plan, error) &&
         write_info(writer, plan, error);
}

bool plan_write(struct store *store, const struct plan_draft *plan, GError **error)
{
  const struct proposal *proposal = plan->proposal;
  g_autoptr(GArray) service_id = g_array_new(FALSE, FALSE, sizeof(int64_t));
  for (guint i = 0; i < proposal->services->len; i++) {
    int64_t id =
        store_id("service", g_array_index(proposal->services, struct service, i).name, NULL);
    g_array_append_val(service_id, id);
  }
  g_autoptr(GHashTable) n_reasons = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  struct writer writer = {store, proposal, service_id, n_reasons};
  if (!store_begin(store, error)) {
    return false;
  }
  if (!write_all(&writer, plan, error)) {
    store_rollback(store);
    return false;
  }
  return store_commit(store, error);
}
