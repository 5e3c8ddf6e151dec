#include "reports/page_data.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "reports/levels.h"
#include "reports/prices.h"
#include "reports/text.h"

static json_t *text(const char *raw)
{
  g_autofree char *safe = text_escape(raw ? raw : "", true);
  return json_string(safe);
}

static json_t *text_or_null(const char *raw)
{
  return raw ? text(raw) : json_null();
}

static void append_int(json_t *list, int64_t value)
{
  json_array_append_new(list, json_integer(value));
}

/* Puts a new empty list into OBJECT and returns it, borrowed. */
static json_t *add_list(json_t *object, const char *name)
{
  json_t *list = json_array();
  json_object_set_new(object, name, list);
  return list;
}

static int file_index(GHashTable *files, const char *file)
{
  return GPOINTER_TO_INT(g_hash_table_lookup(files, file)) - 1;
}

/* All files that anything refers to, by name; headers and generated ones too. */
static json_t *pack_files(const struct model *model, GHashTable *index)
{
  json_t *list = json_array();
  for (size_t i = 0; i < model->files->n; i++) {
    const struct fact_file *file = record_at(model->files, fact_file, i);
    g_hash_table_insert(index, (gpointer)file->file, GINT_TO_POINTER((int)i + 1));
    json_array_append_new(list, json_pack("{s:o,s:b,s:o,s:I}", "name", text(file->file), "is_tu",
                                          (int)file->is_tu, "status", text(file->status),
                                          "n_errors", (json_int_t)file->n_errors));
  }
  return list;
}

/* A file that is in no fact_file row still gets a place in LIST. */
static int file_of(GHashTable *index, json_t *list, const char *file)
{
  if (file[0] == '\0') {
    return -1;
  }
  int found = file_index(index, file);
  if (found < 0) {
    found = (int)json_array_size(list);
    g_hash_table_insert(index, (gpointer)file, GINT_TO_POINTER(found + 1));
    json_array_append_new(list, json_pack("{s:o,s:b,s:s,s:i}", "name", text(file), "is_tu", 0,
                                          "status", "ok", "n_errors", 0));
  }
  return found;
}

struct packer {
  const struct model *model;
  GHashTable *file_index;
  json_t *files;
  GHashTable *text_index; /* raw text -> its place in texts, from 1 */
  json_t *texts;          /* what many rows say alike */
};

/* Appends to LIST the place of RAW among the texts. */
static void append_interned(struct packer *packer, json_t *list, const char *raw)
{
  int found = GPOINTER_TO_INT(g_hash_table_lookup(packer->text_index, raw));
  if (found == 0) {
    json_array_append_new(packer->texts, text(raw));
    found = (int)json_array_size(packer->texts);
    g_hash_table_insert(packer->text_index, (gpointer)raw, GINT_TO_POINTER(found));
  }
  append_int(list, found - 1);
}

/* Sparse columns are flat lists of row and value, for what is mostly USUAL. */
static void append_unusual(json_t *list, guint row, int64_t value, int64_t usual)
{
  if (value != usual) {
    append_int(list, row);
    append_int(list, value);
  }
}

static int packed_file(struct packer *packer, const char *file)
{
  return file_of(packer->file_index, packer->files, file);
}

/* Per routine or state, the member row that speaks of it. */
static const struct plan_member **members_by_item(const struct model *model, bool is_routine)
{
  size_t n = is_routine ? model->routines->n : model->states->n;
  const struct plan_member **members = g_new0(const struct plan_member *, n + 1);
  for (size_t i = 0; i < model->members->n; i++) {
    const struct plan_member *member = record_at(model->members, plan_member, i);
    if ((strcmp(member->kind, "routine") == 0) != is_routine) {
      continue;
    }
    int item = is_routine ? model_routine(model, member->item) : model_state(model, member->item);
    if (item >= 0 && (!members[item] || member->service != 0)) {
      members[item] = member;
    }
  }
  return members;
}

