/* The pointer solver against the plainest one there is, on random constraints: all sets as tables
 * of bits, every constraint applied again and again until nothing changes. And what many loads of
 * the same places cost. */
#include "analyzer/points_to_parts.h"

#include <glib.h>
#include <string.h>

/* ---- types: 1 is two pointers, 2 begins with 1 and has two more; a pointer each 8 bytes ---- */

enum { PAIR = 1, WIDE = 2, STRIDE = 8 };

static enum points_to_fit fit(void *context, uint32_t object_type, uint32_t offset,
                              uint32_t access_type)
{
  (void)context;
  bool is_same = object_type == access_type && offset == 0;
  bool is_first = object_type == WIDE && access_type == PAIR && offset == 0;
  return is_same || is_first ? POINTS_TO_FIT : POINTS_TO_MISFIT;
}

static uint64_t size_of(void *context, uint32_t type)
{
  (void)context;
  return type == PAIR ? 16 : 32;
}

static uint32_t target_at(void *context, uint32_t type, uint32_t offset)
{
  static const uint32_t targets[] = {PAIR, POINTS_TO_UNKNOWN, WIDE, POINTS_TO_ROUTINE};
  (void)context;
  (void)type;
  return offset % STRIDE == 0 ? targets[offset / STRIDE % 4] : POINTS_TO_NONE;
}

static uint32_t places(void *context, uint32_t type, uint32_t from, uint32_t *offsets, uint32_t n)
{
  (void)context;
  (void)from;
  (void)type;
  (void)offsets;
  (void)n;
  return 0;
}

static bool accepts(void *context, uint32_t call_shape, uint32_t routine_shape)
{
  (void)context;
  return call_shape == 0 || routine_shape == 0 || call_shape == routine_shape;
}

static struct points_to *new_solver(void)
{
  static const struct points_to_types types = {fit, size_of, target_at, places, accepts, NULL};
  return points_to_new(&types);
}

/* ---- a random program ---- */

enum { N_NODES = 40, N_OBJECTS = 24, N_ROUTINES = 4, N_PARAMS = 2, N_OFFSETS = 4 };
enum { MAX_CONSTRAINTS = 160, N_PLACES = N_NODES + N_OBJECTS * N_OFFSETS };

enum kind { ADDRESS, COPY, LOAD, STORE, FIELD, CALL, N_KINDS };

struct constraint_row {
  enum kind kind;
  uint32_t to, from; /* nodes; of ADDRESS the object; of CALL the pointer and the result */
  int offset;
  uint32_t type;
  uint32_t arguments[N_PARAMS];
};

struct object_row {
  uint32_t type;
  bool is_routine;
  uint32_t shape;
  uint32_t params[N_PARAMS], result;
};

struct program {
  uint32_t targets[N_NODES];
  struct object_row objects[N_OBJECTS];
  struct constraint_row rows[MAX_CONSTRAINTS];
  uint32_t n_rows;
};

static uint32_t below(GRand *random, uint32_t n)
{
  return (uint32_t)g_rand_int_range(random, 0, (gint32)n);
}

static struct constraint_row random_row(GRand *random)
{
  static const uint32_t types[] = {PAIR, PAIR, WIDE};
  static const enum kind kinds[] = {ADDRESS, COPY,  COPY,  LOAD, LOAD, LOAD,
                                    STORE,   STORE, FIELD, CALL, CALL, ADDRESS};
  struct constraint_row row = {
      .kind = kinds[below(random, G_N_ELEMENTS(kinds))],
      .to = below(random, N_NODES),
      .from = below(random, N_NODES),
      .type = types[below(random, G_N_ELEMENTS(types))],
  };
  row.offset = (int)below(random, row.type == PAIR ? 2 : N_OFFSETS) * STRIDE;
  if (row.kind == ADDRESS) {
    row.from = below(random, N_OBJECTS);
    row.offset = below(random, 4) == 0 ? STRIDE : 0;
  } else if (row.kind == FIELD && below(random, 2) == 0) {
    row.type = POINTS_TO_UNKNOWN;
    row.offset = -row.offset;
  }
  for (size_t i = 0; i < N_PARAMS; i++)
    row.arguments[i] = below(random, N_NODES);
  if (row.kind == CALL)
    row.type = below(random, 3);
  return row;
}

