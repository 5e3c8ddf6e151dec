#include "splitter/monolith.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static GHashTable *number_ids(const void *records, size_t n, size_t size, size_t offset)
{
  GHashTable *numbers = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (size_t i = 0; i < n; i++) {
    const char *record = (const char *)records + i * size;
    g_hash_table_insert(numbers, (gpointer)(guintptr)(record + offset), GUINT_TO_POINTER(i + 1));
  }
  return numbers;
}

static guint32 find_number(GHashTable *numbers, int64_t id)
{
  gpointer known = g_hash_table_lookup(numbers, &id);
  return known == NULL ? MONOLITH_NONE : GPOINTER_TO_UINT(known) - 1;
}

guint32 monolith_routine(const struct monolith *monolith, int64_t id)
{
  return find_number(monolith->routine_of, id);
}

guint32 monolith_state(const struct monolith *monolith, int64_t id)
{
  return find_number(monolith->state_of, id);
}

char *monolith_state_name(const struct fact_state *state)
{
  return state->field[0] == '\0' ? g_strdup(state->name)
                                 : g_strdup_printf("%s.%s", state->name, state->field);
}

static bool load_sets(struct monolith *monolith, struct store *store, GError **error)
{
  const struct {
    struct record_set **set;
    const struct record_table *table;
    const char *order;
  } loads[] = {
      {&monolith->routine_set, &fact_routine_table, "file, name, line, id"},
      {&monolith->state_set, &fact_state_table, "file, name, field, storage, id"},
      {&monolith->call_set, &fact_call_table, NULL},
      {&monolith->access_set, &fact_access_table, NULL},
      {&monolith->site_set, &fact_site_table, "id"},
      {&monolith->effect_set, &fact_effect_table, "file, line, effect, via, routine"},
      {&monolith->entry_set, &fact_entry_table, "trigger, key, file, line, id"},
      {&monolith->span_set, &fact_span_table, "file, line, kind, routine"},
      {&monolith->param_set, &fact_param_table, "routine, position"},
      {&monolith->type_set, &fact_type_table, "id"},
      {&monolith->field_set, &fact_field_table, "type_id, position"},
      {&monolith->word_set, &fact_word_table, "word, routine"},
      {&monolith->argument_set, &fact_argument_table, "site, position"},
      {&monolith->program_set, &fact_program_table, "program, file"},
      {&monolith->diagnostic_set, &fact_diagnostic_table, "file, line, column, message"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(loads); i++) {
    *loads[i].set = store_load(store, loads[i].table, loads[i].order, error);
    if (*loads[i].set == NULL) {
      return false;
    }
  }
  return true;
}

static int compare_calls(const void *left, const void *right)
{
  const struct call *a = left;
  const struct call *b = right;
  if (a->caller != b->caller) {
    return a->caller < b->caller ? -1 : 1;
  }
  if (a->callee != b->callee) {
    return a->callee < b->callee ? -1 : 1;
  }
  int order = strcmp(a->fact->file, b->fact->file);
  if (order == 0 && a->fact->line != b->fact->line) {
    order = a->fact->line < b->fact->line ? -1 : 1;
  }
  if (order == 0 && a->fact->column != b->fact->column) {
    order = a->fact->column < b->fact->column ? -1 : 1;
  }
  return order != 0 ? order : strcmp(a->fact->kind, b->fact->kind);
}

static int compare_accesses(const void *left, const void *right)
{
  const struct access *a = left;
  const struct access *b = right;
  if (a->routine != b->routine) {
    return a->routine < b->routine ? -1 : 1;
  }
  if (a->state != b->state) {
    return a->state < b->state ? -1 : 1;
  }
  if (a->mode != b->mode) {
    return a->mode < b->mode ? -1 : 1;
  }
  int order = strcmp(a->fact->file, b->fact->file);
  if (order == 0 && a->fact->line != b->fact->line) {
    order = a->fact->line < b->fact->line ? -1 : 1;
  }
  if (order == 0 && a->fact->column != b->fact->column) {
    order = a->fact->column < b->fact->column ? -1 : 1;
  }
  return order;
}

static void read_calls(struct monolith *monolith)
{
  size_t n = monolith->call_set->n;
  g_autoptr(GHashTable) site_of =
      number_ids(monolith->site_set->records, monolith->site_set->n, sizeof(struct fact_site),
                 offsetof(struct fact_site, id));
  g_autofree guint32 *n_targets = g_new0(guint32, monolith->site_set->n + 1);
  for (size_t i = 0; i < n; i++) {
    guint32 site = find_number(site_of, record_at(monolith->call_set, fact_call, i)->site);
    n_targets[site == MONOLITH_NONE ? monolith->site_set->n : site]++;
  }
  monolith->calls = g_new0(struct call, MAX(n, 1));
  for (size_t i = 0; i < n; i++) {
    const struct fact_call *fact = record_at(monolith->call_set, fact_call, i);
    guint32 caller = monolith_routine(monolith, fact->caller);
    guint32 callee = monolith_routine(monolith, fact->callee);
    if (caller == MONOLITH_NONE || callee == MONOLITH_NONE) {
      continue;
    }
    guint32 site = find_number(site_of, fact->site);
    struct call *call = &monolith->calls[monolith->n_calls++];
    call->caller = caller;
    call->callee = callee;
    call->is_direct = strcmp(fact->kind, "direct") == 0;
    call->is_guess = strcmp(fact->tier, "signature") == 0 || strcmp(fact->tier, "model") == 0;
    call->n_targets = site == MONOLITH_NONE ? 1 : n_targets[site];
    if (site != MONOLITH_NONE) {
      gint64 depth = record_at(monolith->site_set, fact_site, site)->loop_depth;
      call->loop_depth = (guint32)CLAMP(depth, 0, 8);
    }
    /* Four turns a loop, three loops at most: what a static estimate can bear. */
    call->per_call = call->volume = pow(4, MIN(call->loop_depth, 3)) / MAX(call->n_targets, 1);
    call->n_recorded = -1;
    call->fact = fact;
  }
  qsort(monolith->calls, monolith->n_calls, sizeof *monolith->calls, compare_calls);
}

static void read_accesses(struct monolith *monolith)
{
  size_t n = monolith->access_set->n;
  monolith->accesses = g_new0(struct access, MAX(n, 1));
  for (size_t i = 0; i < n; i++) {
    const struct fact_access *fact = record_at(monolith->access_set, fact_access, i);
    guint32 routine = monolith_routine(monolith, fact->routine);
    guint32 state = monolith_state(monolith, fact->state);
    if (routine == MONOLITH_NONE || state == MONOLITH_NONE) {
      continue;
    }
    enum access_mode mode = strcmp(fact->mode, "write") == 0  ? ACCESS_WRITE
                            : strcmp(fact->mode, "read") == 0 ? ACCESS_READ
                                                              : ACCESS_ADDRESS;
    monolith->accesses[monolith->n_accesses++] =
        (struct access){routine,
                        state,
                        mode,
                        strcmp(fact->how, "add") == 0,
                        strcmp(fact->how, "pointee") == 0,
                        strcmp(fact->how, "pointee") != 0 && strcmp(fact->how, "member") != 0,
                        fact};
  }
  qsort(monolith->accesses, monolith->n_accesses, sizeof *monolith->accesses, compare_accesses);
}

/* Offsets of the runs with equal numbers: KEY_OF reads the number of entry I. */
static guint32 *index_runs(const void *entries, guint32 n_entries, size_t size, size_t offset,
                           guint32 n_keys, guint32 **order)
{
  guint32 *first = g_new0(guint32, (gsize)n_keys + 2);
  for (guint32 i = 0; i < n_entries; i++) {
    guint32 key = 0;
    memcpy(&key, (const char *)entries + i * size + offset, sizeof key);
    first[key + 2]++;
  }
  for (guint32 i = 0; i < n_keys; i++) {
    first[i + 2] += first[i + 1];
  }
  g_autofree guint32 *list = g_new(guint32, MAX(n_entries, 1));
  for (guint32 i = 0; i < n_entries; i++) {
    guint32 key = 0;
    memcpy(&key, (const char *)entries + i * size + offset, sizeof key);
    list[first[key + 1]++] = i;
  }
  if (order != NULL) {
    *order = g_steal_pointer(&list);
  }
  return first;
}

static void index_all(struct monolith *monolith)
{
  monolith->first_call = index_runs(monolith->calls, monolith->n_calls, sizeof(struct call),
                                    offsetof(struct call, caller), monolith->n_routines, NULL);
  monolith->first_called =
      index_runs(monolith->calls, monolith->n_calls, sizeof(struct call),
                 offsetof(struct call, callee), monolith->n_routines, &monolith->called);
  monolith->first_access =
      index_runs(monolith->accesses, monolith->n_accesses, sizeof(struct access),
                 offsetof(struct access, routine), monolith->n_routines, NULL);
  monolith->first_accessed =
      index_runs(monolith->accesses, monolith->n_accesses, sizeof(struct access),
                 offsetof(struct access, state), monolith->n_states, &monolith->accessed);
}

static int compare_strings(gconstpointer left, gconstpointer right)
{
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void number_files(struct monolith *monolith)
{
  g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
  monolith->files = g_ptr_array_new();
  for (guint32 i = 0; i < monolith->n_routines + monolith->n_states; i++) {
    const char *file = i < monolith->n_routines ? monolith->routines[i].file
                                                : monolith->states[i - monolith->n_routines].file;
    if (g_hash_table_add(known, (gpointer)file)) {
      g_ptr_array_add(monolith->files, (gpointer)file);
    }
  }
  g_ptr_array_sort(monolith->files, compare_strings);
  g_autoptr(GHashTable) number = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < monolith->files->len; i++) {
    g_hash_table_insert(number, g_ptr_array_index(monolith->files, i), GUINT_TO_POINTER(i));
  }
  monolith->routine_file = g_new0(guint32, MAX(monolith->n_routines, 1));
  monolith->state_file = g_new0(guint32, MAX(monolith->n_states, 1));
  monolith->is_heap = g_new0(bool, MAX(monolith->n_states, 1));
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    monolith->routine_file[i] =
        GPOINTER_TO_UINT(g_hash_table_lookup(number, monolith->routines[i].file));
  }
  for (guint32 i = 0; i < monolith->n_states; i++) {
    monolith->is_heap[i] = strcmp(monolith->states[i].storage, "heap") == 0;
    monolith->state_file[i] =
        GPOINTER_TO_UINT(g_hash_table_lookup(number, monolith->states[i].file));
  }
}