static json_t *pack_routines(struct packer *packer)
{
  const struct model *model = packer->model;
  json_t *object = json_object();
  json_t *name = add_list(object, "name");
  json_t *file = add_list(object, "file");
  json_t *line = add_list(object, "line");
  json_t *end = add_list(object, "end");
  json_t *service = add_list(object, "service");
  json_t *size = add_list(object, "size");
  json_t *margin = add_list(object, "margin");
  json_t *reason = add_list(object, "reason");
  g_autofree const struct plan_member **members = members_by_item(model, true);
  for (size_t i = 0; i < model->routines->n; i++) {
    const struct fact_routine *routine = model_routine_at(model, (int)i);
    json_array_append_new(name, text(routine->name));
    append_int(file, packed_file(packer, routine->file));
    append_int(line, routine->line);
    append_int(end, routine->is_defined ? MAX(1, routine->end_line) : 0);
    append_int(service, model->routine_service[i]);
    append_int(size, routine->n_statements);
    double value = members[i] ? members[i]->margin : 0;
    json_array_append_new(margin, value == 0 ? json_integer(0) : json_real(value));
    append_interned(packer, reason, members[i] ? members[i]->reason : "");
  }
  return object;
}

/* Rows stand by their first column, of which only the number of rows for each index is written; the
 * second is written as the distance from the row before, lines as that from the routine's line. */
static json_t *pack_calls(struct packer *packer)
{
  const struct model *model = packer->model;
  json_t *object = json_object();
  json_t *count = add_list(object, "count");
  json_t *to = add_list(object, "to");
  json_t *line = add_list(object, "line");
  json_t *n = add_list(object, "n");
  json_t *file = add_list(object, "file");
  g_autoptr(GString) indirect = g_string_new(NULL);
  guint row = 0;
  for (int i = 0; i < (int)model->routines->n; i++) {
    guint first = row;
    int before = 0;
    int64_t start = model_routine_at(model, i)->line;
    int usual = packed_file(packer, model_routine_at(model, i)->file);
    for (; row < model->calls->len; row++) {
      const struct model_call *call = &g_array_index(model->calls, struct model_call, row);
      if (call->caller != i) {
        break;
      }
      append_int(to, call->callee - before);
      append_int(line, call->line - start);
      append_unusual(n, row, call->n_sites, 1);
      g_string_append_c(indirect, call->is_indirect ? 'i' : 'd');
      before = call->callee;
      append_unusual(file, row, packed_file(packer, call->file), usual);
    }
    append_int(count, row - first);
  }
  json_object_set_new(object, "how", json_string(indirect->str));
  return object;
}

static json_t *pack_states(struct packer *packer)
{
  const struct model *model = packer->model;
  json_t *object = json_object();
  json_t *name = add_list(object, "name");
  json_t *file = add_list(object, "file");
  json_t *line = add_list(object, "line");
  json_t *storage = add_list(object, "storage");
  json_t *class = add_list(object, "class");
  json_t *type = add_list(object, "type");
  json_t *service = add_list(object, "service");
  json_t *reason = add_list(object, "reason");
  g_autofree const struct plan_member **members = members_by_item(model, false);
  for (int i = 0; i < (int)model->states->n; i++) {
    const struct fact_state *state = model_state_at(model, i);
    g_autofree char *full = model_state_name(model, i);
    json_array_append_new(name, text(full));
    append_int(file, packed_file(packer, state->file));
    append_int(line, state->line);
    append_interned(packer, storage, state->storage);
    append_interned(packer, class, state->class);
    append_interned(packer, type, state->type);
    append_int(service, model->state_service[i]);
    append_interned(packer, reason, members[i] ? members[i]->reason : "");
  }
  return object;
}

static json_t *pack_accesses(struct packer *packer)
{
  const struct model *model = packer->model;
  json_t *object = json_object();
  json_t *count = add_list(object, "count");
  json_t *state = add_list(object, "state");
  json_t *line = add_list(object, "line");
  json_t *n = add_list(object, "n");
  json_t *file = add_list(object, "file");
  g_autoptr(GString) modes = g_string_new(NULL);
  guint row = 0;
  for (int i = 0; i < (int)model->routines->n; i++) {
    guint first = row;
    int before = 0;
    int64_t start = model_routine_at(model, i)->line;
    int usual = packed_file(packer, model_routine_at(model, i)->file);
    for (; row < model->accesses->len; row++) {
      const struct model_access *access = &g_array_index(model->accesses, struct model_access, row);
      if (access->routine != i) {
        break;
      }
      append_int(state, access->state - before);
      append_int(line, access->line - start);
      before = access->state;
      g_string_append_c(modes, access->mode);
      append_unusual(n, row, access->n_sites, 1);
      append_unusual(file, row, packed_file(packer, access->file), usual);
    }
    append_int(count, row - first);
  }
  json_object_set_new(object, "modes", json_string(modes->str));
  return object;
}

