#include "analyzer/guards.h"

static bool is_surely_set(int64_t integer)
{
  return ((uint64_t)integer & 0xff) != 0;
}

bool guards_may_be_equal(int64_t left, int64_t right)
{
  return ((uint64_t)left & 0xff) == ((uint64_t)right & 0xff);
}

struct constant guards_constant(const struct unit_argument *argument)
{
  switch (argument->kind) {
  case UNIT_ARGUMENT_INTEGER:
    return (struct constant){CONSTANT_EXACT, argument->integer};
  case UNIT_ARGUMENT_NULL:
    return (struct constant){CONSTANT_EXACT, 0};
  case UNIT_ARGUMENT_STRING:
  case UNIT_ARGUMENT_ADDRESS:
    return (struct constant){CONSTANT_SET, 0};
  default:
    return (struct constant){CONSTANT_UNKNOWN, 0};
  }
}

struct constant guards_reduced(struct constant constant)
{
  if (constant.kind != CONSTANT_EXACT || constant.integer == 0)
    return constant;
  return (struct constant){is_surely_set(constant.integer) ? CONSTANT_SET : CONSTANT_UNKNOWN, 0};
}

uint32_t guards_unchanged(const struct unit *unit, uint32_t routine, uint32_t position)
{
  const struct unit_routine *row = &unit->routines[routine];
  return position != 0 && position < row->n_params && position <= UINT8_MAX &&
                 (unit->params[row->first_param + position].uses & UNIT_USE_ASSIGNED) == 0
             ? position
             : 0;
}

uint32_t guards_param(const struct unit *unit, uint32_t routine, uint32_t object)
{
  if (object == UNIT_NONE || unit->objects[object].kind != UNIT_OBJECT_PARAM)
    return 0;
  return guards_unchanged(unit, routine, unit->objects[object].position);
}

bool guards_rule_out(const struct unit_guard *guard, const struct constant *constant)
{
  if (constant->kind == CONSTANT_SET)
    return guard->kind == UNIT_GUARD_EQUAL && guard->integer == 0;
  if (constant->kind != CONSTANT_EXACT)
    return false;
  switch (guard->kind) {
  case UNIT_GUARD_EQUAL:
    return !guards_may_be_equal(constant->integer, guard->integer);
  case UNIT_GUARD_UNEQUAL:
    return constant->integer == guard->integer;
  case UNIT_GUARD_BITS:
    return (constant->integer & guard->integer) == 0;
  default:
    return is_surely_set(constant->integer & guard->integer);
  }
}

bool guards_skip(const struct unit *unit, uint32_t guard, const struct unit *caller,
                 const struct unit_call *call)
{
  for (; guard != UNIT_NONE; guard = unit->guards[guard].parent) {
    const struct unit_guard *row = &unit->guards[guard];
    uint32_t position = row->is_void ? 0 : guards_param(unit, row->routine, row->object);
    if (position == 0 || position > call->n_arguments)
      continue;
    struct constant constant =
        guards_constant(&caller->arguments[call->first_argument + position - 1]);
    if (guards_rule_out(row, &constant))
      return true;
  }
  return false;
}
