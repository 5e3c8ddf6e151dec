#include "analyzer/variants.h"

#include <string.h>

/* Variants of one routine, of a program, and rounds in which parameters are handed on. */
enum { ROUTINE_LIMIT = 32, PROGRAM_LIMIT = 1 << 16, ROUNDS = 4 };

static const struct found_call *call_at(const struct variants *variants, uint32_t call)
{
  return &g_array_index(variants->findings->found_calls, struct found_call, call);
}

static const struct unit *unit_of(const struct variants *variants, const struct found_call *call)
{
  return linkage_unit(variants->findings->linkage, call->unit);
}

static bool is_constant_call(const struct found_call *call)
{
  return call->kind == CALL_DIRECT;
}

/* ---- which parameters count ---- */

/* The slot of a parameter, made where there is room; VARIANT_SLOTS for none. */
static uint32_t slot_of(const struct variant_params *params, uint32_t position)
{
  uint32_t slot = 0;
  while (slot < VARIANT_SLOTS && params->positions[slot] != position)
    slot++;
  return slot;
}

/* True when that is new. */
static bool need_param(struct variants *variants, uint32_t routine, uint32_t position,
                       bool is_exact)
{
  struct variant_params *params = &variants->params[routine];
  uint32_t slot = slot_of(params, position);
  if (slot == VARIANT_SLOTS)
    slot = slot_of(params, 0);
  if (slot == VARIANT_SLOTS)
    return false;
  bool is_new = params->positions[slot] == 0 || (is_exact && !params->is_exact[slot]);
  params->positions[slot] = (uint8_t)position;
  params->is_exact[slot] |= is_exact;
  return is_new;
}

/* The case of a switch over a parameter that a call runs in, or UNIT_NONE. */
static uint32_t case_around(const struct unit *unit, uint32_t arm, uint32_t routine,
                            uint32_t *position)
{
  for (; arm != UNIT_NONE; arm = unit->arms[arm].parent) {
    const struct unit_arm *row = &unit->arms[arm];
    bool is_case =
        row->kind == UNIT_ARM_CASE && row->path == 0 && (row->flags & UNIT_ARM_REACHED) == 0;
    *position = is_case ? guards_param(unit, routine, row->object) : 0;
    if (*position != 0)
      return arm;
  }
  return UNIT_NONE;
}

static void need_tested(struct variants *variants, const struct found_call *call)
{
  const struct unit *unit = unit_of(variants, call);
  const struct unit_call *row = &unit->calls[call->call];
  for (uint32_t i = row->guard; i != UNIT_NONE; i = unit->guards[i].parent) {
    const struct unit_guard *guard = &unit->guards[i];
    uint32_t position = guard->is_void ? 0 : guards_param(unit, row->caller, guard->object);
    bool is_exact = guard->integer != 0 || guard->kind >= UNIT_GUARD_BITS;
    if (position != 0)
      need_param(variants, call->caller, position, is_exact);
  }
  uint32_t position = 0;
  for (uint32_t arm = row->arm; (arm = case_around(unit, arm, row->caller, &position)) != UNIT_NONE;
       arm = unit->arms[arm].parent)
    need_param(variants, call->caller, position, true);
}

static const struct unit_argument *argument_of(const struct variants *variants,
                                               const struct found_call *call, uint32_t position)
{
  const struct unit *unit = unit_of(variants, call);
  const struct unit_call *row = &unit->calls[call->call];
  return position <= row->n_arguments ? &unit->arguments[row->first_argument + position - 1] : NULL;
}

/* The parameter of the caller that a call hands on unchanged, or 0. */
static uint32_t handed_on(const struct variants *variants, const struct found_call *call,
                          const struct unit_argument *argument)
{
  if (argument == NULL || argument->kind != UNIT_ARGUMENT_PARAM || argument->path != 0)
    return 0;
  const struct unit *unit = unit_of(variants, call);
  return guards_unchanged(unit, unit->calls[call->call].caller, (uint32_t)argument->integer);
}

/* What a parameter decides in a callee, it decides in whoever hands it on. */
static bool need_handed_on(struct variants *variants, const struct found_call *call)
{
  const struct variant_params *params = &variants->params[call->callee];
  bool is_new = false;
  for (uint32_t slot = 0; slot < VARIANT_SLOTS && params->positions[slot] != 0; slot++) {
    uint32_t own = handed_on(variants, call, argument_of(variants, call, params->positions[slot]));
    if (own != 0)
      is_new |= need_param(variants, call->caller, own, params->is_exact[slot]);
  }
  return is_new;
}

