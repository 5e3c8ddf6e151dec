#include "analyzer/moves_parts.h"

#include <stddef.h>
#include <string.h>

/* More units than these are linked again: comparing them is no longer cheap. */
enum { UNITS_LIMIT = 16 };

/* ---- which files moved ---- */

static bool is_there(const struct moves_table *table, const struct moves_position *position,
                     uint32_t row)
{
  return moves_word_at(table, position->array, row, position->line) != 0;
}

static uint32_t column_at(const struct moves_table *table, const struct moves_position *position,
                          uint32_t row)
{
  return position->column == MOVES_NO_COLUMN
             ? 0
             : moves_word_at(table, position->array, row, position->column);
}

/* False where something moved that is in no file of the tree. */
static bool find_moved(struct moved_unit *unit, const struct moves_table *before,
                       const struct moves_table *after)
{
  for (size_t p = 0; p < MOVES_N_POSITIONS; p++) {
    const struct moves_position *position = &moves_positions[p];
    for (uint32_t i = 0; i < before->counts[position->array]; i++) {
      uint32_t to = moves_partner(unit, position->array, i);
      if (to == UNIT_NONE || (moves_word_at(before, position->array, i, position->line) ==
                                  moves_word_at(after, position->array, to, position->line) &&
                              column_at(before, position, i) == column_at(after, position, to)))
        continue;
      uint32_t file = moves_word_at(before, position->array, i, position->file);
      if (file == UNIT_NONE || (unit->before->files[file].flags & UNIT_FILE_INSIDE) == 0)
        return false;
      unit->is_moved[file] = true;
    }
  }
  return true;
}

/* Rows of a routine whose lines are compared with one another: what runs before what. */
struct owned {
  enum unit_array array;
  uint32_t file, routine;
};

#define OWNED(row, owner)                                                                          \
  {                                                                                                \
    ARRAY_##row, offsetof(struct unit_##row, file), offsetof(struct unit_##row, owner)             \
  }

static const struct owned owned[] = {
    OWNED(call, caller),  OWNED(access, routine),  OWNED(arm, routine),
    OWNED(loop, routine), OWNED(literal, routine),
};

static bool is_text(const struct unit *unit, enum unit_array array, uint32_t row)
{
  return array == ARRAY_literal && moves_is_plain_text(unit, row);
}

/* Lines of two files are never compared where each routine lies in one of them. */
static bool keeps_routines_whole(const struct moved_unit *unit, const struct moves_table *before)
{
  for (size_t o = 0; o < G_N_ELEMENTS(owned); o++) {
    for (uint32_t i = 0; i < before->counts[owned[o].array]; i++) {
      uint32_t file = moves_word_at(before, owned[o].array, i, owned[o].file);
      uint32_t routine = moves_word_at(before, owned[o].array, i, owned[o].routine);
      uint32_t home = routine != UNIT_NONE ? unit->before->routines[routine].file : file;
      bool is_moved = (file != UNIT_NONE && unit->is_moved[file]) ||
                      (home != UNIT_NONE && unit->is_moved[home]);
      if (is_moved && file != home && !is_text(unit->before, owned[o].array, i))
        return false;
    }
  }
  return true;
}

/* The place of a record without a name is its name. */
static bool keeps_names(const struct moved_unit *unit)
{
  for (uint32_t i = 0; i < unit->before->n_types; i++) {
    const struct unit_type *before = &unit->before->types[i], *after = &unit->after->types[i];
    if (*unit_string(unit->before, before->name) == '\0' &&
        (before->line != after->line || before->column != after->column))
      return false;
  }
  return true;
}

/* ---- accesses that came or went ---- */

/* More accesses than these are linked. */
enum { TWINS_LIMIT = 64 };

static bool is_at_place_of(const struct unit_access *left, const struct unit_access *right)
{
  return left->routine == right->routine && left->file == right->file &&
         left->line == right->line && left->column == right->column;
}

static bool is_twin(const struct unit_access *left, const struct unit_access *right)
{
  struct unit_access other = *right;
  other.line = left->line;
  other.column = left->column;
  return memcmp(left, &other, sizeof other) == 0;
}

/* Whether no other access of the routine is made at the same place: then the rows there are its
 * own. */
static bool is_alone(const struct unit *unit, uint32_t access)
{
  for (uint32_t i = 0; i < unit->n_accesses; i++) {
    if (i != access && is_at_place_of(&unit->accesses[access], &unit->accesses[i]))
      return false;
  }
  return true;
}

/* Whether a body is in this source alone. */
static bool is_of_source(const struct unit *unit, const struct unit_access *access)
{
  if (access->routine == UNIT_NONE)
    return false;
  const struct unit_routine *routine = &unit->routines[access->routine];
  return routine->file == access->file && routine->file != UNIT_NONE &&
         (unit->files[routine->file].flags & UNIT_FILE_MAIN) != 0 &&
         (routine->flags & UNIT_ROUTINE_DEFINED) != 0;
}