static void random_program(GRand *random, struct program *program)
{
  static const uint32_t targets[] = {POINTS_TO_UNKNOWN, POINTS_TO_UNKNOWN, PAIR, WIDE,
                                     POINTS_TO_ROUTINE};
  static const uint32_t types[] = {PAIR, PAIR, PAIR, WIDE, POINTS_TO_SCALAR};
  for (size_t i = 0; i < N_NODES; i++)
    program->targets[i] = targets[below(random, G_N_ELEMENTS(targets))];
  for (size_t i = 0; i < N_OBJECTS; i++) {
    struct object_row *object = &program->objects[i];
    *object = (struct object_row){.type = types[below(random, G_N_ELEMENTS(types))]};
    if (i >= N_ROUTINES)
      continue;
    *object = (struct object_row){POINTS_TO_SCALAR, true, below(random, 3), {0}, 0};
    for (size_t p = 0; p < N_PARAMS; p++)
      object->params[p] = below(random, N_NODES);
    object->result = below(random, N_NODES);
  }
  program->n_rows = 40 + below(random, MAX_CONSTRAINTS - 40);
  for (uint32_t i = 0; i < program->n_rows; i++)
    program->rows[i] = random_row(random);
  /* Many objects come to several nodes at once. */
  for (uint32_t i = 0; i < N_OBJECTS / 2 + N_NODES / 4; i++) {
    struct constraint_row *row = &program->rows[below(random, program->n_rows)];
    if (i < N_OBJECTS / 2)
      *row = (struct constraint_row){.kind = ADDRESS, .from = below(random, N_OBJECTS)};
    else
      *row = (struct constraint_row){.kind = COPY, .to = below(random, N_NODES)};
  }
}

/* ---- the plain solver ---- */

/* Places: nodes first, then every object's offsets. A location is the place that it is. */
struct plain {
  const struct program *program;
  bool holds[N_PLACES][N_PLACES];
  bool is_changed;
};

static uint32_t n_offsets_of(const struct object_row *object)
{
  return object->type == POINTS_TO_SCALAR ? 1 : (uint32_t)size_of(NULL, object->type) / STRIDE;
}

/* G_MAXUINT32 beyond the object. */
static uint32_t place_at(const struct program *program, uint32_t object, int64_t offset)
{
  if (offset < 0 || offset / STRIDE >= n_offsets_of(&program->objects[object]))
    return G_MAXUINT32;
  return N_NODES + object * N_OFFSETS + (uint32_t)(offset / STRIDE);
}

static uint32_t target_of_place(const struct program *program, uint32_t place)
{
  if (place < N_NODES)
    return program->targets[place];
  const struct object_row *object = &program->objects[(place - N_NODES) / N_OFFSETS];
  return object->type == POINTS_TO_SCALAR
             ? POINTS_TO_UNKNOWN
             : target_at(NULL, object->type, (place - N_NODES) % N_OFFSETS * STRIDE);
}

static bool fits(const struct program *program, uint32_t location, uint32_t target)
{
  const struct object_row *object = &program->objects[(location - N_NODES) / N_OFFSETS];
  uint32_t offset = (location - N_NODES) % N_OFFSETS * STRIDE;
  if (target == POINTS_TO_UNKNOWN)
    return true;
  if (object->is_routine || target == POINTS_TO_ROUTINE)
    return object->is_routine && target == POINTS_TO_ROUTINE;
  return object->type != POINTS_TO_SCALAR &&
         fit(NULL, object->type, offset, target) == POINTS_TO_FIT;
}

static void put(struct plain *plain, uint32_t place, uint32_t location)
{
  if (plain->holds[place][location] ||
      !fits(plain->program, location, target_of_place(plain->program, place)))
    return;
  plain->holds[place][location] = plain->is_changed = true;
}