static json_t *pack_services(const struct model *model)
{
  g_autofree int64_t *n_routines = g_new0(int64_t, model->services->n + 1);
  g_autofree int64_t *n_states = g_new0(int64_t, model->services->n + 1);
  g_autofree int64_t *n_functions = g_new0(int64_t, model->services->n + 1);
  for (size_t i = 0; i < model->routines->n; i++) {
    if (model->routine_service[i] >= 0) {
      n_routines[model->routine_service[i]]++;
    }
  }
  for (size_t i = 0; i < model->states->n; i++) {
    if (model->state_service[i] >= 0) {
      n_states[model->state_service[i]]++;
    }
  }
  for (size_t i = 0; i < model->functions->n; i++) {
    int service = model_service(model, record_at(model->functions, plan_function, i)->service);
    if (service >= 0) {
      n_functions[service]++;
    }
  }
  json_t *list = json_array();
  for (size_t i = 0; i < model->services->n; i++) {
    const struct plan_service *service = record_at(model->services, plan_service, i);
    json_array_append_new(list, json_pack("{s:o,s:o,s:f,s:I,s:I,s:I}", "name", text(service->name),
                                          "reason", text(service->reason), "score", service->score,
                                          "n_routines", (json_int_t)n_routines[i], "n_states",
                                          (json_int_t)n_states[i], "n_functions",
                                          (json_int_t)n_functions[i]));
  }
  return list;
}

/* Routines and states in the closure of every function, by its id. */
static GHashTable *count_closures(const struct model *model, const char *kind)
{
  GHashTable *counts = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (size_t i = 0; i < model->closures->n; i++) {
    const struct plan_closure *closure = record_at(model->closures, plan_closure, i);
    if (strcmp(closure->kind, kind) == 0) {
      int n = GPOINTER_TO_INT(g_hash_table_lookup(counts, &closure->function));
      g_hash_table_insert(counts, (gpointer)&closure->function, GINT_TO_POINTER(n + 1));
    }
  }
  return counts;
}

static json_t *pack_functions(const struct model *model)
{
  g_autoptr(GHashTable) n_routines = count_closures(model, "routine");
  g_autoptr(GHashTable) n_states = count_closures(model, "state");
  json_t *list = json_array();
  for (size_t i = 0; i < model->functions->n; i++) {
    const struct plan_function *f = record_at(model->functions, plan_function, i);
    int routine = model_routine(model, f->routine);
    if (routine < 0) {
      continue;
    }
    json_array_append_new(
        list, json_pack("{s:o,s:o,s:i,s:i,s:o,s:o,s:o,s:o,s:o,s:I,s:i,s:i}", "name", text(f->name),
                        "unit", text(f->unit), "service", model_service(model, f->service),
                        "routine", routine, "trigger", text(f->trigger), "key", text(f->key),
                        "readiness", text(f->readiness), "reason", text(f->reason), "file",
                        text(f->file), "line", (json_int_t)f->line, "n_routines",
                        GPOINTER_TO_INT(g_hash_table_lookup(n_routines, &f->id)), "n_states",
                        GPOINTER_TO_INT(g_hash_table_lookup(n_states, &f->id))));
  }
  return list;
}

