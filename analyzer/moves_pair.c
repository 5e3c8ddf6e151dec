/* Which rows of a unit before and after an edit are the same. */
#include "analyzer/moves_parts.h"

#include "analyzer/id_set.h"
#include "analyzer/sql.h"

#include <stddef.h>
#include <string.h>

/* ---- what the members of rows are ---- */

#define LINE(row, member)                                                                          \
  {                                                                                                \
    ARRAY_##row, offsetof(struct unit_##row, file), offsetof(struct unit_##row, member),           \
        MOVES_NO_COLUMN                                                                            \
  }
#define PLACE(row)                                                                                 \
  {                                                                                                \
    ARRAY_##row, offsetof(struct unit_##row, file), offsetof(struct unit_##row, line),             \
        offsetof(struct unit_##row, column)                                                        \
  }

const struct moves_position moves_positions[MOVES_N_POSITIONS] = {
    PLACE(routine),          LINE(routine, end_line), PLACE(type),
    PLACE(object),           LINE(edge, line),        PLACE(call),
    LINE(initialiser, line), PLACE(access),           LINE(arm, line),
    LINE(arm, end_line),     LINE(loop, line),        LINE(loop, end_line),
    PLACE(literal),          LINE(assembly, line),
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
  WORD_NUMBER,  /* of an argument: may be another constant, or the line of its call */
  WORD_TEXT,    /* of what is constant, and its type: may be another text */
  WORD_ARM,     /* the innermost one around a call or an arm */
  WORD_GROUP,   /* of an arm: compared with all others, see keeps_groups() */
  WORD_GUARD,
  WORD_ACCESS, /* of a moment */
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

/* Words that are compared in a way of their own. */
static const struct special {
  enum unit_array array;
  uint32_t offset;
  enum word word;
} specials[] = {
    {ARRAY_field, offsetof(struct unit_field, line), WORD_POSITION},
    {ARRAY_argument, offsetof(struct unit_argument, integer), WORD_NUMBER},
    {ARRAY_argument, offsetof(struct unit_argument, integer) + sizeof(uint32_t), WORD_NUMBER},
    {ARRAY_argument, offsetof(struct unit_argument, text), WORD_TEXT},
    {ARRAY_argument, offsetof(struct unit_argument, type), WORD_TEXT},
    {ARRAY_literal, offsetof(struct unit_literal, text), WORD_TEXT},
    {ARRAY_object, offsetof(struct unit_object, name), WORD_TEXT},
    {ARRAY_object, offsetof(struct unit_object, type), WORD_TEXT},
    {ARRAY_object, offsetof(struct unit_object, size), WORD_NUMBER},
    {ARRAY_object, offsetof(struct unit_object, size) + sizeof(uint32_t), WORD_NUMBER},
    {ARRAY_routine, offsetof(struct unit_routine, words), WORD_WORDS},
    {ARRAY_routine, offsetof(struct unit_routine, n_statements), WORD_STATEMENTS},
    {ARRAY_arm, offsetof(struct unit_arm, parent), WORD_ARM},
    {ARRAY_arm, offsetof(struct unit_arm, group), WORD_GROUP},
    {ARRAY_call, offsetof(struct unit_call, arm), WORD_ARM},
    {ARRAY_call, offsetof(struct unit_call, guard), WORD_GUARD},
    {ARRAY_edge, offsetof(struct unit_edge, guard), WORD_GUARD},
    {ARRAY_guard, offsetof(struct unit_guard, parent), WORD_GUARD},
    {ARRAY_moment, offsetof(struct unit_moment, access), WORD_ACCESS},
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
  for (size_t i = 0; i < MOVES_N_POSITIONS; i++) {
    const struct moves_position *position = &moves_positions[i];
    uint8_t *words = shape->words[position->array];
    words[position->line / sizeof(uint32_t)] = WORD_POSITION;
    if (position->column != MOVES_NO_COLUMN)
      words[position->column / sizeof(uint32_t)] = WORD_POSITION;
  }
  for (size_t i = 0; i < G_N_ELEMENTS(by_kinds); i++)
    shape->words[by_kinds[i].array][by_kinds[i].index / sizeof(uint32_t)] = WORD_BY_KIND;
  for (size_t i = 0; i < G_N_ELEMENTS(specials); i++)
    shape->words[specials[i].array][specials[i].offset / sizeof(uint32_t)] =
        (uint8_t)specials[i].word;
}

struct moves_table moves_table_of(const struct unit *unit)
{
  struct moves_table table = {0};
#define TAKE(row, array)                                                                           \
  table.rows[ARRAY_##row] = (const uint8_t *)unit->array;                                          \
  table.counts[ARRAY_##row] = unit->n_##array;
  UNIT_ARRAYS(TAKE)
#undef TAKE
  return table;
}

uint32_t moves_word_at(const struct moves_table *table, enum unit_array array, uint32_t row,
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

/* More constants than these are linked: each of them is looked up. */
enum { CONSTANTS_LIMIT = 32 };

/* Another constant of the same kind; whether it decides anything is asked later. */
static bool may_be_constant(struct moved_unit *unit, uint32_t row)
{
  uint32_t kind = unit->before->arguments[row].kind;
  if (kind != unit->after->arguments[row].kind ||
      (kind != UNIT_ARGUMENT_INTEGER && kind != UNIT_ARGUMENT_STRING && kind != UNIT_ARGUMENT_LIST))
    return false;
  bool is_known = unit->constants->len != 0 &&
                  g_array_index(unit->constants, uint32_t, unit->constants->len - 1) == row;
  if (!is_known)
    g_array_append_val(unit->constants, row);
  return unit->constants->len <= CONSTANTS_LIMIT;
}

bool moves_is_plain_text(const struct unit *unit, uint32_t literal)
{
  g_autoptr(GPtrArray) tables = sql_tables(unit_string(unit, unit->literals[literal].text));
  return tables->len == 0;
}

/* A string literal is an object where pointers lead to it, and nothing flows through it. */
static bool is_literal(const uint8_t *before, const uint8_t *after)
{
  return ((const struct unit_object *)(const void *)before)->kind == UNIT_OBJECT_LITERAL &&
         ((const struct unit_object *)(const void *)after)->kind == UNIT_OBJECT_LITERAL;
}

/* Whether another text or number of a row is no more than that. */
static bool may_be_other(struct moved_unit *unit, enum unit_array array, uint32_t row,
                         const uint8_t *before, const uint8_t *after)
{
  switch (array) {
  case ARRAY_argument:
    return may_be_constant(unit, row);
  case ARRAY_object:
    return is_literal(before, after);
  case ARRAY_literal:
    return moves_is_plain_text(unit->before, row) && moves_is_plain_text(unit->after, row);
  default:
    return false;
  }
}

/* Where a comparison is by its index, UNIT_NONE is its own partner. */
static bool is_partner(const struct moved_unit *unit, enum unit_array array, uint32_t before,
                       uint32_t after)
{
  return before == UNIT_NONE || after == UNIT_NONE ? before == after
                                                   : moves_partner(unit, array, before) == after;
}

/* The arm around an arm or a call that linking looks at. A comparison with a number that is no part
 * of a switch or a chain of texts is none: neither a dispatch nor a choice of constants. */
static uint32_t choice_around(const struct unit *unit, const bool *is_choice, uint32_t arm)
{
  while (arm != UNIT_NONE && !is_choice[arm])
    arm = unit->arms[arm].parent;
  return arm;
}

static bool is_same_arm(const struct moved_unit *unit, uint32_t before, uint32_t after)
{
  return is_partner(unit, ARRAY_arm, before, after) ||
         (choice_around(unit->before, unit->choices_before, before) == UNIT_NONE &&
          choice_around(unit->after, unit->choices_after, after) == UNIT_NONE);
}

/* Two rows that are compared; `row` is the number of the first. */
struct compared {
  enum unit_array array;
  uint32_t row;
  const uint8_t *before, *after;
  bool is_rough; /* what other arrays say of arms and guards is not known yet */
};

static bool is_same_word(struct moved_unit *unit, enum word kind, const struct compared *rows,
                         uint32_t before, uint32_t after)
{
  switch (kind) {
  case WORD_STRING:
    return is_same_string(unit, before, after);
  case WORD_OBJECT:
    return is_same_object(unit, before, after);
  case WORD_POSITION:
    return (before == 0) == (after == 0);
  case WORD_WORDS:
    return is_same_string(unit, before, after) || may_differ(unit, rows->row);
  case WORD_STATEMENTS:
    return before == after || may_differ(unit, rows->row);
  case WORD_NUMBER:
    return before == after || (rows->array == ARRAY_argument && is_same_number(unit, rows->row)) ||
           may_be_other(unit, rows->array, rows->row, rows->before, rows->after);
  case WORD_TEXT:
    return is_same_string(unit, before, after) ||
           may_be_other(unit, rows->array, rows->row, rows->before, rows->after);
  case WORD_ARM:
    return rows->is_rough || is_same_arm(unit, before, after);
  case WORD_GUARD:
    return rows->is_rough || is_partner(unit, ARRAY_guard, before, after);
  case WORD_ACCESS:
    return is_partner(unit, ARRAY_access, before, after);
  case WORD_GROUP:
    return true;
  default:
    return before == after;
  }
}

static bool is_same_row(struct moved_unit *unit, const struct shape *shape,
                        const struct compared *rows)
{
  for (uint32_t at = 0; at < row_sizes[rows->array]; at += (uint32_t)sizeof(uint32_t)) {
    enum word kind = (enum word)shape->words[rows->array][at / sizeof(uint32_t)];
    uint32_t words[2];
    memcpy(&words[0], rows->before + at, sizeof words[0]);
    memcpy(&words[1], rows->after + at, sizeof words[1]);
    if (kind == WORD_BY_KIND)
      kind = is_object(rows->array, rows->before) ? WORD_OBJECT : WORD_SAME;
    if (!is_same_word(unit, kind, rows, words[0], words[1]))
      return false;
  }
  return true;
}

static const uint8_t *row_at(const struct moves_table *table, enum unit_array array, uint32_t row)
{
  return table->rows[array] + (size_t)row * row_sizes[array];
}

/* What is compared, and how. */
struct sides {
  struct moved_unit *unit;
  const struct moves_table *before, *after;
  struct shape shape;
};

static bool are_same(const struct sides *sides, enum unit_array array, uint32_t before,
                     uint32_t after, bool is_rough)
{
  struct compared rows = {array, before, row_at(sides->before, array, before),
                          row_at(sides->after, array, after), is_rough};
  return is_same_row(sides->unit, &sides->shape, &rows);
}

/* ---- rows that come and go ---- */

/* Pairs the objects of both sides in their order; automatic variables may be on one side only. What
 * refers to one that has no partner will differ. */
static bool pair_objects(const struct sides *sides)
{
  struct moved_unit *unit = sides->unit;
  const struct unit_object *after = unit->after->objects;
  uint32_t n = unit->before->n_objects, n_after = unit->after->n_objects, to = 0;
  unit->objects = g_new(uint32_t, MAX(n, 1));
  for (uint32_t i = 0; i < n; i++) {
    uint32_t at = to;
    while (at < n_after && !are_same(sides, ARRAY_object, i, at, false) &&
           after[at].kind == UNIT_OBJECT_LOCAL)
      at++;
    bool is_found = at < n_after && are_same(sides, ARRAY_object, i, at, false);
    if (!is_found && unit->before->objects[i].kind != UNIT_OBJECT_LOCAL)
      return false;
    unit->objects[i] = is_found ? at : UNIT_NONE;
    to = is_found ? at + 1 : to;
  }
  while (to < n_after && after[to].kind == UNIT_OBJECT_LOCAL)
    to++;
  return to == n_after;
}

/* Whether two rows lie at the same place. */
static bool are_in_place(const struct sides *sides, enum unit_array array, uint32_t row)
{
  for (size_t i = 0; i < MOVES_N_POSITIONS; i++) {
    const struct moves_position *at = &moves_positions[i];
    if (at->array == array && (moves_word_at(sides->before, array, row, at->line) !=
                                   moves_word_at(sides->after, array, row, at->line) ||
                               (at->column != MOVES_NO_COLUMN &&
                                moves_word_at(sides->before, array, row, at->column) !=
                                    moves_word_at(sides->after, array, row, at->column))))
      return false;
  }
  return true;
}

/* Pairs the rows of an array from both ends; what is between them came or went. First those before
 * the edit, which have not moved: of rows that say the same, their places tell which one is new. A
 * new array. */
static uint32_t *pair_ends(const struct sides *sides, enum unit_array array)
{
  uint32_t n = sides->before->counts[array], n_after = sides->after->counts[array];
  uint32_t *partners = g_new(uint32_t, MAX(n, 1));
  uint32_t start = 0, end = 0;
  while (start < MIN(n, n_after) && are_in_place(sides, array, start) &&
         are_same(sides, array, start, start, true))
    start++;
  while (end < MIN(n, n_after) - start &&
         are_same(sides, array, n - 1 - end, n_after - 1 - end, true))
    end++;
  while (start < MIN(n, n_after) - end && are_same(sides, array, start, start, true))
    start++;
  for (uint32_t i = 0; i < n; i++)
    partners[i] = i < start ? i : i >= n - end ? n_after - (n - i) : UNIT_NONE;
  return partners;
}

/* For each arm whether it belongs to a switch or to a chain with a text. A new array. */
static bool *find_choices(const struct unit *unit)
{
  bool *is_choice = g_new0(bool, MAX(unit->n_arms, 1));
  struct id_map groups = {0};
  for (uint32_t i = 0; i < unit->n_arms; i++) {
    if (unit->arms[i].kind != UNIT_ARM_EQUAL)
      id_map_put(&groups, unit->arms[i].group, 1);
  }
  for (uint32_t i = 0; i < unit->n_arms; i++)
    is_choice[i] = id_map_get(&groups, unit->arms[i].group) != UINT32_MAX;
  id_map_clear(&groups);
  return is_choice;
}

/* Whether arms that came or went, of one side, are none that linking looks at. */
static bool are_no_choices(const struct unit *unit, const bool *is_choice, const bool *is_paired)
{
  for (uint32_t i = 0; i < unit->n_arms; i++) {
    bool is_before_joined =
        i + 1 < unit->n_arms && (unit->arms[i + 1].flags & UNIT_ARM_JOINED) != 0;
    if (!is_paired[i] && (is_choice[i] || is_before_joined))
      return false;
  }
  return true;
}

/* Whether the arms of one group are still those of one group, and whether those without a partner
 * do not matter. */
static bool keeps_groups(const struct moved_unit *unit)
{
  const struct unit *before = unit->before, *after = unit->after;
  g_autofree bool *stays = g_new0(bool, MAX(before->n_arms, 1));
  g_autofree bool *was_there = g_new0(bool, MAX(after->n_arms, 1));
  struct id_map to = {0}, from = {0};
  bool is_kept = true;
  for (uint32_t i = 0; i < before->n_arms && is_kept; i++) {
    uint32_t partner = unit->arms[i];
    if (partner == UNIT_NONE)
      continue;
    stays[i] = was_there[partner] = true;
    uint32_t group = before->arms[i].group, now = after->arms[partner].group;
    id_map_put_new(&to, group, now);
    id_map_put_new(&from, now, group);
    is_kept = id_map_get(&to, group) == now && id_map_get(&from, now) == group &&
              unit->choices_before[i] == unit->choices_after[partner];
  }
  id_map_clear(&to);
  id_map_clear(&from);
  return is_kept && are_no_choices(before, unit->choices_before, stays) &&
         are_no_choices(after, unit->choices_after, was_there);
}

static uint32_t *const *map_of(const struct moved_unit *unit, enum unit_array array)
{
  switch (array) {
  case ARRAY_object:
    return &unit->objects;
  case ARRAY_guard:
    return &unit->guards;
  case ARRAY_arm:
    return &unit->arms;
  case ARRAY_access:
    return &unit->accesses;
  default:
    return NULL;
  }
}

uint32_t moves_partner(const struct moved_unit *unit, enum unit_array array, uint32_t row)
{
  uint32_t *const *map = map_of(unit, array);
  return map != NULL ? (*map)[row] : row;
}

bool moves_pair(struct moved_unit *unit, const struct moves_table *before,
                const struct moves_table *after)
{
  struct sides sides = {.unit = unit, .before = before, .after = after};
  shape_init(&sides.shape);
  for (int array = 0; array < ARRAY_string; array++) {
    if (map_of(unit, (enum unit_array)array) == NULL &&
        before->counts[array] != after->counts[array])
      return false;
  }
  unit->choices_before = find_choices(unit->before);
  unit->choices_after = find_choices(unit->after);
  if (!pair_objects(&sides))
    return false;
  unit->guards = pair_ends(&sides, ARRAY_guard);
  unit->arms = pair_ends(&sides, ARRAY_arm);
  unit->accesses = pair_ends(&sides, ARRAY_access);
  for (int array = 0; array < ARRAY_string; array++) {
    for (uint32_t i = 0; i < before->counts[array] && array != ARRAY_object; i++) {
      uint32_t to = moves_partner(unit, (enum unit_array)array, i);
      if (to != UNIT_NONE && !are_same(&sides, (enum unit_array)array, i, to, false))
        return false;
    }
  }
  return keeps_groups(unit);
}
