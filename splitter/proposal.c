#include "splitter/proposal.h"

#include <stdlib.h>
#include <string.h>

#include "splitter/naming.h"

const char *proposal_service_name(const struct proposal *proposal, guint32 service)
{
  return service == MONOLITH_NONE ? ""
                                  : g_array_index(proposal->services, struct service, service).name;
}

struct named_label {
  char *name;
  guint32 label;
};

static int compare_names(gconstpointer left, gconstpointer right)
{
  return strcmp(((const struct named_label *)left)->name,
                ((const struct named_label *)right)->name);
}

/* A name is given once: to the last label that has it, which is where people put it. */
static void forget_doubles(const char **given, guint32 n_labels)
{
  g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint32 i = n_labels; i-- > 0;) {
    if (given[i] != NULL && !g_hash_table_add(taken, (gpointer)given[i])) {
      given[i] = NULL;
    }
  }
}

/* Services in the order of their names; returns the service of every label. */
static guint32 *add_services(struct proposal *proposal, const guint32 *labels, guint32 n_labels,
                             const struct decisions *decisions)
{
  const char **given = g_new0(const char *, (gsize)n_labels + 1);
  const struct evidence *evidence = proposal->evidence;
  for (guint32 i = 0; decisions != NULL && decisions->given_names != NULL && i < n_labels; i++) {
    given[i] = decisions->given_names[i];
  }
  for (guint32 node = 0; decisions != NULL && node < evidence->n_nodes; node++) {
    const gint64 *pinned =
        node < evidence->n_routines ? decisions->pinned_routine : decisions->pinned_state;
    gint64 label = pinned != NULL ? pinned[evidence->item[node]] : -1;
    if (label >= 0) {
      given[labels[node]] = decisions->label_names[label];
    }
  }
  forget_doubles(given, n_labels);
  char **names = naming_of_labels(proposal->monolith, evidence, labels, n_labels, given);
  g_autofree struct named_label *order = g_new0(struct named_label, MAX(n_labels, 1));
  for (guint32 i = 0; i < n_labels; i++) {
    order[i] = (struct named_label){names[i], i};
  }
  if (n_labels > 1) {
    qsort(order, n_labels, sizeof *order, compare_names);
  }
  guint32 *service_of = g_new0(guint32, MAX(n_labels, 1));
  for (guint32 i = 0; i < n_labels; i++) {
    struct service service = {.name = g_strdup(order[i].name)};
    g_array_append_val(proposal->services, service);
    service_of[order[i].label] = i;
  }
  g_free(given);
  proposal->label_name = names;
  return service_of;
}

static void set_place(struct place *place, guint32 service, enum place_role role,
                      const char *reason)
{
  place->service = service;
  place->role = role;
  g_free(place->reason);
  place->reason = g_strdup(reason);
}

static const char *const state_reasons[] = {
    [STATE_OWNED] = "its writers are here",
    [STATE_CONSTANT] = "const: travels with the code",
    [STATE_CONFIGURATION] = "written only at start-up: copied, set by the cold start",
    [STATE_COUNTER] = "only added to and reported: one per copy, added up outside",
    [STATE_CACHE] = "safe to lose: one per copy",
    [STATE_LOG] = "only appended: goes to a log outside",
    [STATE_LOCK] = "a lock: goes with the state that it guards",
    [STATE_PRIVATE] = "private to a utility: one per copy",
    [STATE_HANDED] = "written only by code that gets its memory handed in: goes with its holder",
    [STATE_OUTSIDE] = "of the platform or a library: every process has its own",
    [STATE_THREAD] = "one per thread: one per copy",
};

