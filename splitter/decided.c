#include "splitter/decided.h"

#include <string.h>

static gint64 *none_pinned(guint32 n)
{
  gint64 *pinned = g_new(gint64, MAX(n, 1));
  for (guint32 i = 0; i < n; i++) {
    pinned[i] = -1;
  }
  return pinned;
}

static void take_routine(struct decided *decided, const struct decision *decision, guint32 routine)
{
  switch (decision->kind) {
  case DECISION_PIN:
    decided->pinned_routine[routine] = decision->service;
    break;
  case DECISION_TOGETHER:
  case DECISION_APART:
    decided->is_fixed_routine[routine] = true;
    break;
  case DECISION_SHARED:
    decided->is_shared[routine] = true;
    break;
  case DECISION_EXTERNAL:
    decided->is_external_routine[routine] = true;
    decided->is_shared[routine] = true;
    break;
  case DECISION_ALLOW:
    decided->is_allowed[routine] = true;
    break;
  case DECISION_TRIGGER:
    decided->is_entry[routine] = true;
    decided->trigger[routine] = (struct chosen_trigger){decision->trigger, decision->key};
    break;
  }
}

static void take_state(struct decided *decided, const struct decision *decision, guint32 state)
{
  if (decision->kind == DECISION_PIN) {
    decided->pinned_state[state] = decision->service;
  } else if (decision->kind == DECISION_SHARED) {
    decided->is_shared_state[state] = true;
  } else if (decision->kind == DECISION_EXTERNAL) {
    decided->is_external[state] = true;
  } else {
    decided->is_fixed_state[state] = true;
  }
}

struct decided *decided_new(const struct boundaries *boundaries, const struct monolith *monolith)
{
  gsize n_routines = MAX(monolith->n_routines, 1);
  gsize n_states = MAX(monolith->n_states, 1);
  struct decided *decided = g_new0(struct decided, 1);
  *decided = (struct decided){.is_shared = g_new0(bool, n_routines),
                              .is_shared_state = g_new0(bool, n_states),
                              .is_external_routine = g_new0(bool, n_routines),
                              .is_external = g_new0(bool, n_states),
                              .pinned_routine = none_pinned(monolith->n_routines),
                              .pinned_state = none_pinned(monolith->n_states),
                              .is_fixed_routine = g_new0(bool, n_routines),
                              .is_fixed_state = g_new0(bool, n_states),
                              .group_of_state = g_new0(const struct span_group *, n_states),
                              .is_allowed = g_new0(bool, n_routines),
                              .is_entry = g_new0(bool, n_routines),
                              .trigger = g_new0(struct chosen_trigger, n_routines)};
  for (guint i = 0; boundaries != NULL && i < boundaries->decisions->len; i++) {
    const struct decision *decision = g_ptr_array_index(boundaries->decisions, i);
    for (guint j = 0; j < decision->matches->len; j++) {
      const struct matches *matches = g_ptr_array_index(decision->matches, j);
      for (guint k = 0; k < matches->routines->len; k++) {
        take_routine(decided, decision, g_array_index(matches->routines, guint32, k));
      }
      for (guint k = 0; k < matches->states->len; k++) {
        take_state(decided, decision, g_array_index(matches->states, guint32, k));
      }
    }
  }
  return decided;
}

void decided_free(struct decided *decided)
{
  if (decided == NULL) {
    return;
  }
  g_free(decided->is_shared);
  g_free(decided->is_shared_state);
  g_free(decided->is_external_routine);
  g_free(decided->is_external);
  g_free(decided->pinned_routine);
  g_free(decided->pinned_state);
  g_free(decided->is_fixed_routine);
  g_free(decided->is_fixed_state);
  g_free(decided->group_of_state);
  g_free(decided->is_allowed);
  g_free(decided->is_entry);
  g_free(decided->trigger);
  g_free(decided);
}

