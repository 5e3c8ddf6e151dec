#include "splitter/plan_writer.h"

#include "splitter/cuts.h"
#include "store/identity.h"

struct writer {
  struct store *store;
  const struct proposal *proposal;
  GArray *service_id; /* int64_t per service */
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
  static const char *const roles[] = {"", "owner", "member", "shared", "replicated", "external"};
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

static bool write_reason(const struct writer *writer, const char *kind, int64_t item, int rank,
                         const char *evidence, double weight, const char *text, const char *file,
                         int64_t line, GError **error)
{
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

static bool write_function(const struct writer *writer, const struct function *function,
                           GError **error)
{
  const struct monolith *monolith = writer->proposal->monolith;
  const struct obstacle *worst =
      function->obstacles->len > 0 ? &g_array_index(function->obstacles, struct obstacle, 0) : NULL;
  struct plan_function record = {.id = store_id("function", function->name, NULL),
                                 .name = function->name,
                                 .service = id_of_service(writer, function->service),
                                 .entry = monolith->entries[function->entry].id,
                                 .routine = monolith->routines[function->routine].id,
                                 .trigger = function->trigger,
                                 .key = function->key,
                                 .readiness = readiness_names[function->readiness],
                                 .reason =
                                     worst != NULL ? worst->text : "nothing stands in its way",
                                 .file = worst != NULL ? worst->file : "",
                                 .line = worst != NULL ? worst->line : 0};
  if (!store_insert(writer->store, &plan_function_table, &record, error) ||
      !write_closure(writer, record.id, function->routines, true, error) ||
      !write_closure(writer, record.id, function->states, false, error)) {
    return false;
  }
  for (guint i = 0; i < function->obstacles->len; i++) {
    const struct obstacle *obstacle = &g_array_index(function->obstacles, struct obstacle, i);
    if (!write_reason(writer, "function", record.id, (int)i, readiness_names[obstacle->readiness],
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

static bool write_all(const struct writer *writer, const GPtrArray *functions, const GArray *cuts,
                      GError **error)
{
  for (guint i = 0; plan_tables[i] != NULL; i++) {
    if (!store_clear(writer->store, plan_tables[i], error)) {
      return false;
    }
  }
  if (!write_services(writer, error) || !write_members(writer, error)) {
    return false;
  }
  for (guint i = 0; i < functions->len; i++) {
    if (!write_function(writer, g_ptr_array_index(functions, i), error)) {
      return false;
    }
  }
  for (guint i = 0; i < cuts->len; i++) {
    if (!write_cut(writer, &g_array_index(cuts, struct cut, i), error)) {
      return false;
    }
  }
  return true;
}

bool plan_write(struct store *store, const struct proposal *proposal, const GPtrArray *functions,
                const GArray *cuts, GError **error)
{
  g_autoptr(GArray) service_id = g_array_new(FALSE, FALSE, sizeof(int64_t));
  for (guint i = 0; i < proposal->services->len; i++) {
    int64_t id =
        store_id("service", g_array_index(proposal->services, struct service, i).name, NULL);
    g_array_append_val(service_id, id);
  }
  struct writer writer = {store, proposal, service_id};
  if (!store_begin(store, error)) {
    return false;
  }
  if (!write_all(&writer, functions, cuts, error)) {
    store_rollback(store);
    return false;
  }
  return store_commit(store, error);
}