static void place_routines(struct proposal *proposal, const guint32 *labels,
                           const guint32 *service_of, const struct decisions *decisions)
{
  const struct monolith *monolith = proposal->monolith;
  const struct roles *roles = proposal->roles;
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    struct place *place = &proposal->routine[i];
    guint32 node = proposal->evidence->node_of_routine[i];
    place->service = MONOLITH_NONE;
    place->second = MONOLITH_NONE;
    if (monolith_trial_of_routine(monolith, i) != NULL && monolith->routines[i].is_defined) {
      set_place(place, MONOLITH_NONE, PLACE_TEST, monolith_trial_of_routine(monolith, i));
    }
    if (roles->routine[i] == ROUTINE_OUTSIDE) {
      continue;
    }
    if (decisions != NULL && decisions->is_external_routine != NULL &&
        decisions->is_external_routine[i]) {
      set_place(place, MONOLITH_NONE, PLACE_EXTERNAL, "people decided that it leaves the process");
    } else if (node != MONOLITH_NONE) {
      set_place(place, service_of[labels[node]], PLACE_MEMBER, NULL);
    } else if (roles->routine[i] == ROUTINE_UTILITY) {
      set_place(place, MONOLITH_NONE, PLACE_SHARED,
                "a utility: many files use it, it uses few, and what state it has may be copied");
    } else {
      set_place(place, MONOLITH_NONE, PLACE_SHARED, "people decided that it is shared code");
    }
  }
}

/* Services that use a stateless routine: its callers', through other stateless routines. Sets of
 * up to two; more is many. */
struct users {
  guint32 first;
  gboolean are_many;
};

static gboolean add_user(struct users *users, guint32 service)
{
  if (service == MONOLITH_NONE || users->are_many || users->first == service) {
    return FALSE;
  }
  if (users->first == MONOLITH_NONE) {
    users->first = service;
  } else {
    users->are_many = TRUE;
  }
  return TRUE;
}

static gboolean is_free(const struct proposal *proposal, const struct decisions *decisions,
                        guint32 routine)
{
  gboolean is_pinned =
      decisions != NULL &&
      ((decisions->pinned_routine != NULL && decisions->pinned_routine[routine] >= 0) ||
       (decisions->is_fixed_routine != NULL && decisions->is_fixed_routine[routine]));
  return proposal->roles->routine[routine] == ROUTINE_STATELESS && !is_pinned &&
         !roles_is_set_apart(proposal->roles, routine) &&
         proposal->routine[routine].role == PLACE_MEMBER;
}

/* Stateless routines go to their only user; with several they are shared code. */
static void place_stateless(struct proposal *proposal, const struct decisions *decisions)
{
  const struct monolith *monolith = proposal->monolith;
  guint32 n = monolith->n_routines;
  g_autofree struct users *users = g_new(struct users, MAX(n, 1));
  for (guint32 i = 0; i < n; i++) {
    users[i] = (struct users){MONOLITH_NONE, FALSE};
  }
  for (gboolean is_changed = TRUE; is_changed;) {
    is_changed = FALSE;
    for (guint32 i = 0; i < monolith->n_calls; i++) {
      const struct call *call = &monolith->calls[i];
      if (!is_free(proposal, decisions, call->callee) || call->is_guess ||
          call->caller == call->callee || roles_is_set_apart(proposal->roles, call->caller)) {
        continue;
      }
      if (!is_free(proposal, decisions, call->caller)) {
        is_changed |= add_user(&users[call->callee], proposal->routine[call->caller].service);
        continue;
      }
      const struct users *caller = &users[call->caller];
      if (caller->are_many && !users[call->callee].are_many) {
        users[call->callee].are_many = TRUE;
        is_changed = TRUE;
      } else if (!caller->are_many) {
        is_changed |= add_user(&users[call->callee], caller->first);
      }
    }
  }
  for (guint32 i = 0; i < n; i++) {
    if (!is_free(proposal, decisions, i)) {
      continue;
    }
    struct place *place = &proposal->routine[i];
    if (users[i].are_many) {
      place->role = PLACE_SHARED;
      set_place(place, place->service, PLACE_SHARED,
                "stateless and used by several services: every one carries a copy");
    } else if (users[i].first != MONOLITH_NONE) {
      set_place(place, users[i].first, PLACE_MEMBER, "stateless and used by this service alone");
    }
  }
}

