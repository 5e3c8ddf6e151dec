/* The pointer solver, on constraints written by hand. */
#include "analyzer/points_to.h"

#include <glib.h>

/* Two records: 1 is 16 bytes of pointers; 2 begins with 1. Anything else is a misfit. */
static enum points_to_fit fit(void *context, uint32_t object_type, uint32_t offset,
                              uint32_t access_type)
{
  (void)context;
  if (access_type == POINTS_TO_TEXT)
    return POINTS_TO_MISFIT;
  bool is_same = object_type == access_type && offset == 0;
  bool is_first = object_type == 2 && access_type == 1 && offset == 0;
  return is_same || is_first ? POINTS_TO_FIT : POINTS_TO_MISFIT;
}

static uint64_t size_of(void *context, uint32_t type)
{
  (void)context;
  return type == 1 ? 16 : 32;
}

static uint32_t target_at(void *context, uint32_t type, uint32_t offset)
{
  (void)context;
  (void)type;
  return offset % 8 == 0 ? POINTS_TO_UNKNOWN : POINTS_TO_NONE;
}

static uint32_t places(void *context, uint32_t type, uint32_t from, uint32_t *offsets, uint32_t n)
{
  (void)context;
  (void)from;
  uint32_t n_places = type == 1 ? 2 : 4;
  for (uint32_t i = 0; i < MIN(n, n_places); i++)
    offsets[i] = i * 8;
  return n_places;
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

static uint32_t only_target(const struct points_to *solver, uint32_t node)
{
  uint32_t n = 0;
  const uint32_t *targets = points_to_targets(solver, node, &n);
  g_assert_cmpuint(n, ==, 1);
  return targets[0];
}

static uint32_t n_targets(const struct points_to *solver, uint32_t node)
{
  uint32_t n = 0;
  points_to_targets(solver, node, &n);
  return n;
}

/* p = &a; q = p; *q = &b; r = *p */
static void test_load_and_store(void)
{
  g_autoptr(points_to_owner) solver = new_solver();
  uint32_t a = points_to_add_object(solver, 8, POINTS_TO_SCALAR);
  uint32_t b = points_to_add_object(solver, 8, POINTS_TO_SCALAR);
  uint32_t p = points_to_add_node(solver), q = points_to_add_node(solver);
  uint32_t r = points_to_add_node(solver), value = points_to_add_node(solver);
  points_to_add_load(solver, r, p, 0, POINTS_TO_UNKNOWN);
  points_to_add_store(solver, q, value, 0, POINTS_TO_UNKNOWN);
  points_to_add_copy(solver, q, p);
  points_to_add_address(solver, value, b, 0);
  points_to_add_address(solver, p, a, 0);
  points_to_solve(solver);
  g_assert_cmpuint(only_target(solver, q), ==, points_to_location(solver, a, 0));
  g_assert_cmpuint(only_target(solver, r), ==, points_to_location(solver, b, 0));
}

/* Fields at different offsets do not mix; "&p->f" and back by container_of. */
static void test_fields(void)
{
  g_autoptr(points_to_owner) solver = new_solver();
  uint32_t record = points_to_add_object(solver, 16, 1);
  uint32_t x = points_to_add_object(solver, 8, POINTS_TO_SCALAR);
  uint32_t y = points_to_add_object(solver, 8, POINTS_TO_SCALAR);
  uint32_t p = points_to_add_node(solver);
  uint32_t field = points_to_add_node(solver), back = points_to_add_node(solver);
  uint32_t first = points_to_add_node(solver), second = points_to_add_node(solver);
  points_to_add_address(solver, p, record, 0);
  points_to_add_address(solver, points_to_location(solver, record, 0), x, 0);
  points_to_add_address(solver, points_to_location(solver, record, 8), y, 0);
  points_to_add_load(solver, first, p, 0, 1);
  points_to_add_load(solver, second, p, 8, 1);
  points_to_add_field(solver, field, p, 8, 1);
  points_to_add_field(solver, back, field, -8, POINTS_TO_UNKNOWN);
  points_to_solve(solver);
  g_assert_cmpuint(points_to_object_of(solver, only_target(solver, first)), ==, x);
  g_assert_cmpuint(points_to_object_of(solver, only_target(solver, second)), ==, y);
  g_assert_cmpuint(points_to_offset_of(solver, only_target(solver, field)), ==, 8);
  g_assert_cmpuint(points_to_offset_of(solver, only_target(solver, back)), ==, 0);
}

/* A pointer to one record does not reach into another; a record that begins with it is one. */
static void test_types(void)
{
  g_autoptr(points_to_owner) solver = new_solver();
  uint32_t small = points_to_add_object(solver, 16, 1);
  uint32_t large = points_to_add_object(solver, 32, 2);
  uint32_t any = points_to_add_node(solver);
  uint32_t of_small = points_to_add_node(solver), of_large = points_to_add_node(solver);
  points_to_restrict(solver, of_small, 1);
  points_to_restrict(solver, of_large, 2);
  points_to_add_address(solver, any, small, 0);
  points_to_add_address(solver, any, large, 0);
  points_to_add_copy(solver, of_small, any);
  points_to_add_copy(solver, of_large, any);
  points_to_solve(solver);
  g_assert_cmpuint(n_targets(solver, any), ==, 2);
  g_assert_cmpuint(n_targets(solver, of_small), ==, 2);
  g_assert_cmpuint(points_to_object_of(solver, only_target(solver, of_large)), ==, large);
}

/* A small record copied inside large ones takes nothing along that lies behind it. */
static void test_small_copy(void)
{
  g_autoptr(points_to_owner) solver = new_solver();
  uint32_t from = points_to_add_object(solver, 32, 2), to = points_to_add_object(solver, 32, 2);
  uint32_t x = points_to_add_object(solver, 8, POINTS_TO_SCALAR);
  uint32_t p = points_to_add_node(solver), q = points_to_add_node(solver);
  points_to_add_address(solver, p, to, 0);
  points_to_add_address(solver, q, from, 0);
  points_to_add_address(solver, points_to_location(solver, from, 8), x, 0);
  points_to_add_address(solver, points_to_location(solver, from, 24), x, 0);
  points_to_add_record(solver, p, q, 1);
  points_to_solve(solver);
  g_assert_cmpuint(n_targets(solver, points_to_location(solver, to, 8)), ==, 1);
  g_assert_cmpuint(n_targets(solver, points_to_location(solver, to, 24)), ==, 0);
}

/* "o->run(o)" for a number of objects, every second with another routine; returns how many objects
 * the parameter of the first may be. */
static guint n_of_own(guint n_objects)
{
  g_autoptr(points_to_owner) solver = new_solver();
  uint32_t params[2] = {points_to_add_node(solver), points_to_add_node(solver)}, routines[2];
  for (guint i = 0; i < 2; i++) {
    routines[i] = points_to_add_object(solver, 1, POINTS_TO_SCALAR);
    points_to_set_routine(solver, routines[i], &params[i], 1, POINTS_TO_NONE, POINTS_TO_NONE, 0);
  }
  uint32_t base = points_to_add_node(solver), pointer = points_to_add_node(solver);
  points_to_add_load(solver, pointer, base, 8, 1);
  struct points_to_step step = {8, 1};
  struct points_to_argument self = {.kind = POINTS_TO_SELF, .node = base};
  points_to_add_own_call(solver, pointer, base, &step, 1, &self, 1, 0);
  for (guint i = 0; i < n_objects; i++) {
    uint32_t object = points_to_add_object(solver, 16, 1);
    points_to_add_address(solver, points_to_location(solver, object, 8), routines[i % 2], 0);
    points_to_add_address(solver, base, object, 0);
  }
  points_to_solve(solver);
  g_assert_cmpuint(n_targets(solver, pointer), ==, 2);
  return n_targets(solver, params[0]);
}

static void test_own_calls(void)
{
  g_assert_cmpuint(n_of_own(2), ==, 1);
  g_assert_cmpuint(n_of_own(64), ==, 32);
  g_assert_cmpuint(n_of_own(66), ==, 66);
}

/* Behind an allocated record is raw memory; around a view is what it is a view of. */
static void test_bytes(void)
{
  g_autoptr(points_to_owner) solver = new_solver();
  uint32_t heap = points_to_add_object(solver, 16, 1), named = points_to_add_object(solver, 16, 1);
  uint32_t raw = points_to_add_object(solver, 0, POINTS_TO_UNKNOWN);
  points_to_set_memory(solver, heap);
  points_to_set_memory(solver, raw);
  uint32_t p = points_to_add_node(solver), q = points_to_add_node(solver);
  uint32_t r = points_to_add_node(solver), s = points_to_add_node(solver);
  points_to_add_address(solver, p, heap, 0);
  points_to_add_bytes(solver, q, p, false);
  points_to_add_address(solver, r, raw, 0);
  uint32_t view = points_to_add_node(solver);
  points_to_add_field(solver, view, r, 8, 1);
  points_to_add_bytes(solver, s, view, false);
  uint32_t t = points_to_add_node(solver), u = points_to_add_node(solver);
  points_to_add_address(solver, t, named, 0);
  points_to_add_bytes(solver, u, t, false);
  points_to_solve(solver);
  g_assert_cmpuint(n_targets(solver, q), ==, 2);
  g_assert_cmpuint(points_to_object_of(solver, only_target(solver, s)), ==, raw);
  g_assert_cmpuint(points_to_object_of(solver, only_target(solver, u)), ==, named);
}

/* A pointer that is moved by any number of bytes may point to each field. */
static void test_anywhere(void)
{
  g_autoptr(points_to_owner) solver = new_solver();
  uint32_t record = points_to_add_object(solver, 32, 2);
  uint32_t number = points_to_add_object(solver, 4, POINTS_TO_SCALAR);
  uint32_t p = points_to_add_node(solver), q = points_to_add_node(solver);
  uint32_t moved = points_to_add_node(solver), still = points_to_add_node(solver);
  points_to_add_address(solver, p, record, 8);
  points_to_add_bytes(solver, moved, p, true);
  points_to_add_address(solver, q, number, 0);
  points_to_add_bytes(solver, still, q, true);
  uint32_t first = points_to_add_node(solver);
  points_to_restrict(solver, first, 1);
  points_to_add_copy(solver, first, moved);
  points_to_solve(solver);
  g_assert_cmpuint(n_targets(solver, moved), ==, 4);
  g_assert_cmpuint(only_target(solver, still), ==, points_to_location(solver, number, 0));
  g_assert_cmpuint(only_target(solver, first), ==, points_to_location(solver, record, 0));
}

/* What is resized was allocated; what points to numbers holds no routine. */
static void test_memory_and_numbers(void)
{
  g_autoptr(points_to_owner) solver = new_solver();
  uint32_t heap = points_to_add_object(solver, 16, 1), named = points_to_add_object(solver, 16, 1);
  uint32_t routine = points_to_add_object(solver, 1, POINTS_TO_SCALAR);
  points_to_set_memory(solver, heap);
  points_to_set_routine(solver, routine, NULL, 0, POINTS_TO_NONE, POINTS_TO_NONE, 0);
  uint32_t any = points_to_add_node(solver);
  uint32_t memory = points_to_add_node(solver), number = points_to_add_node(solver);
  points_to_restrict(solver, memory, POINTS_TO_MEMORY);
  points_to_restrict(solver, number, POINTS_TO_NUMBER);
  points_to_add_address(solver, any, heap, 0);
  points_to_add_address(solver, any, named, 0);
  points_to_add_address(solver, any, routine, 0);
  points_to_add_copy(solver, memory, any);
  points_to_add_copy(solver, number, any);
  points_to_solve(solver);
  g_assert_cmpuint(points_to_object_of(solver, only_target(solver, memory)), ==, heap);
  g_assert_false(points_to_holds(solver, number, points_to_location(solver, routine, 0)));
}

/* Raw memory that is used as two records is two places. */
static void test_raw_memory(void)
{
  g_autoptr(points_to_owner) solver = new_solver();
  uint32_t raw = points_to_add_object(solver, 0, POINTS_TO_UNKNOWN);
  uint32_t x = points_to_add_object(solver, 8, POINTS_TO_SCALAR);
  uint32_t p = points_to_add_node(solver), value = points_to_add_node(solver);
  uint32_t same = points_to_add_node(solver), other = points_to_add_node(solver);
  points_to_add_address(solver, p, raw, 0);
  points_to_add_address(solver, value, x, 0);
  points_to_add_store(solver, p, value, 8, 1);
  points_to_add_load(solver, same, p, 8, 1);
  points_to_add_load(solver, other, p, 8, 2);
  points_to_solve(solver);
  g_assert_cmpuint(points_to_object_of(solver, only_target(solver, same)), ==, x);
  g_assert_cmpuint(n_targets(solver, other), ==, 0);
}

/* a = b; b = c; c = a is one set, whatever joins it later. */
static void test_cycle(void)
{
  g_autoptr(points_to_owner) solver = new_solver();
  uint32_t x = points_to_add_object(solver, 8, POINTS_TO_SCALAR);
  uint32_t y = points_to_add_object(solver, 8, POINTS_TO_SCALAR);
  uint32_t nodes[3];
  for (int i = 0; i < 3; i++)
    nodes[i] = points_to_add_node(solver);
  for (int i = 0; i < 3; i++)
    points_to_add_copy(solver, nodes[i], nodes[(i + 1) % 3]);
  points_to_add_address(solver, nodes[0], x, 0);
  points_to_solve(solver);
  points_to_add_address(solver, nodes[2], y, 0);
  points_to_solve(solver);
  for (int i = 0; i < 3; i++)
    g_assert_cmpuint(n_targets(solver, nodes[i]), ==, 2);
}

/* *to = *from copies field by field, also what comes later. */
static void test_record_copy(void)
{
  g_autoptr(points_to_owner) solver = new_solver();
  uint32_t from = points_to_add_object(solver, 16, 1), to = points_to_add_object(solver, 16, 1);
  uint32_t x = points_to_add_object(solver, 8, POINTS_TO_SCALAR);
  uint32_t p = points_to_add_node(solver), q = points_to_add_node(solver);
  uint32_t got = points_to_add_node(solver);
  points_to_add_address(solver, p, from, 0);
  points_to_add_address(solver, q, to, 0);
  points_to_add_record(solver, q, p, 1);
  points_to_add_load(solver, got, q, 8, 1);
  points_to_solve(solver);
  g_assert_cmpuint(n_targets(solver, got), ==, 0);
  points_to_add_address(solver, points_to_location(solver, from, 8), x, 0);
  points_to_solve(solver);
  g_assert_cmpuint(points_to_object_of(solver, only_target(solver, got)), ==, x);
}

/* Arguments reach the parameters of the routines that the call accepts, results come back. */
static void test_call(void)
{
  g_autoptr(points_to_owner) solver = new_solver();
  uint32_t f = points_to_add_object(solver, 1, POINTS_TO_SCALAR);
  uint32_t g = points_to_add_object(solver, 1, POINTS_TO_SCALAR);
  uint32_t x = points_to_add_object(solver, 8, POINTS_TO_SCALAR);
  uint32_t param_f = points_to_add_node(solver), param_g = points_to_add_node(solver);
  uint32_t result = points_to_add_node(solver), pointer = points_to_add_node(solver);
  uint32_t argument = points_to_add_node(solver);
  points_to_set_routine(solver, f, &param_f, 1, param_f, POINTS_TO_NONE, 1);
  points_to_set_routine(solver, g, &param_g, 1, param_g, POINTS_TO_NONE, 2);
  points_to_add_address(solver, pointer, f, 0);
  points_to_add_address(solver, pointer, g, 0);
  points_to_add_address(solver, argument, x, 0);
  points_to_add_call(solver, pointer, &argument, 1, result, 1);
  points_to_solve(solver);
  g_assert_cmpuint(only_target(solver, param_f), ==, only_target(solver, result));
  g_assert_cmpuint(n_targets(solver, param_g), ==, 0);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/points_to/own_calls", test_own_calls);
  g_test_add_func("/points_to/small_copy", test_small_copy);
  g_test_add_func("/points_to/bytes", test_bytes);
  g_test_add_func("/points_to/anywhere", test_anywhere);
  g_test_add_func("/points_to/memory_and_numbers", test_memory_and_numbers);
  g_test_add_func("/points_to/load_and_store", test_load_and_store);
  g_test_add_func("/points_to/fields", test_fields);
  g_test_add_func("/points_to/types", test_types);
  g_test_add_func("/points_to/raw_memory", test_raw_memory);
  g_test_add_func("/points_to/cycle", test_cycle);
  g_test_add_func("/points_to/record_copy", test_record_copy);
  g_test_add_func("/points_to/call", test_call);
  return g_test_run();
}