static json_t *pack_cuts(struct packer *packer)
{
  static const char *const columns[] = {"from",  "to",      "mode",   "routine", "item", "n",
                                        "price", "marshal", "reason", "file",    "line"};
  const struct model *model = packer->model;
  json_t *object = json_object();
  json_t *list[G_N_ELEMENTS(columns)];
  for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
    list[i] = add_list(object, columns[i]);
  }
  for (size_t i = 0; i < model->cuts->n; i++) {
    const struct plan_cut *cut = record_at(model->cuts, plan_cut, i);
    int routine = model_routine(model, cut->routine);
    bool is_call = strcmp(cut->kind, "call") == 0;
    int item = is_call ? model_routine(model, cut->item) : model_state(model, cut->item);
    if (routine < 0 || item < 0) {
      continue;
    }
    append_int(list[0], model_service(model, cut->from_service));
    append_int(list[1], model_service(model, cut->to_service));
    append_interned(packer, list[2], cut->mode);
    append_int(list[3], routine);
    append_int(list[4], item);
    append_int(list[5], cut->n_sites);
    json_array_append_new(list[6], json_real(cut->price));
    append_interned(packer, list[7], cut->marshal);
    append_interned(packer, list[8], cut->reason);
    append_int(list[9], packed_file(packer, cut->file));
    append_int(list[10], cut->line);
  }
  return object;
}

static json_t *pack_steps(const struct model *model)
{
  json_t *list = json_array();
  for (size_t i = 0; i < model->steps->n; i++) {
    const struct plan_step *step = record_at(model->steps, plan_step, i);
    json_array_append_new(list, json_pack("{s:i,s:f,s:I,s:o}", "service",
                                          model_service(model, step->service), "cut", step->cut,
                                          "n_ready", (json_int_t)step->n_ready, "reason",
                                          text(step->reason)));
  }
  return list;
}

static json_t *pack_bills(const struct model *model)
{
  json_t *list = json_array();
  for (size_t i = 0; i < model->bills->n; i++) {
    const struct result_bill *bill = record_at(model->bills, result_bill, i);
    json_array_append_new(list,
                          json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "stage",
                                    text(bill->stage), "cloud", text(bill->cloud), "name",
                                    text(bill->name), "plan", text(bill->billing_plan), "item",
                                    text(bill->item), "quantity", text(bill->quantity), "unit",
                                    text(bill->unit), "unit_price", text(bill->unit_price),
                                    "amount", text(bill->amount), "source", text(bill->source)));
  }
  return list;
}

static json_t *pack_setups(const struct model *model)
{
  json_t *list = json_array();
  for (size_t i = 0; i < model->setups->n; i++) {
    const struct plan_setup *setup = record_at(model->setups, plan_setup, i);
    json_array_append_new(
        list, json_pack("{s:i,s:I,s:b,s:b,s:I,s:f,s:f,s:o}", "service",
                        model_service(model, setup->service), "number", (json_int_t)setup->number,
                        "is_planned", (int)setup->is_planned, "is_on_front",
                        (int)setup->is_on_front, "n_functions", (json_int_t)setup->n_functions,
                        "cost", setup->cost, "latency", setup->latency, "text", text(setup->text)));
  }
  return list;
}

static json_t *pack_ranges(const struct model *model)
{
  json_t *list = json_array();
  for (size_t i = 0; i < model->ranges->n; i++) {
    const struct result_range *range = record_at(model->ranges, result_range, i);
    json_array_append_new(list,
                          json_pack("{s:o,s:o,s:o,s:o,s:f,s:f,s:f}", "cloud", text(range->cloud),
                                    "plan", text(range->billing_plan), "name", text(range->name),
                                    "input", text(range->input), "low", range->low, "likely",
                                    range->likely, "high", range->high));
  }
  return list;
}

static json_t *pack_levels(const struct model *model, const struct levels_watch *watch)
{
  static const char *const kinds[] = {"", "cut", "foreign"};
  g_autoptr(GPtrArray) levels = levels_make(model, 2, watch);
  json_t *list = json_array();
  for (guint i = 0; i < levels->len; i++) {
    const struct level *level = g_ptr_array_index(levels, i);
    json_t *boxes = json_array();
    json_t *arrows = json_array();
    for (guint k = 0; k < level->boxes->len; k++) {
      const struct level_box *box = &g_array_index(level->boxes, struct level_box, k);
      json_array_append_new(boxes,
                            json_pack("[s,i,i,i]", box->kind, box->ref, (int)box->x, (int)box->y));
    }
    for (guint k = 0; k < level->arrows->len; k++) {
      const struct level_arrow *arrow = &g_array_index(level->arrows, struct level_arrow, k);
      json_array_append_new(arrows, json_pack("[i,i,i,s,s?]", arrow->from, arrow->to, arrow->n,
                                              kinds[arrow->kind], arrow->path));
    }
    json_array_append_new(list, json_pack("{s:i,s:b,s:s,s:o,s:o}", "service", level->service,
                                          "is_placed", (int)level->is_placed, "note", level->note,
                                          "boxes", boxes, "arrows", arrows));
  }
  return list;
}