/* Weighted accesses per service for one state: writes, then reads. */
static guint32 find_owner(const struct proposal *proposal, guint32 state, guint32 fallback)
{
  const struct monolith *monolith = proposal->monolith;
  guint32 n = proposal->services->len;
  g_autofree double *writes = g_new0(double, MAX(n, 1));
  g_autofree double *reads = g_new0(double, MAX(n, 1));
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    guint32 service = proposal->routine[access->routine].service;
    if (service == MONOLITH_NONE) {
      continue;
    }
    /* Start-up and administration decide only where nobody else does. */
    bool is_aside = access->fact->is_startup || (proposal->roles->is_frame[access->routine] &&
                                                 !proposal->roles->is_all_frame[access->routine]);
    double share = is_aside ? 0.01 : 1;
    *(access->mode == ACCESS_WRITE ? &writes[service] : &reads[service]) += share;
  }
  guint32 best = fallback;
  for (guint32 i = 0; i < n; i++) {
    if (writes[i] + reads[i] <= 0) {
      continue;
    }
    gboolean is_better = best == MONOLITH_NONE || writes[i] > writes[best] ||
                         (writes[i] == writes[best] &&
                          (reads[i] > reads[best] || (reads[i] == reads[best] && i == fallback)));
    best = is_better ? i : best;
  }
  return best;
}

/* The only service whose routines use a state while the program serves, or MONOLITH_NONE. */
static guint32 only_user(const struct proposal *proposal, guint32 state)
{
  const struct monolith *monolith = proposal->monolith;
  guint32 user = MONOLITH_NONE;
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    const struct access *access = &monolith->accesses[monolith->accessed[i]];
    guint32 service = proposal->routine[access->routine].service;
    if (access->fact->is_startup) {
      continue;
    }
    if (service == MONOLITH_NONE || (user != MONOLITH_NONE && user != service)) {
      return MONOLITH_NONE;
    }
    user = service;
  }
  return user;
}

/* The only service that uses any field of the variable that STATE is part of. */
static guint32 only_user_of_object(const struct proposal *proposal, guint32 state)
{
  const struct monolith *monolith = proposal->monolith;
  int64_t object = monolith->states[state].object;
  guint32 user = only_user(proposal, state);
  /* Fields of one variable lie side by side: they have file and name in common. */
  for (int direction = -1; object != 0 && user != MONOLITH_NONE && direction <= 1; direction += 2) {
    for (guint32 i = state + (guint32)direction;
         i < monolith->n_states && monolith->states[i].object == object; i += (guint32)direction) {
      guint32 other = only_user(proposal, i);
      bool is_used = monolith->first_accessed[i + 1] > monolith->first_accessed[i];
      if (is_used && other != user) {
        return MONOLITH_NONE;
      }
    }
  }
  return user;
}

/* State that may be copied: owned all the same where one service alone uses it. */
static void place_copied(struct proposal *proposal, guint32 state, enum state_role role,
                         const char *reason)
{
  struct place *place = &proposal->state[state];
  bool may_be_owned = role == STATE_COUNTER || role == STATE_LOG || role == STATE_CONFIGURATION;
  guint32 user = may_be_owned ? only_user_of_object(proposal, state) : MONOLITH_NONE;
  if (user != MONOLITH_NONE) {
    set_place(place, user, PLACE_OWNER, "used by this service alone");
  } else {
    set_place(place, MONOLITH_NONE, role == STATE_CONSTANT ? PLACE_SHARED : PLACE_REPLICATED,
              reason);
  }
}