static void pour(struct plain *plain, uint32_t to, uint32_t from)
{
  for (uint32_t l = N_NODES; l < N_PLACES; l++) {
    if (plain->holds[from][l])
      put(plain, to, l);
  }
}

static void apply_at(struct plain *plain, const struct constraint_row *row, uint32_t location)
{
  const struct program *program = plain->program;
  uint32_t index = (location - N_NODES) / N_OFFSETS;
  const struct object_row *object = &program->objects[index];
  if (row->kind == CALL) {
    if (!object->is_routine || !accepts(NULL, row->type, object->shape))
      return;
    for (size_t i = 0; i < N_PARAMS; i++)
      pour(plain, object->params[i], row->arguments[i]);
    pour(plain, row->to, object->result);
    return;
  }
  if (!fits(program, location, row->type))
    return;
  int64_t offset = (int64_t)((location - N_NODES) % N_OFFSETS) * STRIDE + row->offset;
  uint32_t there = place_at(program, index, offset);
  if (there == G_MAXUINT32)
    return;
  if (row->kind == LOAD)
    pour(plain, row->to, there);
  else if (row->kind == STORE)
    pour(plain, there, row->from);
  else
    put(plain, row->to, there);
}

static void apply_row(struct plain *plain, const struct constraint_row *row)
{
  if (row->kind == ADDRESS) {
    uint32_t place = place_at(plain->program, row->from, row->offset);
    if (place != G_MAXUINT32)
      put(plain, row->to, place);
  } else if (row->kind == COPY) {
    pour(plain, row->to, row->from);
  } else {
    uint32_t base = row->kind == STORE ? row->to : row->from;
    for (uint32_t l = N_NODES; l < N_PLACES; l++) {
      if (plain->holds[base][l])
        apply_at(plain, row, l);
    }
  }
}

static void solve_plainly(struct plain *plain, uint32_t n_rows)
{
  do {
    plain->is_changed = false;
    for (uint32_t i = 0; i < n_rows; i++)
      apply_row(plain, &plain->program->rows[i]);
  } while (plain->is_changed);
}

/* ---- the same by the solver ---- */

struct solved {
  struct points_to *solver;
  uint32_t nodes[N_NODES];
  uint32_t objects[N_OBJECTS];
};

static void build(struct solved *solved, const struct program *program)
{
  struct points_to *solver = solved->solver = new_solver();
  for (size_t i = 0; i < N_NODES; i++) {
    solved->nodes[i] = points_to_add_node(solver);
    points_to_restrict(solver, solved->nodes[i], program->targets[i]);
  }
  for (size_t i = 0; i < N_OBJECTS; i++) {
    const struct object_row *row = &program->objects[i];
    uint64_t size = row->type == POINTS_TO_SCALAR ? 1 : size_of(NULL, row->type);
    solved->objects[i] = points_to_add_object(solver, size, row->type);
    if (!row->is_routine)
      continue;
    uint32_t params[N_PARAMS];
    for (size_t p = 0; p < N_PARAMS; p++)
      params[p] = solved->nodes[row->params[p]];
    points_to_set_opaque(solver, solved->objects[i]);
    points_to_set_routine(solver, solved->objects[i], params, N_PARAMS, solved->nodes[row->result],
                          POINTS_TO_NONE, row->shape);
  }
}

static void add_row(const struct solved *solved, const struct constraint_row *row)
{
  struct points_to *solver = solved->solver;
  uint32_t to = solved->nodes[row->to];
  if (row->kind == ADDRESS) {
    points_to_add_address(solver, to, solved->objects[row->from], (uint64_t)row->offset);
    return;
  }
  uint32_t from = solved->nodes[row->from];
  uint32_t arguments[N_PARAMS];
  switch (row->kind) {
  case COPY:
    points_to_add_copy(solver, to, from);
    break;
  case LOAD:
    points_to_add_load(solver, to, from, (uint64_t)row->offset, row->type);
    break;
  case STORE:
    points_to_add_store(solver, to, from, (uint64_t)row->offset, row->type);
    break;
  case FIELD:
    points_to_add_field(solver, to, from, row->offset, row->type);
    break;
  default:
    for (size_t i = 0; i < N_PARAMS; i++)
      arguments[i] = solved->nodes[row->arguments[i]];
    points_to_add_call(solver, from, arguments, N_PARAMS, to, row->type);
  }
}