void decided_bend_roles(const struct decided *decided, const struct monolith *monolith,
                        struct roles *roles)
{
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    if (roles->routine[i] != ROUTINE_OUTSIDE &&
        (decided->pinned_routine[i] >= 0 || decided->is_fixed_routine[i])) {
      roles->routine[i] = ROUTINE_MEMBER;
    }
  }
  for (guint32 i = 0; i < monolith->n_states; i++) {
    if (decided->pinned_state[i] >= 0 || decided->is_fixed_state[i]) {
      roles->state[i] = STATE_OWNED;
    } else if (decided->is_shared_state[i] && roles->state[i] == STATE_OWNED) {
      roles->state[i] = STATE_CACHE;
      g_free(roles->state_reason[i]);
      roles->state_reason[i] = g_strdup("people decided that every copy has its own");
    }
  }
}

static guint32 node_of_item(const struct monolith *monolith, const struct evidence *evidence,
                            guint32 item)
{
  return item < monolith->n_routines ? evidence->node_of_routine[item]
                                     : evidence->node_of_state[item - monolith->n_routines];
}

/* Decisions speak of items; the solver of nodes. What takes no part needs no constraint. */
static void translate(const struct constraints *items, const struct monolith *monolith,
                      const struct evidence *evidence, guint32 n_services,
                      struct constraints *nodes)
{
  for (guint i = 0; i < items->together->len; i++) {
    const struct node_pair *pair = &g_array_index(items->together, struct node_pair, i);
    guint32 a = node_of_item(monolith, evidence, pair->a);
    guint32 b = node_of_item(monolith, evidence, pair->b);
    if (a != MONOLITH_NONE && b != MONOLITH_NONE) {
      constraints_add_together(nodes, a, b);
    }
  }
  for (guint i = 0; i < items->apart->len; i++) {
    const struct node_pair *pair = &g_array_index(items->apart, struct node_pair, i);
    guint32 a = node_of_item(monolith, evidence, pair->a);
    guint32 b = node_of_item(monolith, evidence, pair->b);
    if (a != MONOLITH_NONE && b != MONOLITH_NONE) {
      constraints_add_apart(nodes, a, b);
    }
  }
  for (guint i = 0; i < items->anchors->len; i++) {
    const struct node_anchor *anchor = &g_array_index(items->anchors, struct node_anchor, i);
    guint32 node = node_of_item(monolith, evidence, anchor->node);
    if (node != MONOLITH_NONE && anchor->label < n_services) {
      constraints_add_anchor(nodes, node, anchor->label);
    }
  }
}

/* Ties the parts of GROUP; takes it back when the decisions leave no room. */
static void add_group(struct decided *decided, const struct span_group *group,
                      const struct evidence *evidence, struct constraints *constraints)
{
  guint before = constraints->together->len;
  guint32 first = MONOLITH_NONE;
  for (guint i = 0; i < group->states->len + group->routines->len; i++) {
    guint32 node = i < group->states->len
                       ? evidence->node_of_state[g_array_index(group->states, guint32, i)]
                       : evidence->node_of_routine[g_array_index(group->routines, guint32,
                                                                 i - group->states->len)];
    if (node != MONOLITH_NONE && first == MONOLITH_NONE) {
      first = node;
    } else if (node != MONOLITH_NONE) {
      constraints_add_together(constraints, first, node);
    }
  }
  struct units *units = units_new(constraints->n_nodes, constraints);
  if (units == NULL) {
    g_array_set_size(constraints->together, before);
    return;
  }
  units_free(units);
  for (guint i = 0; i < group->states->len; i++) {
    guint32 state = g_array_index(group->states, guint32, i);
    decided->is_fixed_state[state] = true;
    decided->group_of_state[state] = group;
  }
}

struct constraints *decided_constraints(struct decided *decided,
                                        const struct boundaries *boundaries,
                                        const struct monolith *monolith,
                                        const struct evidence *evidence, const GPtrArray *groups)
{
  struct constraints *constraints = constraints_new(evidence->n_nodes);
  if (boundaries != NULL) {
    struct constraints *items = boundaries_constraints(boundaries, monolith, NULL);
    if (items != NULL) {
      translate(items, monolith, evidence, boundaries->services->len, constraints);
    }
    constraints_free(items);
  }
  for (guint i = 0; i < groups->len; i++) {
    const struct span_group *group = g_ptr_array_index(groups, i);
    if (!group->is_coarse && !group->is_aside && group->states->len > 0 &&
        !decided->is_allowed[group->routine]) {
      add_group(decided, group, evidence, constraints);
    }
  }
  return constraints;
}
