#include "splitter/cuts.h"

#include <math.h>
#include <string.h>

const char *const marshal_names[] = {"ok", "needs-contract", "refused"};

static const double write_price = 10;
static const double read_price = 3;

static void cut_clear(gpointer data)
{
  g_free(((struct cut *)data)->reason);
}

static int compare_cuts(gconstpointer left, gconstpointer right)
{
  const struct cut *a = left;
  const struct cut *b = right;
  const guint32 keys[][2] = {{a->from, b->from},
                             {a->to, b->to},
                             {(guint32)a->kind, (guint32)b->kind},
                             {a->routine, b->routine},
                             {a->item, b->item}};
  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
    if (keys[i][0] != keys[i][1]) {
      return keys[i][0] < keys[i][1] ? -1 : 1;
    }
  }
  return 0;
}

/* How one parameter travels, with the words for it in REASON when it does not travel by itself. */
static enum marshal marshal_of_param(const struct fact_param *param, char **reason)
{
  const char *type = param->type;
  if (strchr(type, '*') == NULL && strstr(type, "[") == NULL) {
    return MARSHAL_OK;
  }
  if (strstr(type, "(*") != NULL || strstr(type, "(^") != NULL) {
    *reason = g_strdup_printf("'%s' is a pointer to a routine", param->name);
    return MARSHAL_REFUSED;
  }
  if (strstr(param->use, "kept") != NULL) {
    *reason = g_strdup_printf("'%s' is kept beyond the call", param->name);
    return MARSHAL_REFUSED;
  }
  if (param->annotation[0] != '\0' || strcmp(type, "const char *") == 0) {
    return MARSHAL_OK;
  }
  if (strstr(type, "FILE") != NULL) {
    *reason = g_strdup_printf("'%s' is an open file", param->name);
    return MARSHAL_REFUSED;
  }
  *reason = g_strdup_printf("'%s' is a pointer without a contract (%s)", param->name, type);
  return MARSHAL_NEEDS_CONTRACT;
}

enum marshal cuts_marshal(const struct monolith *monolith, guint32 routine, char **reason)
{
  const struct fact_routine *fact = &monolith->routines[routine];
  enum marshal worst = MARSHAL_OK;
  if (fact->is_variadic) {
    *reason = g_strdup("takes a variable number of arguments");
    return MARSHAL_REFUSED;
  }
  /* Parameters are ordered by routine id. */
  size_t low = 0;
  size_t high = monolith->param_set->n;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (record_at(monolith->param_set, fact_param, middle)->routine < fact->id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (; low < monolith->param_set->n; low++) {
    const struct fact_param *param = record_at(monolith->param_set, fact_param, low);
    g_autofree char *why = NULL;
    if (param->routine != fact->id) {
      break;
    }
    enum marshal marshal = marshal_of_param(param, &why);
    if (marshal > worst) {
      worst = marshal;
      g_free(*reason);
      *reason = g_steal_pointer(&why);
    }
  }
  return worst;
}

static void add_call_cuts(const struct proposal *proposal, GArray *cuts)
{
  const struct monolith *monolith = proposal->monolith;
  for (guint32 i = 0; i < monolith->n_calls;) {
    const struct call *first = &monolith->calls[i];
    struct cut cut = {.kind = CUT_CALL, .routine = first->caller, .item = first->callee};
    double volume = 0;
    guint32 deepest = 0;
    for (; i < monolith->n_calls && monolith->calls[i].caller == first->caller &&
           monolith->calls[i].callee == first->callee;
         i++) {
      const struct call *call = &monolith->calls[i];
      if (proposal->roles->is_gateway[i] || call->is_guess) {
        continue;
      }
      if (cut.n_sites == 0) {
        cut.file = call->fact->file;
        cut.line = call->fact->line;
      }
      cut.n_sites++;
      deepest = MAX(deepest, call->loop_depth);
      volume += call->volume;
    }
    const struct place *from = &proposal->routine[first->caller];
    const struct place *to = &proposal->routine[first->callee];
    if (cut.n_sites == 0 || from->role != PLACE_MEMBER || to->role != PLACE_MEMBER ||
        from->service == to->service) {
      continue;
    }
    cut.from = from->service;
    cut.to = to->service;
    g_autofree char *why = NULL;
    cut.marshal = cuts_marshal(monolith, first->callee, &why);
    cut.price = (volume > 1 ? 1 + log(volume) : volume) * (1 + (double)cut.marshal);
    cut.reason = g_strdup_printf("%u call%s%s%s%s", cut.n_sites, cut.n_sites == 1 ? "" : "s",
                                 deepest > 0 ? ", in a loop" : "", why != NULL ? "; " : "",
                                 why != NULL ? why : "");
    g_array_append_val(cuts, cut);
  }
}

/* What would make the access go away. */
static const char *remedy(const struct fact_state *state, enum cut_kind kind)
{
  if (strcmp(state->storage, "table") == 0) {
    return kind == CUT_WRITE ? "move the statement behind a routine of the owner"
                             : "ask the owner, or keep a read-only copy of the rows";
  }
  return kind == CUT_WRITE ? "call a routine of the owner instead of writing"
                           : "pass the value as a parameter, or ask the owner";
}

static void add_state_cuts(const struct proposal *proposal, GArray *cuts)
{
  const struct monolith *monolith = proposal->monolith;
  for (guint32 i = 0; i < monolith->n_accesses;) {
    const struct access *first = &monolith->accesses[i];
    struct cut cut = {.kind = CUT_READ, .routine = first->routine, .item = first->state};
    const struct fact_access *site = NULL;
    for (; i < monolith->n_accesses && monolith->accesses[i].routine == first->routine &&
           monolith->accesses[i].state == first->state;
         i++) {
      const struct access *access = &monolith->accesses[i];
      if (access->fact->is_startup) {
        continue;
      }
      bool is_write = access->mode != ACCESS_READ;
      if (site == NULL || (is_write && cut.kind == CUT_READ)) {
        site = access->fact;
      }
      cut.kind = is_write ? CUT_WRITE : cut.kind;
      cut.n_sites++;
    }
    const struct place *from = &proposal->routine[first->routine];
    const struct place *to = &proposal->state[first->state];
    if (site == NULL || from->role != PLACE_MEMBER || to->role != PLACE_OWNER ||
        from->service == to->service) {
      continue;
    }
    cut.from = from->service;
    cut.to = to->service;
    cut.file = site->file;
    cut.line = site->line;
    cut.price = (cut.kind == CUT_WRITE ? write_price : read_price) * (1 + log(cut.n_sites));
    cut.reason = g_strdup(remedy(&monolith->states[first->state], cut.kind));
    g_array_append_val(cuts, cut);
  }
}

GArray *cuts_of(const struct proposal *proposal)
{
  GArray *cuts = g_array_new(FALSE, FALSE, sizeof(struct cut));
  g_array_set_clear_func(cuts, cut_clear);
  add_call_cuts(proposal, cuts);
  add_state_cuts(proposal, cuts);
  g_array_sort(cuts, compare_cuts);
  return cuts;
}