/* Why a state is not where its own users would have it. */
static char *describe_fixed(const struct monolith *monolith, const struct decisions *decisions,
                            guint32 state)
{
  const struct span_group *group =
      decisions->group_of_state != NULL ? decisions->group_of_state[state] : NULL;
  if (group == NULL) {
    return g_strdup("kept together with or apart from others, as people decided");
  }
  guint n_others = 0;
  for (guint i = 0; i < group->states->len; i++) {
    guint32 other = g_array_index(group->states, guint32, i);
    n_others += other != state && other != group->lock;
  }
  g_autofree char *lock =
      group->lock != MONOLITH_NONE ? monolith_state_name(&monolith->states[group->lock]) : NULL;
  g_autofree char *what =
      group->is_transaction || lock == NULL
          ? g_strdup_printf("in the %s of %s", group->is_transaction ? "transaction" : "section",
                            monolith->routines[group->routine].name)
          : g_strdup_printf("under the lock %s", lock);
  return g_strdup_printf("stays with the %u other%s written %s (%s:%" G_GINT64_FORMAT ")", n_others,
                         n_others == 1 ? " that is" : "s that are", what, group->file, group->line);
}

static void place_states(struct proposal *proposal, const guint32 *labels,
                         const guint32 *service_of, const struct decisions *decisions)
{
  const struct monolith *monolith = proposal->monolith;
  for (guint32 i = 0; i < monolith->n_states; i++) {
    struct place *place = &proposal->state[i];
    enum state_role role = proposal->roles->state[i];
    guint32 node = proposal->evidence->node_of_state[i];
    const char *reason = proposal->roles->state_reason[i] != NULL ? proposal->roles->state_reason[i]
                                                                  : state_reasons[role];
    place->second = MONOLITH_NONE;
    if (monolith_trial_of_state(monolith, i) != NULL) {
      set_place(place, MONOLITH_NONE, PLACE_TEST, monolith_trial_of_state(monolith, i));
    } else if (decisions != NULL && decisions->is_external != NULL && decisions->is_external[i]) {
      set_place(place, MONOLITH_NONE, PLACE_EXTERNAL, "people decided that it leaves the process");
    } else if (node == MONOLITH_NONE) {
      place_copied(proposal, i, role, reason);
    } else if (decisions != NULL && decisions->pinned_state != NULL &&
               decisions->pinned_state[i] >= 0) {
      set_place(place, service_of[labels[node]], PLACE_OWNER, "people decided");
    } else if (decisions != NULL && decisions->is_fixed_state != NULL &&
               decisions->is_fixed_state[i]) {
      g_autofree char *why = describe_fixed(monolith, decisions, i);
      set_place(place, service_of[labels[node]], PLACE_OWNER, why);
    } else if (role != STATE_OWNED && only_user(proposal, i) == MONOLITH_NONE) {
      set_place(place, MONOLITH_NONE, PLACE_REPLICATED, reason);
    } else {
      set_place(place, find_owner(proposal, i, service_of[labels[node]]), PLACE_OWNER, reason);
    }
  }
}

static guint32 node_service(const struct proposal *proposal, guint32 node)
{
  guint32 item = proposal->evidence->item[node];
  return node < proposal->evidence->n_routines ? proposal->routine[item].service
                                               : proposal->state[item].service;
}

/* Margins of all nodes and the inside weight of all services. */
static void weigh(struct proposal *proposal)
{
  const struct network *graph = proposal->graph;
  guint32 n_services = proposal->services->len;
  g_autofree double *tie = g_new0(double, MAX(n_services, 1));
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    guint32 own = node_service(proposal, node);
    guint32 item = proposal->evidence->item[node];
    struct place *place =
        node < proposal->evidence->n_routines ? &proposal->routine[item] : &proposal->state[item];
    for (guint32 row = graph->first[node]; row < graph->first[node + 1]; row++) {
      guint32 other = node_service(proposal, graph->neighbour[row]);
      double weight = (double)graph->weight[row] / (double)NETWORK_WEIGHT_ONE;
      if (other == MONOLITH_NONE || own == MONOLITH_NONE) {
        continue;
      }
      tie[other] += weight;
      struct service *service = &g_array_index(proposal->services, struct service, own);
      *(other == own ? &service->inside : &service->outside) += weight;
    }
    guint32 second = MONOLITH_NONE;
    for (guint32 i = 0; own != MONOLITH_NONE && i < n_services; i++) {
      if (i != own && tie[i] > 0 && (second == MONOLITH_NONE || tie[i] > tie[second])) {
        second = i;
      }
    }
    if (own != MONOLITH_NONE) {
      double rival = second == MONOLITH_NONE ? 0 : tie[second];
      place->second = second;
      place->margin = tie[own] - rival;
      place->confidence =
          tie[own] + rival > 0 ? MAX(0, (tie[own] - rival) / (tie[own] + rival)) : 0;
    }
    memset(tie, 0, n_services * sizeof *tie);
  }
}