static json_t *pack_meter(const struct prices_meter *meter)
{
  json_t *tiers = json_array();
  for (guint i = 0; i < meter->tiers->len; i++) {
    const struct prices_tier *tier = g_ptr_array_index(meter->tiers, i);
    json_array_append_new(tiers, json_pack("{s:o,s:o}", "up_to", text_or_null(tier->up_to), "price",
                                           text(tier->price)));
  }
  return json_pack("{s:o,s:o,s:o,s:b,s:o,s:o}", "unit", text(meter->unit), "tiers", tiers, "grant",
                   text_or_null(meter->grant), "grant_is_money", (int)meter->grant_is_money,
                   "source", text(meter->source), "as_of", text(meter->as_of));
}

static json_t *pack_prices(const GPtrArray *prices)
{
  json_t *list = json_array();
  for (guint i = 0; prices && i < prices->len; i++) {
    const struct prices_plan *plan = g_ptr_array_index(prices, i);
    json_t *rules = json_object();
    json_t *sizes = json_array();
    json_t *meters = json_object();
    for (guint k = 0; k < plan->rules->len; k++) {
      const struct prices_rule *rule = g_ptr_array_index(plan->rules, k);
      json_object_set_new(rules, rule->name, text(rule->value));
    }
    for (guint k = 0; k < plan->sizes->len; k++) {
      json_array_append_new(sizes, text(g_ptr_array_index(plan->sizes, k)));
    }
    for (guint k = 0; k < plan->meters->len; k++) {
      const struct prices_meter *meter = g_ptr_array_index(plan->meters, k);
      json_object_set_new(meters, meter->role, pack_meter(meter));
    }
    json_array_append_new(list,
                          json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "name", text(plan->name), "cloud",
                                    text(plan->cloud), "billing", text(plan->billing), "rules",
                                    rules, "sizes", sizes, "meters", meters));
  }
  return list;
}

/* JSON only has '<' inside strings, where \u003c means the same. */
static char *without_markup(const char *json)
{
  GString *out = g_string_sized_new(strlen(json) + 64);
  for (const char *p = json; *p; p++) {
    if (*p == '<') {
      g_string_append(out, "\\u003c");
    } else {
      g_string_append_c(out, *p);
    }
  }
  return g_string_free(out, FALSE);
}

char *page_data(const struct model *model, const struct page_options *options)
{
  g_autoptr(GHashTable) index = g_hash_table_new(g_str_hash, g_str_equal);
  g_autoptr(GHashTable) text_index = g_hash_table_new(g_str_hash, g_str_equal);
  struct packer packer = {model, index, pack_files(model, index), text_index, json_array()};
  json_t *document = json_object();
  json_object_set_new(document, "version", json_integer(1));
  json_object_set_new(document, "services", pack_services(model));
  json_object_set_new(document, "routines", pack_routines(&packer));
  json_object_set_new(document, "calls", pack_calls(&packer));
  json_object_set_new(document, "states", pack_states(&packer));
  json_object_set_new(document, "accesses", pack_accesses(&packer));
  json_object_set_new(document, "functions", pack_functions(model));
  json_object_set_new(document, "cuts", pack_cuts(&packer));
  json_object_set_new(document, "steps", pack_steps(model));
  json_object_set_new(document, "bills", pack_bills(model));
  json_object_set_new(document, "setups", pack_setups(model));
  json_object_set_new(document, "ranges", pack_ranges(model));
  json_object_set_new(document, "levels", pack_levels(model, options->watch));
  json_object_set_new(document, "plans", pack_prices(options->prices));
  json_object_set_new(document, "files", packer.files);
  json_object_set_new(document, "texts", packer.texts);
  char *json = json_dumps(document, JSON_COMPACT | JSON_REAL_PRECISION(6));
  json_decref(document);
  char *safe = without_markup(json);
  free(json);
  return safe;
}
