#include "analyzer/moved_rows.h"

#include "analyzer/findings.h"
#include "analyzer/inventory.h"
#include "analyzer/linkage_parts.h"
#include "analyzer/moved_twins.h"
#include "analyzer/state.h"
#include "store/facts.h"

#include <string.h>

/* More rows than these are written faster by linking. */
enum { IDS_LIMIT = 20000 };

struct rewrite {
  struct store *store;
  const struct moves *moves;
  GHashTable *values;   /* old site and position -> new value of an argument */
  GHashTable *ids;      /* old id -> new id, or the same, of sites and states */
  GArray *routines;     /* int64_t: ids with rows that moved */
  GHashTable *in_files; /* the same ids -> the line of what is defined, which its sites' ids count
                           from; or 0 */
  GArray *sites;        /* int64_t: old ids of sites that moved */
  GHashTable *in_sites; /* the same ids */
  GArray *changed;      /* int64_t: old ids of those with another id or argument */
  GArray *states;       /* int64_t: old ids of rows of fact_state with another id */
  GStringChunk *strings;
  bool is_lost; /* some row is where nothing was */
};

/* ---- what moved ---- */

static void note_id(struct rewrite *rewrite, int64_t before, int64_t after)
{
  const int64_t *known = g_hash_table_lookup(rewrite->ids, &before);
  if (known != NULL) /* a call that a macro makes twice, a row of another unit */
    rewrite->is_lost = rewrite->is_lost || *known != after;
  else
    g_hash_table_insert(rewrite->ids, g_memdup2(&before, sizeof before),
                        g_memdup2(&after, sizeof after));
}

static int64_t argument_key(int64_t site, uint32_t position)
{
  return site << 8 | (int64_t)(position & 0xff);
}

/* Arguments that are another constant, or the line of their call; true where there is one. */
static bool note_values(struct rewrite *rewrite, int64_t site, const struct moved_unit *unit,
                        const struct unit_call *call)
{
  bool is_any = false;
  for (uint32_t i = 0; i < call->n_arguments; i++) {
    const struct unit_argument *before = &unit->before->arguments[call->first_argument + i];
    const struct unit_argument *after = &unit->after->arguments[call->first_argument + i];
    bool is_number = after->kind == UNIT_ARGUMENT_INTEGER;
    const char *text = unit_string(unit->after, after->text);
    if (before->integer == after->integer &&
        (is_number || strcmp(unit_string(unit->before, before->text), text) == 0))
      continue;
    int64_t key = argument_key(site, before->position);
    g_autofree char *number =
        is_number ? g_strdup_printf("%" G_GINT64_FORMAT, (gint64)after->integer) : NULL;
    g_hash_table_insert(rewrite->values, g_memdup2(&key, sizeof key),
                        g_string_chunk_insert(rewrite->strings, is_number ? number : text));
    is_any = true;
  }
  return is_any;
}

static bool is_moved(const struct moved_unit *unit, uint32_t file)
{
  return file != UNIT_NONE && unit->is_moved[file];
}

/* What stands in a file that moved is counted from a line that is looked at again. */
static void check_owner(struct rewrite *rewrite, const struct moved_unit *unit, uint32_t routine)
{
  rewrite->is_lost = rewrite->is_lost || (routine != UNIT_NONE &&
                                          !is_moved(unit, unit->before->routines[routine].file));
}

static void note_site(struct rewrite *rewrite, const struct moved_unit *unit, uint32_t number,
                      int64_t before, int64_t after)
{
  const struct unit_call *call = &unit->before->calls[number];
  const struct unit_call *now = &unit->after->calls[number];
  if (before == 0) /* the body around it is not linked, and has no rows */
    return;
  bool has_values = note_values(rewrite, before, unit, call);
  bool has_place = call->line != now->line || call->column != now->column;
  if (has_place)
    check_owner(rewrite, unit, call->caller);
  note_id(rewrite, before, after);
  if ((has_place || before != after) &&
      g_hash_table_add(rewrite->in_sites, g_memdup2(&before, sizeof before)))
    g_array_append_val(rewrite->sites, before);
  if (has_values || before != after)
    g_array_append_val(rewrite->changed, before);
}

static void note_sites(struct rewrite *rewrite, const struct moved_unit *unit,
                       const struct linkage *before, const struct linkage *after)
{
  for (uint32_t i = 0; i < unit->before->n_calls; i++)
    note_site(rewrite, unit, i, findings_site(before, 0, i), findings_site(after, 0, i));
}

