#include "splitter/changes.h"

#include <string.h>

#include "splitter/spans.h"

static void change_free(gpointer data)
{
  struct split_change *change = data;
  g_free(change->kind);
  g_free(change->name);
  g_free(change->from);
  g_free(change->to);
  g_free(change->reason);
  g_free(change);
}

struct listing {
  const struct splitting *splitting;
  const char **name_now; /* per earlier service: what it is called now */
  GPtrArray *changes;
};

static void note(const struct listing *listing, const char *kind, const char *name,
                 const char *from, const char *to, char *reason)
{
  if (strcmp(from, to) == 0) {
    g_free(reason);
    return;
  }
  struct split_change *change = g_new0(struct split_change, 1);
  *change =
      (struct split_change){g_strdup(kind), g_strdup(name), g_strdup(from), g_strdup(to), reason};
  g_ptr_array_add(listing->changes, change);
}

/* Items that each earlier service has in common with each of now: rows are earlier ones. */
static guint32 *count_shared(const struct splitting *splitting)
{
  const struct monolith *monolith = splitting->monolith;
  const struct previous *previous = splitting->previous;
  guint n_now = splitting->proposal->services->len;
  guint32 *shared = g_new0(guint32, (gsize)MAX(previous->services->len, 1) * MAX(n_now, 1));
  for (guint32 i = 0; i < monolith->n_routines + monolith->n_states; i++) {
    bool is_routine = i < monolith->n_routines;
    guint32 item = is_routine ? i : i - monolith->n_routines;
    guint32 before = (is_routine ? previous->routine : previous->state)[item];
    guint32 now =
        (is_routine ? splitting->proposal->routine : splitting->proposal->state)[item].service;
    if (before != MONOLITH_NONE && now != MONOLITH_NONE) {
      shared[(gsize)before * n_now + now]++;
    }
  }
  return shared;
}

static bool is_service_now(const struct proposal *proposal, const char *name)
{
  for (guint i = 0; i < proposal->services->len; i++) {
    if (strcmp(proposal_service_name(proposal, i), name) == 0) {
      return true;
    }
  }
  return false;
}

/* The service of now that has most of BEFORE, when BEFORE is also most of it. */
static guint32 successor(const struct splitting *splitting, const guint32 *shared, guint32 before)
{
  guint n_now = splitting->proposal->services->len;
  guint32 best = 0;
  for (guint32 now = 1; now < n_now; now++) {
    best = shared[(gsize)before * n_now + now] > shared[(gsize)before * n_now + best] ? now : best;
  }
  for (guint32 other = 0; n_now > 0 && other < splitting->previous->services->len; other++) {
    if (shared[(gsize)other * n_now + best] > shared[(gsize)before * n_now + best]) {
      return MONOLITH_NONE;
    }
  }
  return n_now > 0 && shared[(gsize)before * n_now + best] > 0 ? best : MONOLITH_NONE;
}

/* A service whose name is gone and whose members are most of another has that name now. */
static void follow_names(struct listing *listing)
{
  const struct splitting *splitting = listing->splitting;
  const struct previous *previous = splitting->previous;
  g_autofree guint32 *shared = count_shared(splitting);
  for (guint i = 0; i < previous->services->len; i++) {
    const char *name = g_ptr_array_index(previous->services, i);
    listing->name_now[i] = name;
    guint32 now =
        is_service_now(splitting->proposal, name) ? MONOLITH_NONE : successor(splitting, shared, i);
    if (now != MONOLITH_NONE) {
      listing->name_now[i] = proposal_service_name(splitting->proposal, now);
      note(listing, "service", name, name, listing->name_now[i],
           g_strdup("another name, for the boundaries name what it holds"));
    }
  }
}

static bool holds(const GArray *items, guint32 item)
{
  for (guint i = 0; i < items->len; i++) {
    if (g_array_index(items, guint32, i) == item) {
      return true;
    }
  }
  return false;
}