/* All that a service had may turn out to be shared code, or state whose owner is elsewhere. */
static void drop_empty_services(struct proposal *proposal)
{
  g_autoptr(GArray) kept = g_array_new(FALSE, FALSE, sizeof(struct service));
  g_autofree guint32 *number = g_new(guint32, MAX(proposal->services->len, 1));
  for (guint i = 0; i < proposal->services->len; i++) {
    struct service *service = &g_array_index(proposal->services, struct service, i);
    number[i] = kept->len;
    if (service->n_routines + service->n_states > 0) {
      g_array_append_val(kept, *service);
    } else {
      g_free(service->name);
    }
  }
  for (guint32 i = 0; i < proposal->monolith->n_routines; i++) {
    guint32 *service = &proposal->routine[i].service;
    *service = *service == MONOLITH_NONE ? MONOLITH_NONE : number[*service];
  }
  for (guint32 i = 0; i < proposal->monolith->n_states; i++) {
    guint32 *service = &proposal->state[i].service;
    *service = *service == MONOLITH_NONE ? MONOLITH_NONE : number[*service];
  }
  g_array_unref(proposal->services);
  proposal->services = g_steal_pointer(&kept);
}

static void count_members(struct proposal *proposal)
{
  for (guint32 i = 0; i < proposal->monolith->n_routines; i++) {
    const struct place *place = &proposal->routine[i];
    if (place->role == PLACE_MEMBER) {
      g_array_index(proposal->services, struct service, place->service).n_routines++;
    }
  }
  for (guint32 i = 0; i < proposal->monolith->n_states; i++) {
    const struct place *place = &proposal->state[i];
    if (place->role == PLACE_OWNER) {
      g_array_index(proposal->services, struct service, place->service).n_states++;
    }
  }
}

struct proposal *proposal_new(const struct monolith *monolith, const struct roles *roles,
                              const struct evidence *evidence, guint mask, struct network *graph,
                              const guint32 *labels, guint32 n_labels,
                              const struct decisions *decisions)
{
  struct proposal *proposal = g_new0(struct proposal, 1);
  proposal->monolith = monolith;
  proposal->roles = roles;
  proposal->evidence = evidence;
  proposal->mask = mask;
  proposal->graph = graph;
  proposal->services = g_array_new(FALSE, FALSE, sizeof(struct service));
  proposal->routine = g_new0(struct place, MAX(monolith->n_routines, 1));
  proposal->state = g_new0(struct place, MAX(monolith->n_states, 1));
  g_autofree guint32 *service_of = add_services(proposal, labels, n_labels, decisions);
  place_routines(proposal, labels, service_of, decisions);
  place_stateless(proposal, decisions);
  place_states(proposal, labels, service_of, decisions);
  count_members(proposal);
  drop_empty_services(proposal);
  weigh(proposal);
  return proposal;
}

void proposal_free(struct proposal *proposal)
{
  if (proposal == NULL) {
    return;
  }
  for (guint32 i = 0; i < proposal->monolith->n_routines; i++) {
    g_free(proposal->routine[i].reason);
  }
  for (guint32 i = 0; i < proposal->monolith->n_states; i++) {
    g_free(proposal->state[i].reason);
  }
  for (guint i = 0; i < proposal->services->len; i++) {
    g_free(g_array_index(proposal->services, struct service, i).name);
    g_free(g_array_index(proposal->services, struct service, i).reason);
  }
  g_array_unref(proposal->services);
  g_strfreev(proposal->label_name);
  g_free(proposal->routine);
  g_free(proposal->state);
  network_free(proposal->graph);
  g_free(proposal);
}
