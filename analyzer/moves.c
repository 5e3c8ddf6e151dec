#include "analyzer/moves.h"

#include "analyzer/sql.h"
#include "analyzer/unit_layout.h"

#include <stddef.h>
#include <string.h>

/* More units than these are linked again: comparing them is no longer cheap. */
enum { UNITS_LIMIT = 16 };

/* ---- what the members of rows are ---- */

/* A position: an array's members for file, line and column, or no column. */
struct position {
  enum unit_array array;
  uint32_t file, line, column;
};

#define NO_COLUMN UINT32_MAX
#define LINE(row, member)                                                                          \
  {ARRAY_##row, offsetof(struct unit_##row, file), offsetof(struct unit_##row, member), NO_COLUMN}
#define PLACE(row)                                                                                 \
  {ARRAY_##row, offsetof(struct unit_##row, file), offsetof(struct unit_##row, line),              \
   offsetof(struct unit_##row, column)}

static const struct position positions[] = {
    PLACE(routine),          LINE(routine, end_line), PLACE(type),
    PLACE(object),           LINE(edge, line),        PLACE(call),
    LINE(initialiser, line), PLACE(access),           LINE(arm, line),
    LINE(arm, end_line),     LINE(loop, line),        LINE(loop, end_line),
    PLACE(literal),          LINE(assembly, line),
};

/* Rows of a routine whose lines are compared with one another: what runs before what. */
struct owned {
  enum unit_array array;
  uint32_t file, routine;
};

#define OWNED(row, owner)                                                                          \
  {ARRAY_##row, offsetof(struct unit_##row, file), offsetof(struct unit_##row, owner)}

static const struct owned owned[] = {
    OWNED(call, caller),  OWNED(access, routine),  OWNED(arm, routine),
    OWNED(loop, routine), OWNED(literal, routine),
};

static const uint32_t row_sizes[N_ARRAYS] = {
#define ROW_SIZE(row, array) [ARRAY_##row] = sizeof(struct unit_##row),
    UNIT_ARRAYS(ROW_SIZE)
#undef ROW_SIZE
};

enum { WORD_LIMIT = 32 };

enum word {
  WORD_SAME,
  WORD_STRING,
  WORD_OBJECT,
  WORD_POSITION,
  WORD_WORDS,
  WORD_STATEMENTS,
  WORD_BY_KIND, /* an object in some rows */
  WORD_NUMBER,  /* of an argument: may be the line of its call */
};

/* Members that are objects in rows of some kinds. */
static const struct by_kind {
  enum unit_array array;
  uint32_t kind, index;
  uint32_t kinds; /* bit: kind */
} by_kinds[] = {
    {ARRAY_node, offsetof(struct unit_node, kind), offsetof(struct unit_node, index),
     1u << UNIT_NODE_OBJECT},
    {ARRAY_edge, offsetof(struct unit_edge, kind), offsetof(struct unit_edge, from),
     1u << UNIT_EDGE_ADDRESS},
    {ARRAY_argument, offsetof(struct unit_argument, kind), offsetof(struct unit_argument, index),
     1u << UNIT_ARGUMENT_ADDRESS | 1u << UNIT_ARGUMENT_OBJECT | 1u << UNIT_ARGUMENT_PARAM |
         1u << UNIT_ARGUMENT_FIELD | 1u << UNIT_ARGUMENT_FIELD_ADDRESS},
    {ARRAY_initialiser, offsetof(struct unit_initialiser, kind),
     offsetof(struct unit_initialiser, target), 1u << UNIT_ARGUMENT_ADDRESS},
};

/* How each word of each row is compared. */
struct shape {
  uint8_t words[N_ARRAYS][WORD_LIMIT];
};

static void shape_init(struct shape *shape)
{
  memset(shape, WORD_SAME, sizeof *shape);
  for (int array = 0; array < ARRAY_string; array++) {
    g_assert(row_sizes[array] <= WORD_LIMIT * sizeof(uint32_t));
    for (uint32_t word = 0; word < row_sizes[array] / sizeof(uint32_t); word++) {
      enum unit_array behind =
          unit_array_behind((enum unit_array)array, word * (uint32_t)sizeof(uint32_t));
      if (behind == ARRAY_string || behind == ARRAY_object)
        shape->words[array][word] = behind == ARRAY_string ? WORD_STRING : WORD_OBJECT;
    }
  }
  for (size_t i = 0; i < G_N_ELEMENTS(positions); i++) {
    uint8_t *words = shape->words[positions[i].array];
    words[positions[i].line / sizeof(uint32_t)] = WORD_POSITION;
    if (positions[i].column != NO_COLUMN)
      words[positions[i].column / sizeof(uint32_t)] = WORD_POSITION;
  }
  shape->words[ARRAY_field][offsetof(struct unit_field, line) / sizeof(uint32_t)] = WORD_POSITION;
  for (size_t i = 0; i < G_N_ELEMENTS(by_kinds); i++)
    shape->words[by_kinds[i].array][by_kinds[i].index / sizeof(uint32_t)] = WORD_BY_KIND;
  uint8_t *argument = shape->words[ARRAY_argument];
  argument[offsetof(struct unit_argument, integer) / sizeof(uint32_t)] = WORD_NUMBER;
  argument[offsetof(struct unit_argument, integer) / sizeof(uint32_t) + 1] = WORD_NUMBER;
  uint8_t *routine = shape->words[ARRAY_routine];
  routine[offsetof(struct unit_routine, words) / sizeof(uint32_t)] = WORD_WORDS;
  routine[offsetof(struct unit_routine, n_statements) / sizeof(uint32_t)] = WORD_STATEMENTS;
}

struct table {
  const uint8_t *rows[N_ARRAYS];
  uint32_t counts[N_ARRAYS];
};

static struct table table_of(const struct unit *unit)
{
  struct table table = {0};
#define TAKE(row, array)                                                                           \
  table.rows[ARRAY_##row] = (const uint8_t *)unit->array;                                          \
  table.counts[ARRAY_##row] = unit->n_##array;
  UNIT_ARRAYS(TAKE)
#undef TAKE
  return table;
}

static uint32_t word_at(const struct table *table, enum unit_array array, uint32_t row,
                        uint32_t offset)
{
  uint32_t word = 0;
  memcpy(&word, table->rows[array] + (size_t)row * row_sizes[array] + offset, sizeof word);
  return word;
}

/* ---- the same but for its lines ---- */

static bool is_same_string(const struct moved_unit *unit, uint32_t before, uint32_t after)
{
  return strcmp(unit_string(unit->before, before), unit_string(unit->after, after)) == 0;
}

/* Words and statements of a body go into the rows of its routine and nowhere else, unless another
 * unit has that body too. */
static bool may_differ(struct moved_unit *unit, uint32_t routine)
{
  const struct unit_routine *row = &unit->before->routines[routine];
  bool is_source =
      row->file != UNIT_NONE && (unit->before->files[row->file].flags & UNIT_FILE_MAIN) != 0;
  if (!is_source || (row->flags & UNIT_ROUTINE_DEFINED) == 0)
    return false;
  bool is_known = unit->rewritten->len != 0 &&
                  g_array_index(unit->rewritten, uint32_t, unit->rewritten->len - 1) == routine;
  if (!is_known)
    g_array_append_val(unit->rewritten, routine);
  return true;
}

static bool is_same_object(const struct moved_unit *unit, uint32_t before, uint32_t after)
{
  return before == UNIT_NONE ? after == UNIT_NONE : unit->objects[before] == after;
}

static bool is_object(enum unit_array array, const uint8_t *row)
{
  for (size_t i = 0; i < G_N_ELEMENTS(by_kinds); i++) {
    uint32_t kind = 0;
    if (by_kinds[i].array != array)
      continue;
    memcpy(&kind, row + by_kinds[i].kind, sizeof kind);
    return (by_kinds[i].kinds >> kind & 1u) != 0;
  }
  return false;
}

/* Whether a number is a line of its call, which a macro may spread over some. */
static bool is_line_of(int64_t number, const struct unit_call *call)
{
  enum { LINES_OF_CALL = 64 };
  return number >= call->line && number - call->line < LINES_OF_CALL;
}

/* An assertion hands over where it stands. A routine does not ask what a line is, it prints it. */
static bool is_same_number(const struct moved_unit *unit, uint32_t row)
{
  const struct unit_argument *before = &unit->before->arguments[row];
  const struct unit_argument *after = &unit->after->arguments[row];
  if (before->integer == after->integer)
    return true;
  if (before->kind != UNIT_ARGUMENT_INTEGER || after->call != before->call)
    return false;
  const struct unit_call *call = &unit->before->calls[before->call];
  if (!is_line_of(before->integer, call) ||
      !is_line_of(after->integer, &unit->after->calls[before->call]) || call->callee == UNIT_NONE ||
      before->position >= unit->before->routines[call->callee].n_params)
    return false;
  uint32_t param = unit->before->routines[call->callee].first_param + before->position;
  return strstr(unit_string(unit->before, unit->before->params[param].name), "line") != NULL;
}

static bool is_same_word(struct moved_unit *unit, enum word kind, uint32_t row, uint32_t before,
                         uint32_t after)
{
  switch (kind) {
  case WORD_STRING:
    return is_same_string(unit, before, after);
  case WORD_OBJECT:
    return is_same_object(unit, before, after);
  case WORD_POSITION:
    return (before == 0) == (after == 0);
  case WORD_WORDS:
    return is_same_string(unit, before, after) || may_differ(unit, row);
  case WORD_STATEMENTS:
    return before == after || may_differ(unit, row);
  case WORD_NUMBER:
    return before == after || is_same_number(unit, row);
  default:
    return before == after;
  }
}

static bool is_same_row(struct moved_unit *unit, const struct shape *shape, enum unit_array array,
                        uint32_t row, const uint8_t *before, const uint8_t *after)
{
  for (uint32_t at = 0; at < row_sizes[array]; at += (uint32_t)sizeof(uint32_t)) {
    enum word kind = (enum word)shape->words[array][at / sizeof(uint32_t)];
    uint32_t words[2];
    memcpy(&words[0], before + at, sizeof words[0]);
    memcpy(&words[1], after + at, sizeof words[1]);
    if (kind == WORD_BY_KIND)
      kind = is_object(array, before) ? WORD_OBJECT : WORD_SAME;
    if (!is_same_word(unit, kind, row, words[0], words[1]))
      return false;
  }
  return true;
}

static const uint8_t *row_at(const struct table *table, enum unit_array array, uint32_t row)
{
  return table->rows[array] + (size_t)row * row_sizes[array];
}

/* Pairs the objects of both sides in their order; automatic variables may be on one side only. What
 * refers to one that has no partner will differ. */
static bool pair_objects(struct moved_unit *unit, const struct shape *shape,
                         const struct table *before, const struct table *after)
{
  uint32_t n = before->counts[ARRAY_object], n_after = after->counts[ARRAY_object], to = 0;
  unit->objects = g_new(uint32_t, MAX(n, 1));
  for (uint32_t i = 0; i < n; i++) {
    uint32_t at = to;
    while (at < n_after &&
           !is_same_row(unit, shape, ARRAY_object, i, row_at(before, ARRAY_object, i),
                        row_at(after, ARRAY_object, at)) &&
           unit->after->objects[at].kind == UNIT_OBJECT_LOCAL)
      at++;
    bool is_found =
        at < n_after && is_same_row(unit, shape, ARRAY_object, i, row_at(before, ARRAY_object, i),
                                    row_at(after, ARRAY_object, at));
    if (!is_found && unit->before->objects[i].kind != UNIT_OBJECT_LOCAL)
      return false;
    unit->objects[i] = is_found ? at : UNIT_NONE;
    to = is_found ? at + 1 : to;
  }
  while (to < n_after && unit->after->objects[to].kind == UNIT_OBJECT_LOCAL)
    to++;
  return to == n_after;
}

static bool has_same_rows(struct moved_unit *unit, const struct table *before,
                          const struct table *after)
{
  struct shape shape;
  shape_init(&shape);
  for (int array = 0; array < ARRAY_string; array++) {
    if (array == ARRAY_object ? !pair_objects(unit, &shape, before, after)
                              : before->counts[array] != after->counts[array])
      return false;
  }
  for (int array = 0; array < ARRAY_string; array++) {
    for (uint32_t i = 0; i < before->counts[array] && array != ARRAY_object; i++) {
      if (!is_same_row(unit, &shape, (enum unit_array)array, i,
                       row_at(before, (enum unit_array)array, i),
                       row_at(after, (enum unit_array)array, i)))
        return false;
    }
  }
  return true;
}

/* The row of the other side; UNIT_NONE where there is none. */
static uint32_t partner(const struct moved_unit *unit, enum unit_array array, uint32_t row)
{
  return array == ARRAY_object ? unit->objects[row] : row;
}

/* ---- which files moved ---- */

static bool is_there(const struct table *table, const struct position *position, uint32_t row)
{
  return word_at(table, position->array, row, position->line) != 0;
}

static uint32_t column_at(const struct table *table, const struct position *position, uint32_t row)
{
  return position->column == NO_COLUMN ? 0 : word_at(table, position->array, row, position->column);
}

/* False where something moved that is in no file of the tree. */
static bool find_moved(struct moved_unit *unit, const struct table *before,
                       const struct table *after)
{
  for (size_t p = 0; p < G_N_ELEMENTS(positions); p++) {
    const struct position *position = &positions[p];
    for (uint32_t i = 0; i < before->counts[position->array]; i++) {
      uint32_t to = partner(unit, position->array, i);
      if (to == UNIT_NONE || (word_at(before, position->array, i, position->line) ==
                                  word_at(after, position->array, to, position->line) &&
                              column_at(before, position, i) == column_at(after, position, to)))
        continue;
      uint32_t file = word_at(before, position->array, i, position->file);
      if (file == UNIT_NONE || (unit->before->files[file].flags & UNIT_FILE_INSIDE) == 0)
        return false;
      unit->is_moved[file] = true;
    }
  }
  return true;
}

/* Literals that name tables are accesses, others are nothing but text. */
static bool is_plain_text(const struct unit *unit, enum unit_array array, uint32_t row)
{
  if (array != ARRAY_literal)
    return false;
  g_autoptr(GPtrArray) tables = sql_tables(unit_string(unit, unit->literals[row].text));
  return tables->len == 0;
}

/* Lines of two files are never compared where each routine lies in one of them. */
static bool keeps_routines_whole(const struct moved_unit *unit, const struct table *before)
{
  for (size_t o = 0; o < G_N_ELEMENTS(owned); o++) {
    for (uint32_t i = 0; i < before->counts[owned[o].array]; i++) {
      uint32_t file = word_at(before, owned[o].array, i, owned[o].file);
      uint32_t routine = word_at(before, owned[o].array, i, owned[o].routine);
      uint32_t home = routine != UNIT_NONE ? unit->before->routines[routine].file : file;
      bool is_moved = (file != UNIT_NONE && unit->is_moved[file]) ||
                      (home != UNIT_NONE && unit->is_moved[home]);
      if (is_moved && file != home && !is_plain_text(unit->before, owned[o].array, i))
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
                       const struct table *before, const struct table *after)
{
  const struct unit *from = unit->before;
  g_autofree GArray **places = g_new0(GArray *, MAX(from->n_files, 1));
  for (uint32_t i = 0; i < from->n_files; i++) {
    if (unit->is_moved[i])
      places[i] = places_of(moves, unit_string(from, from->files[i].path));
  }
  for (size_t p = 0; p < G_N_ELEMENTS(positions); p++) {
    const struct position *position = &positions[p];
    for (uint32_t i = 0; i < before->counts[position->array]; i++) {
      uint32_t file = word_at(before, position->array, i, position->file);
      uint32_t to = partner(unit, position->array, i);
      if (file == UNIT_NONE || places[file] == NULL || to == UNIT_NONE ||
          !is_there(before, position, i))
        continue;
      struct place place = {.before_line = word_at(before, position->array, i, position->line),
                            .before_column = column_at(before, position, i),
                            .after_line = word_at(after, position->array, to, position->line),
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
  g_free(unit->is_moved);
  g_array_unref(unit->rewritten);
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
  const struct table before = table_of(unit->before), after = table_of(unit->after);
  unit->is_moved = g_new0(bool, MAX(unit->before->n_files, 1));
  if (!has_same_rows(unit, &before, &after) || !find_moved(unit, &before, &after) ||
      !keeps_routines_whole(unit, &before) || !keeps_names(unit))
    return false;
  add_places(moves, unit, &before, &after);
  return true;
}

void moves_add(struct moves *moves, int64_t id, GBytes *before, GBytes *after)
{
  if (moves->is_more)
    return;
  struct moved_unit *unit = g_new0(struct moved_unit, 1);
  unit->id = id;
  unit->before = unit_open(before, NULL);
  unit->after = unit_open(after, NULL);
  unit->rewritten = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  g_ptr_array_add(moves->units, unit);
  moves->is_more = moves->units->len > UNITS_LIMIT || !is_move(moves, unit);
}

bool moves_close(struct moves *moves)
{
  for (guint i = 0; i < moves->units->len && !moves->is_more; i++) {
    const struct moved_unit *unit = g_ptr_array_index(moves->units, i);
    moves->is_more = unit->rewritten->len != 0 && moves->units->len > 1;
  }
  GHashTableIter iterator;
  gpointer places;
  g_hash_table_iter_init(&iterator, moves->files);
  while (!moves->is_more && g_hash_table_iter_next(&iterator, NULL, &places))
    moves->is_more = !keeps_order(places);
  return !moves->is_more;
}