/* What has fields is a record, whatever it is called. */
static void find_records(struct monolith *monolith)
{
  monolith->is_record = g_new0(bool, MAX(monolith->n_states, 1));
  g_autoptr(GHashTable) has_fields = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (guint32 i = 0; i < monolith->n_states; i++) {
    if (monolith->states[i].field[0] != '\0') {
      g_hash_table_add(has_fields, (gpointer)&monolith->states[i].object);
    }
  }
  for (guint32 i = 0; i < monolith->n_states; i++) {
    monolith->is_record[i] = g_hash_table_contains(has_fields, &monolith->states[i].object);
  }
}

static void number_programs(struct monolith *monolith)
{
  monolith->file_programs = g_new0(GArray *, MAX(monolith->files->len, 1));
  g_autoptr(GHashTable) number = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < monolith->files->len; i++) {
    g_hash_table_insert(number, g_ptr_array_index(monolith->files, i), GUINT_TO_POINTER(i));
    monolith->file_programs[i] = g_array_new(FALSE, FALSE, sizeof(guint32));
  }
  const char *last = NULL;
  guint32 n_programs = 0;
  for (size_t i = 0; i < monolith->program_set->n; i++) {
    const struct fact_program *fact = record_at(monolith->program_set, fact_program, i);
    gpointer file = NULL;
    n_programs += last == NULL || strcmp(last, fact->program) != 0;
    last = fact->program;
    if (g_hash_table_lookup_extended(number, fact->file, NULL, &file)) {
      g_array_append_val(monolith->file_programs[GPOINTER_TO_UINT(file)], n_programs);
    }
  }
}