static uint32_t place_of_location(const struct solved *solved, uint32_t location)
{
  uint32_t object = points_to_object_of(solved->solver, location);
  for (uint32_t i = 0; i < N_OBJECTS; i++) {
    if (solved->objects[i] == object)
      return N_NODES + i * N_OFFSETS + points_to_offset_of(solved->solver, location) / STRIDE;
  }
  g_assert_not_reached();
}

static void compare(const struct solved *solved, uint32_t node, const bool *expected)
{
  bool found[N_PLACES] = {false};
  uint32_t n = 0;
  const uint32_t *targets = points_to_targets(solved->solver, node, &n);
  for (uint32_t i = 0; i < n; i++)
    found[place_of_location(solved, targets[i])] = true;
  g_assert_true(memcmp(found, expected, sizeof found) == 0);
}

static void compare_all(const struct solved *solved, const struct plain *plain)
{
  for (uint32_t i = 0; i < N_NODES; i++)
    compare(solved, solved->nodes[i], plain->holds[i]);
  for (uint32_t i = 0; i < N_OBJECTS; i++) {
    for (uint32_t o = 0; o < n_offsets_of(&plain->program->objects[i]); o++) {
      uint32_t node = points_to_location(solved->solver, solved->objects[i], o * STRIDE);
      compare(solved, node, plain->holds[N_NODES + i * N_OFFSETS + o]);
    }
  }
}

/* Solved in the middle and at the end: constraints may come later. */
static void test_random(void)
{
  g_autoptr(GRand) random = g_rand_new_with_seed(20261127);
  for (guint turn = 0; turn < 300; turn++) {
    struct program program;
    random_program(random, &program);
    struct plain *plain = g_new0(struct plain, 1);
    plain->program = &program;
    struct solved solved;
    build(&solved, &program);
    uint32_t middle = turn % 3 == 0 ? program.n_rows : program.n_rows / 2;
    for (uint32_t i = 0; i < program.n_rows; i++) {
      add_row(&solved, &program.rows[i]);
      if (i + 1 != middle && i + 1 != program.n_rows)
        continue;
      points_to_solve(solved.solver);
      solve_plainly(plain, i + 1);
      compare_all(&solved, plain);
    }
    points_to_free(solved.solver);
    g_free(plain);
  }
}

/* ---- values that come from one place ---- */

/* What a load lets through, from the plain solution. */
static void expect_load(const struct plain *plain, const struct constraint_row *row, bool *expected)
{
  const struct program *program = plain->program;
  memset(expected, 0, N_PLACES * sizeof *expected);
  for (uint32_t l = N_NODES; l < N_PLACES; l++) {
    uint32_t object = (l - N_NODES) / N_OFFSETS;
    if (!plain->holds[row->from][l] || !fits(program, l, row->type))
      continue;
    uint32_t there =
        place_at(program, object, (int64_t)((l - N_NODES) % N_OFFSETS) * STRIDE + row->offset);
    for (uint32_t m = N_NODES; there != G_MAXUINT32 && m < N_PLACES; m++)
      expected[m] |= plain->holds[there][m] && fits(program, m, program->targets[row->to]);
  }
}

static bool is_same_load(const struct program *program, const struct constraint_row *a,
                         const struct constraint_row *b)
{
  return a->from == b->from && a->offset == b->offset && a->type == b->type &&
         program->targets[a->to] == program->targets[b->to];
}