static int64_t object_id(const struct linkage *linkage, uint32_t row)
{
  const struct unit *unit = linkage_unit(linkage, 0);
  if (unit->objects[row].kind == UNIT_OBJECT_HEAP)
    return state_heap_id(unit, row);
  uint32_t object = linkage->units[0].objects[row];
  return object != LINK_NONE ? linkage_object(linkage, object)->id : 0;
}

static void note_states(struct rewrite *rewrite, const struct moved_unit *unit,
                        const struct linkage *before, const struct linkage *after)
{
  for (uint32_t i = 0; i < unit->before->n_objects; i++) {
    if (unit->objects[i] != UNIT_NONE)
      note_id(rewrite, object_id(before, i), object_id(after, unit->objects[i]));
  }
}

static void note_line(struct rewrite *rewrite, int64_t id, uint32_t line)
{
  const uint32_t known = GPOINTER_TO_UINT(g_hash_table_lookup(rewrite->in_files, &id));
  rewrite->is_lost = rewrite->is_lost || (known != 0 && line != 0 && known != line);
  if (known == 0)
    g_hash_table_replace(rewrite->in_files, g_memdup2(&id, sizeof id), GUINT_TO_POINTER(line));
}

/* All routines of moved files: some row of nearly each of them moves. */
static void note_routines(struct rewrite *rewrite, const struct moved_unit *unit,
                          struct linkage *before)
{
  for (uint32_t i = 0; i < unit->before->n_routines; i++) {
    uint32_t file = unit->before->routines[i].file;
    if (!is_moved(unit, file))
      continue;
    uint32_t routine = before->units[0].routines[i];
    if (routine == LINK_NONE)
      routine = linkage_add_routine(before, 0, i, linkage_file_path(unit->before, file),
                                    LINK_HOME_OUTSIDE);
    int64_t id = linkage_routine(before, routine)->id;
    bool is_defined = (unit->before->routines[i].flags & UNIT_ROUTINE_DEFINED) != 0;
    if (!g_hash_table_contains(rewrite->in_files, &id))
      g_array_append_val(rewrite->routines, id);
    note_line(rewrite, id, is_defined ? unit->before->routines[i].line : 0);
  }
}

static void note_unit(struct rewrite *rewrite, const struct moved_unit *unit)
{
  const struct unit *before = unit->before, *after = unit->after;
  struct linkage *from = linkage_new(&before, &unit->id, 1);
  struct linkage *to = linkage_new(&after, &unit->id, 1);
  note_sites(rewrite, unit, from, to);
  note_states(rewrite, unit, from, to);
  note_routines(rewrite, unit, from);
  linkage_free(from);
  linkage_free(to);
}

static int64_t id_now(const struct rewrite *rewrite, int64_t before)
{
  const int64_t *after = g_hash_table_lookup(rewrite->ids, &before);
  return after != NULL ? *after : before;
}

static void move_line(struct rewrite *rewrite, const char *file, int64_t *line)
{
  rewrite->is_lost = !moves_line(rewrite->moves, file, line, NULL) || rewrite->is_lost;
}

static void move_place(struct rewrite *rewrite, const char *file, int64_t *line, int64_t *column)
{
  rewrite->is_lost = !moves_line(rewrite->moves, file, line, column) || rewrite->is_lost;
}

/* ---- how each kind of row moves ---- */

typedef void move_record(struct rewrite *rewrite, void *record);
typedef bool is_taken(const struct rewrite *rewrite, const void *record);

static void move_routine(struct rewrite *rewrite, void *record)
{
  struct fact_routine *row = record;
  int64_t line = GPOINTER_TO_UINT(g_hash_table_lookup(rewrite->in_files, &row->id));
  rewrite->is_lost = rewrite->is_lost || (line != 0 && line != row->line);
  move_place(rewrite, row->file, &row->line, &row->column);
  move_line(rewrite, row->file, &row->end_line);
}

static void move_type(struct rewrite *rewrite, void *record)
{
  struct fact_type *row = record;
  move_line(rewrite, row->file, &row->line);
}

/* "file:line" and more. */
static void move_param(struct rewrite *rewrite, void *record)
{
  struct fact_param *row = record;
  const char *colon = strrchr(row->reason, ':');
  const char *handed = strstr(row->reason, " (handed to ");
  if (handed != NULL) {
    for (colon = handed; colon > row->reason && *colon != ':';)
      colon--;
  }
  if (colon == NULL || *colon != ':')
    return;
  g_autofree char *file = g_strndup(row->reason, (gsize)(colon - row->reason));
  char *end = NULL;
  int64_t line = g_ascii_strtoll(colon + 1, &end, 10);
  move_line(rewrite, file, &line);
  g_autofree char *moved = g_strdup_printf("%s:%" G_GINT64_FORMAT "%s", file, line, end);
  row->reason = g_string_chunk_insert(rewrite->strings, moved);
}