bool monolith_programs_meet(const GArray *a, const GArray *b)
{
  bool is_shared = a->len == 0 || b->len == 0;
  for (guint i = 0, j = 0; !is_shared && i < a->len && j < b->len;) {
    guint32 left = g_array_index(a, guint32, i);
    guint32 right = g_array_index(b, guint32, j);
    is_shared = left == right;
    i += left < right;
    j += right < left;
  }
  return is_shared;
}

bool monolith_share_program(const struct monolith *monolith, guint32 a, guint32 b)
{
  return monolith_programs_meet(monolith->file_programs[monolith->routine_file[a]],
                                monolith->file_programs[monolith->routine_file[b]]);
}

struct monolith *monolith_load(struct store *store, GError **error)
{
  struct monolith *monolith = g_new0(struct monolith, 1);
  if (!load_sets(monolith, store, error)) {
    monolith_free(monolith);
    return NULL;
  }
  monolith->routines = monolith->routine_set->records;
  monolith->n_routines = (guint32)monolith->routine_set->n;
  monolith->states = monolith->state_set->records;
  monolith->n_states = (guint32)monolith->state_set->n;
  monolith->entries = monolith->entry_set->records;
  monolith->n_entries = (guint32)monolith->entry_set->n;
  monolith->effects = monolith->effect_set->records;
  monolith->n_effects = (guint32)monolith->effect_set->n;
  monolith->spans = monolith->span_set->records;
  monolith->n_spans = (guint32)monolith->span_set->n;
  monolith->routine_of = number_ids(monolith->routines, monolith->n_routines,
                                    sizeof(struct fact_routine), offsetof(struct fact_routine, id));
  monolith->state_of = number_ids(monolith->states, monolith->n_states, sizeof(struct fact_state),
                                  offsetof(struct fact_state, id));
  number_files(monolith);
  find_records(monolith);
  number_programs(monolith);
  read_calls(monolith);
  read_accesses(monolith);
  index_all(monolith);
  return monolith;
}