static uint32_t distance(const struct unit_access *left, const struct unit_access *right)
{
  return left->line > right->line ? left->line - right->line : right->line - left->line;
}

/* The nearest twin that stays, or UNIT_NONE. */
static uint32_t nearest_twin(const struct unit *unit, const bool *stays, uint32_t access)
{
  const struct unit_access *accesses = unit->accesses;
  uint32_t nearest = UNIT_NONE;
  for (uint32_t i = 0; i < unit->n_accesses; i++) {
    bool is_nearer = nearest == UNIT_NONE || distance(&accesses[i], &accesses[access]) <
                                                 distance(&accesses[nearest], &accesses[access]);
    if (is_nearer && stays[i] && is_twin(&accesses[access], &accesses[i]) && is_alone(unit, i))
      nearest = i;
  }
  return nearest;
}

/* Whether it matters what an access of a routine comes before: a part of what a parameter points to
 * is read before it is written, or after. */
static bool is_ordered(const struct unit *unit, const struct unit_access *access)
{
  if (access->base != UNIT_BASE_POINTER || (access->mode & UNIT_READ) == 0)
    return false;
  for (uint32_t i = 0; i < unit->n_moments; i++) {
    if (unit->accesses[unit->moments[i].access].routine == access->routine)
      return true;
  }
  return false;
}

/* Finds a twin for each access of one side that does not stay. */
static bool add_twins(const struct unit *unit, const bool *stays, GArray *twins)
{
  for (uint32_t i = 0; i < unit->n_accesses; i++) {
    const struct unit_access *access = &unit->accesses[i];
    if (stays[i])
      continue;
    if (twins->len == TWINS_LIMIT || access->call != UNIT_NONE || !is_of_source(unit, access) ||
        !is_alone(unit, i) || is_ordered(unit, access))
      return false;
    struct moved_twin twin = {i, nearest_twin(unit, stays, i)};
    if (twin.twin == UNIT_NONE)
      return false;
    g_array_append_val(twins, twin);
  }
  return true;
}

static bool find_twins(struct moved_unit *unit)
{
  uint32_t n = unit->before->n_accesses;
  g_autofree bool *stays = g_new0(bool, MAX(n, 1));
  g_autofree bool *was_there = g_new0(bool, MAX(unit->after->n_accesses, 1));
  for (uint32_t i = 0; i < n; i++) {
    stays[i] = unit->accesses[i] != UNIT_NONE;
    if (stays[i])
      was_there[unit->accesses[i]] = true;
  }
  return add_twins(unit->before, stays, unit->gone) &&
         add_twins(unit->after, was_there, unit->fresh);
}

/* ---- where lines went ---- */

struct place {
  uint32_t before_line, before_column; /* column 0: the line as a whole */
  uint32_t after_line, after_column;
};

static GArray *places_of(struct moves *moves, const char *path)
{
  GArray *places = g_hash_table_lookup(moves->files, path);
  if (places == NULL) {
    places = g_array_new(FALSE, FALSE, sizeof(struct place));
    g_hash_table_insert(moves->files, g_strdup(path), places);
  }
  return places;
}

static void add_places(struct moves *moves, const struct moved_unit *unit,
                       const struct moves_table *before, const struct moves_table *after)
{
  const struct unit *from = unit->before;
  g_autofree GArray **places = g_new0(GArray *, MAX(from->n_files, 1));
  for (uint32_t i = 0; i < from->n_files; i++) {
    if (unit->is_moved[i])
      places[i] = places_of(moves, unit_string(from, from->files[i].path));
  }
  for (size_t p = 0; p < MOVES_N_POSITIONS; p++) {
    const struct moves_position *position = &moves_positions[p];
    for (uint32_t i = 0; i < before->counts[position->array]; i++) {
      uint32_t file = moves_word_at(before, position->array, i, position->file);
      uint32_t to = moves_partner(unit, position->array, i);
      if (file == UNIT_NONE || places[file] == NULL || to == UNIT_NONE ||
          !is_there(before, position, i))
        continue;
      struct place place = {.before_line =
                                moves_word_at(before, position->array, i, position->line),
                            .before_column = column_at(before, position, i),
                            .after_line = moves_word_at(after, position->array, to, position->line),
                            .after_column = column_at(after, position, to)};
      g_array_append_val(places[file], place);
    }
  }
}

static gint compare_places(gconstpointer left, gconstpointer right)
{
  const struct place *a = left, *b = right;
  if (a->before_line != b->before_line)
    return a->before_line < b->before_line ? -1 : 1;
  return (a->before_column > b->before_column) - (a->before_column < b->before_column);
}

/* Every place went to one place, every line to one line, and all are in the same order. Places that
 * are the same are kept once. */