static void move_site(struct rewrite *rewrite, void *record)
{
  struct fact_site *row = record;
  row->id = id_now(rewrite, row->id);
  move_place(rewrite, row->file, &row->line, &row->column);
}

static void move_call(struct rewrite *rewrite, void *record)
{
  struct fact_call *row = record;
  row->site = id_now(rewrite, row->site);
  move_place(rewrite, row->file, &row->line, &row->column);
  move_line(rewrite, row->witness_file, &row->witness_line);
}

static void move_argument(struct rewrite *rewrite, void *record)
{
  struct fact_argument *row = record;
  int64_t key = argument_key(row->site, (uint32_t)row->position);
  const char *value = g_hash_table_lookup(rewrite->values, &key);
  if (value != NULL && (strcmp(row->kind, "integer") == 0 || strcmp(row->kind, "string") == 0))
    row->value = value;
  row->site = id_now(rewrite, row->site);
}

static void move_state(struct rewrite *rewrite, void *record)
{
  struct fact_state *row = record;
  int64_t before = row->id;
  row->object = id_now(rewrite, row->object);
  row->id = state_field_id(row->object, row->field);
  move_line(rewrite, row->file, &row->line);
  if (before != row->id)
    g_array_append_val(rewrite->states, before);
  if (before != row->id && *row->field != '\0')
    note_id(rewrite, before, row->id);
}

static void move_access(struct rewrite *rewrite, void *record)
{
  struct fact_access *row = record;
  row->state = id_now(rewrite, row->state);
  move_place(rewrite, row->file, &row->line, &row->column);
}

static void move_effect(struct rewrite *rewrite, void *record)
{
  struct fact_effect *row = record;
  move_line(rewrite, row->file, &row->line);
}

static void move_path(struct rewrite *rewrite, void *record)
{
  struct fact_effect_path *row = record;
  move_line(rewrite, row->file, &row->line);
}

static void move_entry(struct rewrite *rewrite, void *record)
{
  struct fact_entry *row = record;
  move_line(rewrite, row->file, &row->line);
}

static void move_span(struct rewrite *rewrite, void *record)
{
  struct fact_span *row = record;
  row->state = id_now(rewrite, row->state);
  move_line(rewrite, row->file, &row->line);
  move_line(rewrite, row->file, &row->end_line);
}

/* ---- tables ---- */

static bool is_same_record(const struct record_table *table, const void *left, const void *right)
{
  for (size_t i = 0; i < table->n_columns; i++) {
    const struct record_column *column = &table->columns[i];
    const char *a = (const char *)left + column->offset, *b = (const char *)right + column->offset;
    bool is_same = column->type == RECORD_TEXT   ? strcmp(*(const char *const *)(const void *)a,
                                                          *(const char *const *)(const void *)b) == 0
                   : column->type == RECORD_BOOL ? *a == *b
                                                 : memcmp(a, b, sizeof(int64_t)) == 0;
    if (!is_same)
      return false;
  }
  return true;
}

/* Moves the records of a set but those that are taken already, and writes those that are others by
 * then. */
static bool write_moved(struct rewrite *rewrite, const struct record_table *table,
                        const struct record_set *set, move_record *move, is_taken *taken,
                        GError **error)
{
  g_autoptr(GByteArray) gone = g_byte_array_new();
  g_autoptr(GByteArray) fresh = g_byte_array_new();
  g_autofree char *record = g_malloc(table->record_size);
  size_t n = 0;
  for (size_t i = 0; i < set->n; i++) {
    const char *before = (const char *)set->records + i * table->record_size;
    if (taken != NULL && taken(rewrite, before))
      continue;
    memcpy(record, before, table->record_size);
    move(rewrite, record);
    if (is_same_record(table, before, record))
      continue;
    g_byte_array_append(gone, (const guint8 *)before, (guint)table->record_size);
    g_byte_array_append(fresh, (const guint8 *)record, (guint)table->record_size);
    n++;
  }
  return n == 0 || rewrite->is_lost ||
         store_exchange(rewrite->store, table, gone->data, fresh->data, n, error);
}

static struct record_set *load_by_ids(struct rewrite *rewrite, const struct record_table *table,
                                      const char *column, const GArray *ids, GError **error)
{
  return store_load_any(rewrite->store, table, column, (const int64_t *)(const void *)ids->data,
                        ids->len, error);
}

