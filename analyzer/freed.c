#include "analyzer/freed.h"

#include <string.h>

enum { MAX_PARAMS = 31 };
/* The bit above all parameters: the answer is known, or being found. */
#define IS_KNOWN (UINT32_C(1) << MAX_PARAMS)

struct freed {
  struct linkage *linkage;
  const struct link_program *program;
  const struct models *models;
  uint32_t *params; /* by link routine: bit i for parameter i */
  uint32_t n;
};

struct freed *freed_new(struct linkage *linkage, const struct link_program *program,
                        const struct models *models)
{
  struct freed *freed = g_new0(struct freed, 1);
  freed->linkage = linkage;
  freed->program = program;
  freed->models = models;
  return freed;
}

void freed_free(struct freed *freed)
{
  if (freed == NULL)
    return;
  g_free(freed->params);
  g_free(freed);
}

static void reserve(struct freed *freed, uint32_t routine)
{
  if (routine < freed->n)
    return;
  uint32_t n = MAX(routine + 256, freed->linkage->routines->len);
  freed->params = g_renew(uint32_t, freed->params, n);
  memset(freed->params + freed->n, 0, (n - freed->n) * sizeof *freed->params);
  freed->n = n;
}

static uint32_t freed_outside(const struct freed *freed, const char *name)
{
  uint32_t params = 0;
  for (guint i = 0; i < freed->models->models->len; i++) {
    const struct model *model = g_ptr_array_index(freed->models->models, i);
    if (model->frees >= 0 && model->frees < MAX_PARAMS && pattern_matches(model->routine, name))
      params |= UINT32_C(1) << model->frees;
  }
  return params;
}

static uint32_t freed_params(struct freed *freed, uint32_t routine);

/* Whether the value that a parameter came with is the one that it has everywhere. */
static bool is_unchanged(const struct unit *unit, const struct unit_routine *row, uint32_t param)
{
  return param + 1 < row->n_params &&
         (unit->params[row->first_param + param + 1].uses & UNIT_USE_ASSIGNED) == 0;
}

static uint32_t freed_by_call(struct freed *freed, uint32_t unit, const struct unit_call *call)
{
  const struct unit *from = linkage_unit(freed->linkage, unit);
  uint32_t callee = linkage_resolve_routine(freed->linkage, freed->program, unit, call->callee);
  uint32_t theirs = freed_params(freed, callee), ours = 0;
  for (uint32_t i = 0; theirs != 0 && i < call->n_arguments && i < MAX_PARAMS; i++) {
    const struct unit_argument *argument = &from->arguments[call->first_argument + i];
    bool is_param = argument->kind == UNIT_ARGUMENT_PARAM && argument->path == 0 &&
                    argument->integer > 0 && argument->integer <= MAX_PARAMS;
    uint32_t param = (uint32_t)argument->integer - 1;
    if ((theirs >> i & 1) != 0 && is_param &&
        is_unchanged(from, &from->routines[call->caller], param))
      ours |= UINT32_C(1) << param;
  }
  return ours;
}

static uint32_t freed_params(struct freed *freed, uint32_t routine)
{
  reserve(freed, routine);
  if ((freed->params[routine] & IS_KNOWN) != 0)
    return freed->params[routine] & ~IS_KNOWN;
  freed->params[routine] = IS_KNOWN; /* what calls itself on the way frees nothing more */
  const struct link_routine known = *linkage_routine(freed->linkage, routine);
  uint32_t params = 0;
  if (!known.is_defined) {
    params = freed_outside(freed, known.name);
  } else {
    const struct link_unit *here = &freed->linkage->units[known.unit];
    for (uint32_t i = here->first_call[known.row]; i < here->first_call[known.row + 1]; i++) {
      const struct unit_call *call = &here->unit->calls[here->calls_by_routine[i]];
      if (call->callee != UNIT_NONE && (call->flags & UNIT_CALL_CONDITIONAL) == 0)
        params |= freed_by_call(freed, known.unit, call);
    }
  }
  reserve(freed, routine);
  freed->params[routine] = IS_KNOWN | params;
  return params;
}

bool freed_is_param(struct freed *freed, uint32_t routine, uint32_t param)
{
  return param < MAX_PARAMS && (freed_params(freed, routine) >> param & 1) != 0;
}