static bool is_part(const struct found_call *call)
{
  return !call->is_later && call->kind != CALL_CALLBACK;
}

static bool has_variants(const struct variants *variants, uint32_t routine)
{
  return variants->is_excluded == NULL || !variants->is_excluded[routine];
}

static void find_params(struct variants *variants)
{
  variants->params = g_new0(struct variant_params, MAX(variants->n, 1));
  for (guint i = variants->first_found; i < variants->end_found; i++) {
    const struct found_call *call = call_at(variants, i);
    if (is_part(call) && has_variants(variants, call->caller))
      need_tested(variants, call);
  }
  bool is_new = true;
  for (uint32_t round = 0; round < ROUNDS && is_new; round++) {
    is_new = false;
    for (guint i = variants->first_found; i < variants->end_found; i++) {
      const struct found_call *call = call_at(variants, i);
      if (is_part(call) && is_constant_call(call) && call->caller != call->callee &&
          has_variants(variants, call->caller))
        is_new |= need_handed_on(variants, call);
    }
  }
}

/* ---- constants ---- */

static struct constant constant_of(const struct variants *variants, uint32_t from,
                                   const struct found_call *call, uint32_t position)
{
  const struct unit_argument *argument = argument_of(variants, call, position);
  struct constant constant = {CONSTANT_UNKNOWN, 0};
  if (argument != NULL)
    constant = guards_constant(argument);
  if (argument == NULL || constant.kind != CONSTANT_UNKNOWN)
    return constant;
  uint32_t own = from != LINK_NONE ? handed_on(variants, call, argument) : 0;
  uint32_t slot = own != 0 ? slot_of(&variants->params[call->caller], own) : VARIANT_SLOTS;
  return slot < VARIANT_SLOTS ? variants_at(variants, from)->constants[slot] : constant;
}

/* What a call hands over; false where no constant is among it. */
static bool describe(const struct variants *variants, uint32_t from, uint32_t index,
                     struct variant *variant)
{
  const struct found_call *call = call_at(variants, index);
  const struct variant_params *params = &variants->params[call->callee];
  *variant = (struct variant){.routine = call->callee, .next = LINK_NONE};
  bool is_known = false;
  if (!is_constant_call(call) || params->positions[0] == 0 || !has_variants(variants, call->callee))
    return false;
  for (uint32_t slot = 0; slot < VARIANT_SLOTS && params->positions[slot] != 0; slot++) {
    struct constant constant = constant_of(variants, from, call, params->positions[slot]);
    if (!params->is_exact[slot])
      constant = guards_reduced(constant);
    variant->constants[slot] = constant;
    is_known |= constant.kind != CONSTANT_UNKNOWN;
  }
  return is_known;
}

static bool is_same(const struct variant *left, const struct variant *right)
{
  for (uint32_t slot = 0; slot < VARIANT_SLOTS; slot++) {
    const struct constant *a = &left->constants[slot], *b = &right->constants[slot];
    if (a->kind != b->kind || a->integer != b->integer)
      return false;
  }
  return true;
}

static uint32_t find(const struct variants *variants, const struct variant *wanted, uint32_t *n)
{
  *n = 0;
  uint32_t at = variants->first[wanted->routine];
  while (at != LINK_NONE && !is_same(variants_at(variants, at), wanted)) {
    at = variants_at(variants, at)->next;
    ++*n;
  }
  return at;
}

uint32_t variants_called(const struct variants *variants, uint32_t from, uint32_t call)
{
  struct variant wanted;
  uint32_t n = 0;
  return describe(variants, from, call, &wanted) ? find(variants, &wanted, &n) : LINK_NONE;
}

static void need(struct variants *variants, uint32_t from, uint32_t call)
{
  struct variant wanted;
  uint32_t n = 0;
  if (!describe(variants, from, call, &wanted) || find(variants, &wanted, &n) != LINK_NONE ||
      n == ROUTINE_LIMIT || variants->rows->len == PROGRAM_LIMIT)
    return;
  wanted.next = variants->first[wanted.routine];
  variants->first[wanted.routine] = variants->rows->len;
  g_array_append_val(variants->rows, wanted);
}

/* ---- what runs ---- */