/* Why NODE is elsewhere than where most of its own ties lead. */
static char *why_against_ties(const struct splitting *splitting, guint32 node,
                              const struct place *place)
{
  const struct units *units = splitting->units;
  const struct evidence *evidence = splitting->evidence;
  const char *second = proposal_service_name(splitting->proposal, place->second);
  guint32 unit = units->unit_of[node];
  bool is_routine = node < evidence->n_routines;
  for (guint i = 0; i < splitting->groups->len; i++) {
    const struct span_group *group = g_ptr_array_index(splitting->groups, i);
    if (units->first[unit + 1] - units->first[unit] > 1 &&
        holds(is_routine ? group->routines : group->states, evidence->item[node])) {
      return g_strdup_printf("stays whole with the %s of %s (%s:%" G_GINT64_FORMAT
                             "); its own ties to %s weigh %.1f more",
                             group->is_transaction ? "transaction" : "critical sections",
                             splitting->monolith->routines[group->routine].name, group->file,
                             group->line, second, -place->margin);
    }
  }
  return units->first[unit + 1] - units->first[unit] > 1
             ? g_strdup_printf("stays with what it is kept together with; its own ties to %s weigh "
                               "%.1f more",
                               second, -place->margin)
             : g_strdup_printf("its ties to %s weigh %.1f more, but are few for a service so large",
                               second, -place->margin);
}

static char *why(const struct listing *listing, guint32 node, gint64 pinned, bool is_fixed,
                 bool is_taken, bool is_new, const struct place *place)
{
  if (pinned >= 0 || is_taken) {
    return g_strdup("decided in the boundaries");
  }
  if (is_fixed) {
    return g_strdup("kept together with or apart from others");
  }
  if (is_new) {
    return g_strdup("new in the plan");
  }
  if (place->reason != NULL) {
    return g_strdup(place->reason);
  }
  if (place->second == MONOLITH_NONE) {
    return g_strdup("all that ties it is there");
  }
  if (place->margin < 0 && node != MONOLITH_NONE) {
    return why_against_ties(listing->splitting, node, place);
  }
  return g_strdup_printf("what ties it there weighs %.1f more than what ties it to %s",
                         place->margin,
                         proposal_service_name(listing->splitting->proposal, place->second));
}

GPtrArray *changes_of(const struct splitting *splitting)
{
  const struct monolith *monolith = splitting->monolith;
  const struct previous *previous = splitting->previous;
  const struct decided *decided = splitting->decided;
  const struct proposal *proposal = splitting->proposal;
  GPtrArray *changes = g_ptr_array_new_with_free_func(change_free);
  if (previous == NULL) {
    return changes;
  }
  g_autofree const char **name_now = g_new0(const char *, (gsize)previous->services->len + 1);
  struct listing listing = {splitting, name_now, changes};
  follow_names(&listing);
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    guint32 before = previous->routine[i];
    const struct place *place = &proposal->routine[i];
    note(&listing, "routine", monolith->routines[i].name,
         before == MONOLITH_NONE ? "" : name_now[before],
         proposal_service_name(proposal, place->service),
         why(&listing, splitting->evidence->node_of_routine[i], decided->pinned_routine[i],
             decided->is_fixed_routine[i], decided->is_shared[i], before == MONOLITH_NONE, place));
  }
  for (guint32 i = 0; i < monolith->n_states; i++) {
    guint32 before = previous->state[i];
    const struct place *place = &proposal->state[i];
    g_autofree char *name = monolith_state_name(&monolith->states[i]);
    note(&listing, "state", name, before == MONOLITH_NONE ? "" : name_now[before],
         proposal_service_name(proposal, place->service),
         why(&listing, splitting->evidence->node_of_state[i], decided->pinned_state[i],
             decided->is_fixed_state[i], decided->is_external[i], before == MONOLITH_NONE, place));
  }
  return changes;
}