/* Every load is asked for once more as a shared node, before the solution and behind it. */
static void test_loaded(void)
{
  g_autoptr(GRand) random = g_rand_new_with_seed(20261128);
  for (guint turn = 0; turn < 100; turn++) {
    struct program program;
    random_program(random, &program);
    struct plain *plain = g_new0(struct plain, 1);
    plain->program = &program;
    struct solved solved;
    build(&solved, &program);
    uint32_t nodes[MAX_CONSTRAINTS];
    for (uint32_t i = 0; i < program.n_rows; i++)
      add_row(&solved, &program.rows[i]);
    for (uint32_t half = 0; half < 2; half++) {
      for (uint32_t i = half; i < program.n_rows; i += 2) {
        const struct constraint_row *row = &program.rows[i];
        if (row->kind == LOAD)
          nodes[i] = points_to_loaded(solved.solver, solved.nodes[row->from], (uint64_t)row->offset,
                                      row->type, program.targets[row->to]);
      }
      points_to_solve(solved.solver);
    }
    solve_plainly(plain, program.n_rows);
    compare_all(&solved, plain);
    for (uint32_t i = 0; i < program.n_rows; i++) {
      bool expected[N_PLACES];
      if (program.rows[i].kind != LOAD)
        continue;
      expect_load(plain, &program.rows[i], expected);
      compare(&solved, nodes[i], expected);
      g_assert_true(points_to_is_shared(solved.solver, nodes[i]));
      for (uint32_t j = i % 2; j < i; j += 2) {
        if (program.rows[j].kind == LOAD)
          g_assert_cmpint(nodes[i] == nodes[j], ==,
                          is_same_load(&program, &program.rows[i], &program.rows[j]));
      }
    }
    points_to_free(solved.solver);
    g_free(plain);
  }
}

static void test_addressed(void)
{
  struct points_to *solver = new_solver();
  uint32_t object = points_to_add_object(solver, 16, PAIR), n = 0;
  uint32_t first = points_to_addressed(solver, object, 0);
  uint32_t second = points_to_addressed(solver, object, STRIDE);
  g_assert_cmpuint(points_to_addressed(solver, object, 0), ==, first);
  g_assert_cmpuint(second, !=, first);
  uint32_t beyond = points_to_addressed(solver, object, 16);
  points_to_solve(solver);
  g_assert_cmpuint(points_to_targets(solver, second, &n)[0], ==,
                   points_to_location(solver, object, STRIDE));
  g_assert_cmpuint(n, ==, 1);
  points_to_targets(solver, beyond, &n);
  g_assert_cmpuint(n, ==, 0);
  points_to_free(solver);
}

/* ---- many loads of the same places ---- */

static uint64_t n_edges(const struct points_to *solver)
{
  uint64_t n = 0;
  for (uint32_t i = 0; i < points_to_n_nodes(solver); i++)
    n += NODE(solver, i)->edges.n;
  return n;
}

/* m objects in n pointers, each of which is read and written. */
static void test_shared_places(void)
{
  enum { M = 300, N = 400 };
  struct points_to *solver = new_solver();
  uint32_t all = points_to_add_node(solver), stored = points_to_add_node(solver), loads[N];
  for (size_t i = 0; i < N; i++) {
    uint32_t pointer = points_to_add_node(solver);
    loads[i] = points_to_add_node(solver);
    points_to_add_copy(solver, pointer, all);
    points_to_add_load(solver, loads[i], pointer, STRIDE, PAIR);
    points_to_add_store(solver, pointer, stored, STRIDE, PAIR);
  }
  for (size_t i = 0; i < M; i++)
    points_to_add_address(solver, all, points_to_add_object(solver, 16, PAIR), 0);
  points_to_add_address(solver, stored, points_to_add_object(solver, 16, PAIR), 0);
  points_to_solve(solver);
  for (size_t i = 0; i < N; i++) {
    uint32_t n = 0;
    points_to_targets(solver, loads[i], &n);
    g_assert_cmpuint(n, ==, 1);
  }
  g_assert_cmpuint(n_edges(solver), <, 3 * (M + N)); /* and not 2 * M * N */
  points_to_free(solver);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/points_to/random", test_random);
  g_test_add_func("/points_to/loaded", test_loaded);
  g_test_add_func("/points_to/addressed", test_addressed);
  g_test_add_func("/points_to/shared_places", test_shared_places);
  return g_test_run();
}