/* Whether none of the labels that lead to a case may be the constant. */
static bool is_other_case(const struct unit *unit, uint32_t arm, int64_t constant)
{
  if (guards_may_be_equal(unit->arms[arm].integer, constant))
    return false;
  uint32_t group = unit->arms[arm].group;
  while (++arm < unit->n_arms && unit->arms[arm].group == group &&
         (unit->arms[arm].flags & UNIT_ARM_JOINED) != 0) {
    if (unit->arms[arm].kind != UNIT_ARM_CASE || (unit->arms[arm].flags & UNIT_ARM_REACHED) != 0 ||
        guards_may_be_equal(unit->arms[arm].integer, constant))
      return false;
  }
  return true;
}

static const struct constant *constant_at(const struct variants *variants,
                                          const struct variant *variant, uint32_t position)
{
  static const struct constant unknown = {CONSTANT_UNKNOWN, 0};
  uint32_t slot =
      position != 0 ? slot_of(&variants->params[variant->routine], position) : VARIANT_SLOTS;
  return slot < VARIANT_SLOTS ? &variant->constants[slot] : &unknown;
}

bool variants_runs(const struct variants *variants, uint32_t index, uint32_t call)
{
  const struct variant *variant = variants_at(variants, index);
  const struct found_call *found = call_at(variants, call);
  const struct unit *unit = unit_of(variants, found);
  const struct unit_call *row = &unit->calls[found->call];
  for (uint32_t i = row->guard; i != UNIT_NONE; i = unit->guards[i].parent) {
    const struct unit_guard *guard = &unit->guards[i];
    uint32_t position = guard->is_void ? 0 : guards_param(unit, row->caller, guard->object);
    if (guards_rule_out(guard, constant_at(variants, variant, position)))
      return false;
  }
  uint32_t position = 0;
  for (uint32_t arm = row->arm; (arm = case_around(unit, arm, row->caller, &position)) != UNIT_NONE;
       arm = unit->arms[arm].parent) {
    const struct constant *constant = constant_at(variants, variant, position);
    if (constant->kind == CONSTANT_EXACT && is_other_case(unit, arm, constant->integer))
      return false;
  }
  return true;
}

/* ---- building ---- */

static void index_calls(struct variants *variants)
{
  variants->first_call = g_new0(uint32_t, variants->n + 2);
  variants->by_caller = g_new(uint32_t, MAX(variants->end_found - variants->first_found, 1));
  for (guint i = variants->first_found; i < variants->end_found; i++)
    variants->first_call[call_at(variants, i)->caller + 2] += is_part(call_at(variants, i));
  for (uint32_t i = 2; i < variants->n + 2; i++)
    variants->first_call[i] += variants->first_call[i - 1];
  for (guint i = variants->first_found; i < variants->end_found; i++) {
    if (is_part(call_at(variants, i)))
      variants->by_caller[variants->first_call[call_at(variants, i)->caller + 1]++] = i;
  }
}

void variants_build(struct variants *variants, const struct findings *findings, uint32_t program,
                    const bool *is_excluded)
{
  *variants = (struct variants){.findings = findings,
                                .program = program,
                                .n = findings->linkage->routines->len,
                                .first_found = findings_first_call(findings, program),
                                .end_found = findings_first_call(findings, program + 1),
                                .is_excluded = is_excluded};
  variants->rows = g_array_new(FALSE, FALSE, sizeof(struct variant));
  variants->first = g_new(uint32_t, MAX(variants->n, 1));
  memset(variants->first, 0xff, MAX(variants->n, 1) * sizeof *variants->first);
  find_params(variants);
  index_calls(variants);
  for (guint i = variants->first_found; i < variants->end_found; i++) {
    if (is_part(call_at(variants, i)))
      need(variants, LINK_NONE, i);
  }
  for (guint v = 0; v < variants->rows->len; v++) {
    uint32_t routine = variants_at(variants, v)->routine;
    for (uint32_t i = variants->first_call[routine]; i < variants->first_call[routine + 1]; i++) {
      if (variants_runs(variants, v, variants->by_caller[i]))
        need(variants, v, variants->by_caller[i]);
    }
  }
}

void variants_clear(struct variants *variants)
{
  g_free(variants->params);
  g_free(variants->first);
  g_free(variants->first_call);
  g_free(variants->by_caller);
  if (variants->rows != NULL)
    g_array_unref(variants->rows);
}