const char *monolith_trial_of_routine(const struct monolith *monolith, guint32 routine)
{
  return monolith->trial_of_file != NULL ? monolith->trial_of_file[monolith->routine_file[routine]]
                                         : NULL;
}

const char *monolith_trial_of_state(const struct monolith *monolith, guint32 state)
{
  return monolith->trial_of_state != NULL ? monolith->trial_of_state[state] : NULL;
}

/* What a trial declares is its own; what lies outside of all files is when nobody else uses it. */
static void find_trial_states(struct monolith *monolith)
{
  monolith->trial_of_state = g_new0(const char *, MAX(monolith->n_states, 1));
  for (guint32 i = 0; i < monolith->n_states; i++) {
    const char *reason = monolith->trial_of_file[monolith->state_file[i]];
    bool is_used = false;
    for (guint32 j = monolith->first_accessed[i]; j < monolith->first_accessed[i + 1]; j++) {
      guint32 routine = monolith->accesses[monolith->accessed[j]].routine;
      const char *trial = monolith_trial_of_routine(monolith, routine);
      is_used |= trial == NULL;
      reason = reason == NULL && monolith->states[i].file[0] == '\0' ? trial : reason;
    }
    monolith->trial_of_state[i] = is_used ? NULL : reason;
  }
}

static bool is_left_out(const struct monolith *monolith, int64_t routine)
{
  guint32 number = monolith_routine(monolith, routine);
  return number != MONOLITH_NONE && monolith_trial_of_routine(monolith, number) != NULL;
}