/* The rows whose column is one of the ids. */
static bool move_by_ids(struct rewrite *rewrite, const struct record_table *table,
                        const char *column, const GArray *ids, move_record *move, GError **error)
{
  if (ids->len == 0 || rewrite->is_lost)
    return true;
  g_autoptr(record_set) set = load_by_ids(rewrite, table, column, ids, error);
  return set != NULL && write_moved(rewrite, table, set, move, NULL, error);
}

/* The rows whose column is one of the files that moved, and for which a condition holds. */
static bool move_by_file(struct rewrite *rewrite, const struct record_table *table,
                         const char *column, const char *condition, move_record *move,
                         is_taken *taken, GError **error)
{
  GHashTableIter iterator;
  gpointer path;
  bool is_fine = true;
  g_hash_table_iter_init(&iterator, rewrite->moves->files);
  while (is_fine && !rewrite->is_lost && g_hash_table_iter_next(&iterator, &path, NULL)) {
    g_autoptr(record_set) set =
        store_load_if(rewrite->store, table, column, path, condition, column, error);
    is_fine = set != NULL && write_moved(rewrite, table, set, move, taken, error);
  }
  return is_fine;
}

/* The same for a table without keys, whose rows cannot be found one by one. */
static bool move_whole_files(struct rewrite *rewrite, const struct record_table *table,
                             move_record *move, GError **error)
{
  GHashTableIter iterator;
  gpointer path;
  bool is_fine = true;
  g_hash_table_iter_init(&iterator, rewrite->moves->files);
  while (is_fine && !rewrite->is_lost && g_hash_table_iter_next(&iterator, &path, NULL)) {
    g_autoptr(record_set) set = store_load_text(rewrite->store, table, "file", path, "file", error);
    is_fine = set != NULL && store_delete_text(rewrite->store, table, "file", path, error);
    for (size_t i = 0; is_fine && i < set->n; i++) {
      char *record = (char *)set->records + i * table->record_size;
      move(rewrite, record);
      is_fine = rewrite->is_lost || store_insert(rewrite->store, table, record, error);
    }
  }
  return is_fine;
}

/* ---- rows that two files are about ---- */

static bool has_moved_site(const struct rewrite *rewrite, const void *record)
{
  return g_hash_table_contains(rewrite->in_sites, &((const struct fact_call *)record)->site);
}

static void move_witness(struct rewrite *rewrite, void *record)
{
  struct fact_call *row = record;
  move_line(rewrite, row->witness_file, &row->witness_line);
}

/* Calls elsewhere whose target was handed over in a file that moved, then those that moved. */
static bool move_calls(struct rewrite *rewrite, GError **error)
{
  return move_by_file(rewrite, &fact_call_table, "witness_file", FACT_NOT_DIRECT, move_witness,
                      has_moved_site, error) &&
         move_by_ids(rewrite, &fact_call_table, "site", rewrite->sites, move_call, error);
}

static bool is_in_files(const struct rewrite *rewrite, const void *record)
{
  return g_hash_table_contains(rewrite->in_files, &((const struct fact_access *)record)->routine);
}

/* Accesses from elsewhere to what was allocated in a file that moved, then those that moved. */
static bool move_accesses(struct rewrite *rewrite, GError **error)
{
  g_autoptr(record_set) elsewhere = NULL;
  if (rewrite->states->len != 0)
    elsewhere = load_by_ids(rewrite, &fact_access_table, "state", rewrite->states, error);
  if (rewrite->states->len != 0 &&
      (elsewhere == NULL ||
       !write_moved(rewrite, &fact_access_table, elsewhere, move_access, is_in_files, error)))
    return false;
  return move_by_ids(rewrite, &fact_access_table, "routine", rewrite->routines, move_access, error);
}

/* ---- bodies with other words ---- */

static bool write_words(struct rewrite *rewrite, int64_t routine, const char *words, GError **error)
{
  bool is_fine = store_delete_id(rewrite->store, &fact_word_table, "routine", routine, error);
  g_autoptr(rows_owner) rows = rows_new(&fact_word_table);
  inventory_add_words(rows, rewrite->strings, routine, words);
  rows_unique(rows, 2);
  for (guint i = 0; is_fine && i < rows->records->len; i++)
    is_fine = store_insert(rewrite->store, &fact_word_table, rows_at(rows, fact_word, i), error);
  return is_fine;
}