static bool keeps_order(GArray *places)
{
  g_array_sort(places, compare_places);
  guint kept = 0;
  for (guint i = 0; i < places->len; i++) {
    const struct place here = g_array_index(places, struct place, i);
    if (kept != 0) {
      const struct place *last = &g_array_index(places, struct place, kept - 1);
      if (compare_places(last, &here) == 0) {
        if (memcmp(last, &here, sizeof here) != 0)
          return false;
        continue;
      }
      bool is_line = last->before_line == here.before_line;
      if (is_line ? last->after_line != here.after_line || last->after_column >= here.after_column
                  : last->after_line >= here.after_line)
        return false;
    }
    g_array_index(places, struct place, kept++) = here;
  }
  g_array_set_size(places, kept);
  return true;
}

bool moves_line(const struct moves *moves, const char *file, int64_t *line, int64_t *column)
{
  const GArray *places = g_hash_table_lookup(moves->files, file);
  if (places == NULL || *line == 0)
    return true;
  struct place wanted = {.before_line = (uint32_t)*line,
                         .before_column = column != NULL ? (uint32_t)*column : 0};
  guint low = 0, high = places->len;
  while (low < high) {
    guint middle = low + (high - low) / 2;
    if (compare_places(&g_array_index(places, struct place, middle), &wanted) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == places->len)
    return false;
  const struct place *found = &g_array_index(places, struct place, low);
  if (found->before_line != wanted.before_line ||
      (column != NULL && found->before_column != wanted.before_column))
    return false;
  *line = found->after_line;
  if (column != NULL)
    *column = found->after_column;
  return true;
}

/* ---- life ---- */

static void unit_changed_free(gpointer data)
{
  struct moved_unit *unit = data;
  unit_free(unit->before);
  unit_free(unit->after);
  g_free(unit->objects);
  g_free(unit->guards);
  g_free(unit->arms);
  g_free(unit->accesses);
  g_free(unit->choices_before);
  g_free(unit->choices_after);
  g_free(unit->is_moved);
  g_array_unref(unit->rewritten);
  g_array_unref(unit->constants);
  g_array_unref(unit->gone);
  g_array_unref(unit->fresh);
  g_free(unit);
}

struct moves *moves_new(void)
{
  struct moves *moves = g_new0(struct moves, 1);
  moves->units = g_ptr_array_new_with_free_func(unit_changed_free);
  moves->files =
      g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
  return moves;
}

void moves_free(struct moves *moves)
{
  if (moves == NULL)
    return;
  g_ptr_array_unref(moves->units);
  g_hash_table_unref(moves->files);
  g_free(moves);
}

static bool is_move(struct moves *moves, struct moved_unit *unit)
{
  if (unit->before == NULL || unit->after == NULL || unit->before->n_diagnostics != 0)
    return false;
  const struct moves_table before = moves_table_of(unit->before),
                           after = moves_table_of(unit->after);
  unit->is_moved = g_new0(bool, MAX(unit->before->n_files, 1));
  if (!moves_pair(unit, &before, &after) || !find_twins(unit) ||
      !find_moved(unit, &before, &after) || !keeps_routines_whole(unit, &before) ||
      !keeps_names(unit))
    return false;
  add_places(moves, unit, &before, &after);
  return true;
}

void moves_add(struct moves *moves, int64_t id, GBytes *before, GBytes *after, bool is_alone)
{
  if (moves->is_more)
    return;
  struct moved_unit *unit = g_new0(struct moved_unit, 1);
  unit->id = id;
  unit->is_alone = is_alone;
  unit->before = unit_open(before, NULL);
  unit->after = unit_open(after, NULL);
  unit->rewritten = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  unit->constants = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  unit->gone = g_array_new(FALSE, FALSE, sizeof(struct moved_twin));
  unit->fresh = g_array_new(FALSE, FALSE, sizeof(struct moved_twin));
  g_ptr_array_add(moves->units, unit);
  moves->is_more = moves->units->len > UNITS_LIMIT || !is_move(moves, unit);
}

/* Whether anything but lines differs. */
static bool is_edited(const struct moved_unit *unit)
{
  const struct unit *before = unit->before, *after = unit->after;
  return unit->rewritten->len + unit->constants->len + unit->gone->len + unit->fresh->len != 0 ||
         before->n_objects != after->n_objects || before->n_guards != after->n_guards ||
         before->n_arms != after->n_arms;
}

bool moves_close(struct moves *moves)
{
  for (guint i = 0; i < moves->units->len && !moves->is_more; i++) {
    const struct moved_unit *unit = g_ptr_array_index(moves->units, i);
    moves->is_more = is_edited(unit) && (moves->units->len > 1 || !unit->is_alone);
  }
  GHashTableIter iterator;
  gpointer places;
  g_hash_table_iter_init(&iterator, moves->files);
  while (!moves->is_more && g_hash_table_iter_next(&iterator, NULL, &places))
    moves->is_more = !keeps_order(places);
  return !moves->is_more;
}