/* Keeps the rows whose routine, an id at OFFSET, was not left out. Returns their number. */
static guint32 keep_rows(const struct monolith *monolith, struct record_set *set, size_t size,
                         size_t offset)
{
  char *rows = set->records;
  size_t kept = 0;
  for (size_t i = 0; i < set->n; i++) {
    int64_t routine = 0;
    memcpy(&routine, rows + i * size + offset, sizeof routine);
    if (!is_left_out(monolith, routine)) {
      memmove(rows + kept++ * size, rows + i * size, size);
    }
  }
  set->n = kept;
  return (guint32)kept;
}

static void keep_calls_and_accesses(struct monolith *monolith)
{
  guint32 n = 0;
  for (guint32 i = 0; i < monolith->n_calls; i++) {
    const struct call *call = &monolith->calls[i];
    if (monolith_trial_of_routine(monolith, call->caller) == NULL &&
        monolith_trial_of_routine(monolith, call->callee) == NULL) {
      monolith->calls[n++] = *call;
    }
  }
  monolith->n_calls = n;
  n = 0;
  for (guint32 i = 0; i < monolith->n_accesses; i++) {
    const struct access *access = &monolith->accesses[i];
    if (monolith_trial_of_routine(monolith, access->routine) == NULL) {
      monolith->accesses[n++] = *access;
    }
  }
  monolith->n_accesses = n;
}

static void free_index(struct monolith *monolith)
{
  g_clear_pointer(&monolith->first_call, g_free);
  g_clear_pointer(&monolith->first_called, g_free);
  g_clear_pointer(&monolith->called, g_free);
  g_clear_pointer(&monolith->first_access, g_free);
  g_clear_pointer(&monolith->first_accessed, g_free);
  g_clear_pointer(&monolith->accessed, g_free);
}

void monolith_leave_out(struct monolith *monolith, char **trial_of_file)
{
  monolith->trial_of_file = trial_of_file;
  find_trial_states(monolith);
  keep_calls_and_accesses(monolith);
  monolith->n_entries = keep_rows(monolith, monolith->entry_set, sizeof(struct fact_entry),
                                  offsetof(struct fact_entry, routine));
  monolith->n_effects = keep_rows(monolith, monolith->effect_set, sizeof(struct fact_effect),
                                  offsetof(struct fact_effect, routine));
  monolith->n_spans = keep_rows(monolith, monolith->span_set, sizeof(struct fact_span),
                                offsetof(struct fact_span, routine));
  free_index(monolith);
  index_all(monolith);
}

void monolith_free(struct monolith *monolith)
{
  if (monolith == NULL) {
    return;
  }
  struct record_set *sets[] = {
      monolith->routine_set,  monolith->state_set,   monolith->call_set,      monolith->access_set,
      monolith->site_set,     monolith->effect_set,  monolith->entry_set,     monolith->span_set,
      monolith->param_set,    monolith->type_set,    monolith->field_set,     monolith->word_set,
      monolith->argument_set, monolith->program_set, monolith->diagnostic_set};
  for (size_t i = 0; i < G_N_ELEMENTS(sets); i++) {
    if (sets[i] != NULL) {
      record_set_free(sets[i]);
    }
  }
  g_clear_pointer(&monolith->routine_of, g_hash_table_unref);
  g_clear_pointer(&monolith->state_of, g_hash_table_unref);
  for (guint i = 0; monolith->file_programs != NULL && i < monolith->files->len; i++) {
    g_array_unref(monolith->file_programs[i]);
  }
  g_free(monolith->file_programs);
  guint n_files = monolith->files != NULL ? monolith->files->len : 0;
  g_clear_pointer(&monolith->files, g_ptr_array_unref);
  g_free(monolith->routine_file);
  g_free(monolith->state_file);
  g_free(monolith->is_heap);
  g_free(monolith->is_record);
  g_free(monolith->calls);
  g_free(monolith->accesses);
  free_index(monolith);
  for (guint i = 0; monolith->trial_of_file != NULL && i < n_files; i++) {
    g_free(monolith->trial_of_file[i]);
  }
  g_free(monolith->trial_of_file);
  g_free(monolith->trial_of_state);
  g_free(monolith);
}