static bool write_body(struct rewrite *rewrite, const struct unit *unit, uint32_t routine,
                       int64_t id, GError **error)
{
  const struct unit_routine *row = &unit->routines[routine];
  g_autoptr(record_set) set =
      store_load_where(rewrite->store, &fact_routine_table, "id", id, NULL, error);
  if (set == NULL)
    return false;
  if (set->n != 1) {
    rewrite->is_lost = true;
    return true;
  }
  struct fact_routine record = *record_at(set, fact_routine, 0);
  record.n_statements = row->n_statements;
  return store_replace(rewrite->store, &fact_routine_table, &record, error) &&
         write_words(rewrite, id, unit_string(unit, row->words), error);
}

static bool write_bodies(struct rewrite *rewrite, const struct moved_unit *unit, GError **error)
{
  if (unit->rewritten->len == 0)
    return true;
  const struct unit *after = unit->after;
  struct linkage *linkage = linkage_new(&after, &unit->id, 1);
  bool is_fine = true;
  for (guint i = 0; i < unit->rewritten->len && is_fine && !rewrite->is_lost; i++) {
    uint32_t row = g_array_index(unit->rewritten, uint32_t, i);
    int64_t id = linkage_routine(linkage, linkage->units[0].routines[row])->id;
    is_fine = write_body(rewrite, after, row, id, error);
  }
  linkage_free(linkage);
  return is_fine;
}

/* ---- all of it ---- */

/* States before whatever names them. */
static bool write_all(struct rewrite *rewrite, GError **error)
{
  const GArray *routines = rewrite->routines, *sites = rewrite->sites;
  const GArray *changed = rewrite->changed;
  return move_by_ids(rewrite, &fact_routine_table, "id", routines, move_routine, error) &&
         move_by_file(rewrite, &fact_type_table, "file", NULL, move_type, NULL, error) &&
         move_by_ids(rewrite, &fact_param_table, "routine", routines, move_param, error) &&
         move_by_ids(rewrite, &fact_site_table, "id", sites, move_site, error) &&
         move_by_ids(rewrite, &fact_argument_table, "site", changed, move_argument, error) &&
         move_calls(rewrite, error) &&
         move_by_file(rewrite, &fact_state_table, "file", NULL, move_state, NULL, error) &&
         move_accesses(rewrite, error) &&
         move_by_ids(rewrite, &fact_effect_path_table, "routine", routines, move_path, error) &&
         move_by_file(rewrite, &fact_entry_table, "file", NULL, move_entry, NULL, error) &&
         move_whole_files(rewrite, &fact_effect_table, move_effect, error) &&
         move_whole_files(rewrite, &fact_span_table, move_span, error);
}

static bool is_too_much(const struct rewrite *rewrite)
{
  return rewrite->is_lost || rewrite->sites->len > IDS_LIMIT || rewrite->routines->len > IDS_LIMIT;
}

bool moved_rows_write(struct store *store, const struct moves *moves, bool *is_done, GError **error)
{
  struct rewrite rewrite = {
      .store = store,
      .moves = moves,
      .ids = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free),
      .values = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
      .in_files = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
      .routines = g_array_new(FALSE, FALSE, sizeof(int64_t)),
      .sites = g_array_new(FALSE, FALSE, sizeof(int64_t)),
      .in_sites = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
      .changed = g_array_new(FALSE, FALSE, sizeof(int64_t)),
      .states = g_array_new(FALSE, FALSE, sizeof(int64_t)),
      .strings = g_string_chunk_new(4096),
  };
  for (guint i = 0; i < moves->units->len; i++)
    note_unit(&rewrite, g_ptr_array_index(moves->units, i));
  rewrite.is_lost = is_too_much(&rewrite);
  bool is_fine = true;
  for (guint i = 0; i < moves->units->len && is_fine && !rewrite.is_lost; i++)
    is_fine = moved_twins_delete(store, moves->units->pdata[i], &rewrite.is_lost, error);
  is_fine = is_fine && (rewrite.is_lost || write_all(&rewrite, error));
  for (guint i = 0; i < moves->units->len && is_fine && !rewrite.is_lost; i++)
    is_fine = write_bodies(&rewrite, moves->units->pdata[i], error) &&
              moved_twins_add(store, moves->units->pdata[i], &rewrite.is_lost, error);
  *is_done = is_fine && !rewrite.is_lost;
  g_hash_table_unref(rewrite.values);
  g_hash_table_unref(rewrite.ids);
  g_hash_table_unref(rewrite.in_files);
  g_hash_table_unref(rewrite.in_sites);
  g_array_unref(rewrite.changed);
  g_array_unref(rewrite.routines);
  g_array_unref(rewrite.sites);
  g_array_unref(rewrite.states);
  g_string_chunk_free(rewrite.strings);
  return is_fine;
}
