#include "splitter/evidence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "splitter/strangers.h"
#include "splitter/usage.h"
#include "splitter/words.h"

const char *const evidence_names[N_EVIDENCE_KINDS] = {"calls", "state",   "types", "names",
                                                      "paths", "history", "uses"};

/* Weights of one kind against another. Writes, reads and addresses follow Service Cutter's scale
 * (SemanticProximityCriterionScorer: write 10, read 3). The rest is what a routine gives away in
 * all to the others of a group, so that large groups do not outweigh everything. */
static const double write_weight = 10;
static const double read_weight = 3;
static const double startup_share = 0.2;
static const double lock_share = 0.5;
static const double guess_share = 0.1;
static const double stateless_share = 0.5;
static const double frame_share = 0.2;
static const double frame_weight = 8;
static const double object_weight = 2;
static const double type_weight = 1;
static const double word_weight = 2;
static const double file_weight = 4;
static const double folder_weight = 1;
static const double history_weight = 2;
static const double uses_weight = 0.2; /* of each of up to ten ties */

enum { LARGEST_GROUP = 300, ROUTINE_MASS = 4, STATE_MASS = 1 };

static gint64 fixed(double weight)
{
  return (gint64)llround(weight * (double)NETWORK_WEIGHT_ONE);
}

static void add_tie(GArray *ties, guint32 a, guint32 b, double weight)
{
  if (a == MONOLITH_NONE || b == MONOLITH_NONE || a == b) {
    return;
  }
  struct tie tie = {MIN(a, b), MAX(a, b), fixed(weight)};
  if (tie.weight > 0) {
    g_array_append_val(ties, tie);
  }
}

static int compare_ties(gconstpointer left, gconstpointer right)
{
  const struct tie *a = left;
  const struct tie *b = right;
  if (a->a != b->a) {
    return a->a < b->a ? -1 : 1;
  }
  return a->b < b->b ? -1 : a->b > b->b;
}

static void join_ties(GArray *ties)
{
  g_array_sort(ties, compare_ties);
  guint kept = 0;
  for (guint i = 0; i < ties->len; i++) {
    struct tie *tie = &g_array_index(ties, struct tie, i);
    struct tie *last = kept > 0 ? &g_array_index(ties, struct tie, kept - 1) : NULL;
    if (last != NULL && compare_ties(last, tie) == 0) {
      last->weight += tie->weight;
    } else {
      g_array_index(ties, struct tie, kept++) = *tie;
    }
  }
  g_array_set_size(ties, kept);
}

static void number_nodes(struct evidence *evidence, const struct monolith *monolith,
                         const struct roles *roles, const bool *is_shared, const bool *is_external)
{
  guint32 most = monolith->n_routines + monolith->n_states;
  evidence->item = g_new0(guint32, MAX(most, 1));
  evidence->mass = g_new0(gint64, MAX(most, 1));
  evidence->key = g_new0(guint64, MAX(most, 1));
  evidence->node_of_routine = g_new0(guint32, MAX(monolith->n_routines, 1));
  evidence->node_of_state = g_new0(guint32, MAX(monolith->n_states, 1));
  for (guint32 i = 0; i < monolith->n_routines; i++) {
    bool takes_part =
        (roles->routine[i] == ROUTINE_MEMBER || roles->routine[i] == ROUTINE_STATELESS) &&
        (is_shared == NULL || !is_shared[i]);
    evidence->node_of_routine[i] = takes_part ? evidence->n_nodes : MONOLITH_NONE;
    if (takes_part) {
      evidence->mass[evidence->n_nodes] = ROUTINE_MASS;
      evidence->key[evidence->n_nodes] = (guint64)monolith->routines[i].id;
      evidence->item[evidence->n_nodes++] = i;
    }
  }
  evidence->n_routines = evidence->n_nodes;
  for (guint32 i = 0; i < monolith->n_states; i++) {
    bool takes_part = (roles->state[i] == STATE_OWNED || roles->state[i] == STATE_CACHE ||
                       roles->state[i] == STATE_LOCK) &&
                      (is_external == NULL || !is_external[i]);
    evidence->node_of_state[i] = takes_part ? evidence->n_nodes : MONOLITH_NONE;
    if (takes_part) {
      evidence->mass[evidence->n_nodes] = STATE_MASS;
      evidence->key[evidence->n_nodes] = (guint64)monolith->states[i].id;
      evidence->item[evidence->n_nodes++] = i;
    }
  }
}

static guint32 *count_callers(const struct monolith *monolith)
{
  guint32 *n_callers = g_new0(guint32, MAX(monolith->n_routines, 1));
  for (guint32 i = 0; i < monolith->n_calls; i++) {
    const struct call *call = &monolith->calls[i];
    bool is_first = i == 0 || monolith->calls[i - 1].caller != call->caller ||
                    monolith->calls[i - 1].callee != call->callee;
    n_callers[call->callee] += is_first;
  }
  return n_callers;
}

static void add_calls(struct evidence *evidence, const struct monolith *monolith,
                      const struct roles *roles)
{
  g_autofree guint32 *n_callers = count_callers(monolith);
  for (guint32 i = 0; i < monolith->n_calls;) {
    const struct call *first = &monolith->calls[i];
    double volume = 0;
    bool is_guess = true;
    for (; i < monolith->n_calls && monolith->calls[i].caller == first->caller &&
           monolith->calls[i].callee == first->callee;
         i++) {
      const struct call *call = &monolith->calls[i];
      if (!roles->is_gateway[i]) {
        volume += call->volume;
        is_guess &= call->is_guess;
      }
    }
    if (volume <= 0) {
      continue;
    }
    double weight = volume > 1 ? 1 + log(volume) : volume;
    weight /= sqrt(MAX(n_callers[first->callee], 1));
    weight *= is_guess ? guess_share : 1;
    /* The frame calls everybody: that says nothing of them. */
    bool leaves_frame =
        roles_is_set_apart(roles, first->caller) && !roles_is_set_apart(roles, first->callee);
    weight *= leaves_frame ? frame_share : 1;
    weight *= roles->routine[first->callee] == ROUTINE_STATELESS ? stateless_share : 1;
    add_tie(evidence->ties[EVIDENCE_CALLS], evidence->node_of_routine[first->caller],
            evidence->node_of_routine[first->callee], weight);
  }
}

/* Ties every two of N nodes so that each gives away TOTAL in all. Nodes may be MONOLITH_NONE. */
static void add_group(GArray *ties, const guint32 *nodes, guint n, double total)
{
  if (n < 2 || n > LARGEST_GROUP) {
    return;
  }
  for (guint i = 0; i < n; i++) {
    for (guint j = 0; j < i; j++) {
      add_tie(ties, nodes[i], nodes[j], total / (n - 1));
    }
  }
}

/* What makes the process run belongs together. */
static void add_frame(struct evidence *evidence, const struct roles *roles)
{
  g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(guint32));
  for (guint32 node = 0; node < evidence->n_routines; node++) {
    if (roles_is_set_apart(roles, evidence->item[node])) {
      g_array_append_val(nodes, node);
    }
  }
  add_group(evidence->ties[EVIDENCE_CALLS], (const guint32 *)(gpointer)nodes->data, nodes->len,
            frame_weight);
}

static guint32 count_users(const struct monolith *monolith, guint32 state)
{
  guint32 n_users = 0;
  guint32 last = MONOLITH_NONE;
  for (guint32 i = monolith->first_accessed[state]; i < monolith->first_accessed[state + 1]; i++) {
    guint32 routine = monolith->accesses[monolith->accessed[i]].routine;
    n_users += routine != last;
    last = routine;
  }
  return n_users;
}

static void add_state(struct evidence *evidence, const struct monolith *monolith,
                      const struct roles *roles)
{
  GArray *ties = evidence->ties[EVIDENCE_STATE];
  for (guint32 i = 0; i < monolith->n_accesses;) {
    const struct access *first = &monolith->accesses[i];
    double weight = 0;
    for (; i < monolith->n_accesses && monolith->accesses[i].routine == first->routine &&
           monolith->accesses[i].state == first->state;
         i++) {
      const struct access *access = &monolith->accesses[i];
      double one = access->mode == ACCESS_WRITE ? write_weight : read_weight;
      bool is_aside = access->fact->is_startup ||
                      (roles->is_frame[access->routine] && !roles->is_all_frame[access->routine]);
      one *= is_aside ? startup_share : 1;
      weight = MAX(weight, one);
    }
    weight /= sqrt(MAX(count_users(monolith, first->state), 1));
    weight *= roles->state[first->state] == STATE_LOCK ? lock_share : 1;
    add_tie(ties, evidence->node_of_routine[first->routine], evidence->node_of_state[first->state],
            weight);
  }
  g_autoptr(GHashTable) first_field = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (guint32 i = 0; i < monolith->n_states; i++) {
    const struct fact_state *state = &monolith->states[i];
    if (state->object == 0 || evidence->node_of_state[i] == MONOLITH_NONE) {
      continue;
    }
    gpointer known = g_hash_table_lookup(first_field, &state->object);
    if (known != NULL) {
      add_tie(ties, GPOINTER_TO_UINT(known) - 1, evidence->node_of_state[i], object_weight);
    } else {
      g_hash_table_insert(first_field, (gpointer)&state->object,
                          GUINT_TO_POINTER(evidence->node_of_state[i] + 1));
    }
  }
}

/* How much a group of N among ALL says: 1 for a pair, 0 for everybody. */
static double rarity(guint n, guint all)
{
  return all > 2 && n > 0 ? log((double)all / n) / log((double)all / 2) : 0;
}

static void add_groups(struct evidence *evidence, GHashTable *groups, enum evidence_kind kind,
                       double total)
{
  g_autoptr(GList) keys = g_hash_table_get_keys(groups);
  for (GList *key = keys; key != NULL; key = key->next) {
    GArray *nodes = g_hash_table_lookup(groups, key->data);
    double share = rarity(nodes->len, evidence->n_nodes);
    if (share > 0) {
      add_group(evidence->ties[kind], (const guint32 *)(gpointer)nodes->data, nodes->len,
                total * MIN(share, 1));
    }
  }
}

static GHashTable *groups_new(void)
{
  return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
}

/* Nodes come in ascending order, so a double is the last one. */
static void put(GHashTable *groups, const char *key, guint32 node)
{
  GArray *nodes = g_hash_table_lookup(groups, key);
  if (nodes == NULL) {
    nodes = g_array_new(FALSE, FALSE, sizeof(guint32));
    g_hash_table_insert(groups, g_strdup(key), nodes);
  }
  if (nodes->len == 0 || g_array_index(nodes, guint32, nodes->len - 1) != node) {
    g_array_append_val(nodes, node);
  }
}

static void add_names(struct evidence *evidence, const struct monolith *monolith)
{
  g_autoptr(GHashTable) groups = groups_new();
  for (guint32 node = 0; node < evidence->n_nodes; node++) {
    guint32 item = evidence->item[node];
    g_autofree char *name = node < evidence->n_routines
                                ? g_strdup(monolith->routines[item].name)
                                : monolith_state_name(&monolith->states[item]);
    g_auto(GStrv) words = words_of_identifier(name);
    for (guint i = 0; words[i] != NULL; i++) {
      /* `orders` and `order` are one word. */
      size_t length = strlen(words[i]);
      if (length > 3 && words[i][length - 1] == 's' && words[i][length - 2] != 's') {
        words[i][length - 1] = '\0';
      }
      if (!words_are_hollow(words[i])) {
        put(groups, words[i], node);
      }
    }
  }
  add_groups(evidence, groups, EVIDENCE_NAMES, word_weight);
}

static void add_paths(struct evidence *evidence, const struct monolith *monolith)
{
  g_autoptr(GHashTable) files = groups_new();
  g_autoptr(GHashTable) folders = groups_new();
  for (guint32 node = 0; node < evidence->n_nodes; node++) {
    guint32 item = evidence->item[node];
    const char *file =
        node < evidence->n_routines ? monolith->routines[item].file : monolith->states[item].file;
    bool is_outside =
        node >= evidence->n_routines && (strcmp(monolith->states[item].storage, "table") == 0 ||
                                         strcmp(monolith->states[item].storage, "file") == 0);
    if (file[0] != '\0' && !is_outside) {
      g_autofree char *folder = g_path_get_dirname(file);
      put(files, file, node);
      put(folders, folder, node);
    }
  }
  add_groups(evidence, files, EVIDENCE_PATHS, file_weight);
  add_groups(evidence, folders, EVIDENCE_PATHS, folder_weight);
}

static void add_types(struct evidence *evidence, const struct monolith *monolith)
{
  g_autoptr(GHashTable) in_tree = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (size_t i = 0; i < monolith->type_set->n; i++) {
    const struct fact_type *type = record_at(monolith->type_set, fact_type, i);
    bool is_record = strcmp(type->kind, "struct") == 0 || strcmp(type->kind, "union") == 0;
    if (type->file[0] != '\0' && is_record) {
      g_hash_table_add(in_tree, (gpointer)&type->id);
    }
  }
  g_autoptr(GHashTable) groups = groups_new();
  guint32 n = monolith->n_routines;
  /* Parameters come by routine id; nodes have to come in their own order. */
  g_autofree GPtrArray **types = g_new0(GPtrArray *, MAX(n, 1));
  for (size_t i = 0; i < monolith->param_set->n; i++) {
    const struct fact_param *param = record_at(monolith->param_set, fact_param, i);
    guint32 routine = monolith_routine(monolith, param->routine);
    bool is_shared_type = param->type_id != 0 && strchr(param->type, '*') != NULL &&
                          strncmp(param->type, "const ", 6) != 0 &&
                          g_hash_table_contains(in_tree, &param->type_id);
    if (routine == MONOLITH_NONE || !is_shared_type) {
      continue;
    }
    if (types[routine] == NULL) {
      types[routine] = g_ptr_array_new();
    }
    g_ptr_array_add(types[routine], (gpointer)param);
  }
  for (guint32 routine = 0; routine < n; routine++) {
    guint32 node = evidence->node_of_routine[routine];
    for (guint i = 0; types[routine] != NULL && i < types[routine]->len; i++) {
      const struct fact_param *param = g_ptr_array_index(types[routine], i);
      g_autofree char *key = g_strdup_printf("%" G_GINT64_FORMAT, param->type_id);
      if (node != MONOLITH_NONE) {
        put(groups, key, node);
      }
    }
    if (types[routine] != NULL) {
      g_ptr_array_unref(types[routine]);
    }
  }
  add_groups(evidence, groups, EVIDENCE_TYPES, type_weight);
}

/* Files that change together tie their largest routines. */
static void add_history(struct evidence *evidence, const struct monolith *monolith,
                        const struct co_change *history, guint32 n_history)
{
  enum { MOST_NODES = 8 };
  guint n_files = monolith->files->len;
  g_autofree guint32 *nodes = g_new(guint32, (gsize)MAX(n_files, 1) * MOST_NODES);
  g_autofree guint32 *n_nodes = g_new0(guint32, MAX(n_files, 1));
  for (guint32 node = 0; node < evidence->n_routines; node++) {
    guint32 file = monolith->routine_file[evidence->item[node]];
    if (n_nodes[file] < MOST_NODES) {
      nodes[(gsize)file * MOST_NODES + n_nodes[file]++] = node;
    }
  }
  for (guint32 i = 0; i < n_history; i++) {
    guint32 a = history[i].a;
    guint32 b = history[i].b;
    guint32 n_pairs = n_nodes[a] * n_nodes[b];
    for (guint32 j = 0; j < n_nodes[a]; j++) {
      for (guint32 k = 0; k < n_nodes[b]; k++) {
        add_tie(evidence->ties[EVIDENCE_HISTORY], nodes[(gsize)a * MOST_NODES + j],
                nodes[(gsize)b * MOST_NODES + k],
                history_weight * history[i].likeness * (n_nodes[a] + n_nodes[b]) / n_pairs);
      }
    }
  }
}

static void add_uses(struct evidence *evidence, const struct monolith *monolith)
{
  g_autoptr(GArray) ties = usage_ties(monolith, evidence->n_nodes, evidence->node_of_routine, NULL);
  for (guint i = 0; i < ties->len; i++) {
    const struct likeness_tie *tie = &g_array_index(ties, struct likeness_tie, i);
    add_tie(evidence->ties[EVIDENCE_USES], tie->a, tie->b, uses_weight * tie->likeness);
  }
}

/* The file of a node, or MONOLITH_NONE for what lies outside of all programs: tables, data files.
 */
static guint32 file_of_node(const struct evidence *evidence, const struct monolith *monolith,
                            guint32 node)
{
  guint32 item = evidence->item[node];
  return node < evidence->n_routines ? monolith->routine_file[item] : monolith->state_file[item];
}

/* Two that no program holds together never meet in a process: what they have in common is a name,
 * a folder or the way of their makers. Tables and files outside tie programs to one another, and so
 * does being what makes a process run. */
static void drop_strangers(struct evidence *evidence, const struct monolith *monolith)
{
  struct strangers *strangers = strangers_new(monolith);
  for (guint kind = EVIDENCE_TYPES; kind < N_EVIDENCE_KINDS; kind++) {
    GArray *ties = evidence->ties[kind];
    guint kept = 0;
    for (guint i = 0; i < ties->len; i++) {
      struct tie tie = g_array_index(ties, struct tie, i);
      guint32 a = file_of_node(evidence, monolith, tie.a);
      guint32 b = file_of_node(evidence, monolith, tie.b);
      if (a == MONOLITH_NONE || b == MONOLITH_NONE || !strangers_are(strangers, a, b)) {
        g_array_index(ties, struct tie, kept++) = tie;
      }
    }
    g_array_set_size(ties, kept);
  }
  strangers_free(strangers);
}

struct evidence *evidence_new(const struct monolith *monolith, const struct roles *roles,
                              const bool *is_shared, const bool *is_external,
                              const struct co_change *history, guint32 n_history)
{
  struct evidence *evidence = g_new0(struct evidence, 1);
  for (guint kind = 0; kind < N_EVIDENCE_KINDS; kind++) {
    evidence->ties[kind] = g_array_new(FALSE, FALSE, sizeof(struct tie));
  }
  number_nodes(evidence, monolith, roles, is_shared, is_external);
  add_calls(evidence, monolith, roles);
  add_frame(evidence, roles);
  add_state(evidence, monolith, roles);
  add_types(evidence, monolith);
  add_names(evidence, monolith);
  add_paths(evidence, monolith);
  add_history(evidence, monolith, history, n_history);
  add_uses(evidence, monolith);
  for (guint kind = 0; kind < N_EVIDENCE_KINDS; kind++) {
    join_ties(evidence->ties[kind]);
  }
  drop_strangers(evidence, monolith);
  return evidence;
}

void evidence_free(struct evidence *evidence)
{
  if (evidence == NULL) {
    return;
  }
  for (guint kind = 0; kind < N_EVIDENCE_KINDS; kind++) {
    g_array_unref(evidence->ties[kind]);
  }
  g_free(evidence->item);
  g_free(evidence->node_of_routine);
  g_free(evidence->node_of_state);
  g_free(evidence->mass);
  g_free(evidence->key);
  g_free(evidence);
}

struct network *evidence_graph(const struct evidence *evidence, guint mask)
{
  gsize n = 0;
  for (guint kind = 0; kind < N_EVIDENCE_KINDS; kind++) {
    n += (mask >> kind & 1) != 0 ? evidence->ties[kind]->len : 0;
  }
  g_autofree guint32 *from = g_new(guint32, MAX(n, 1));
  g_autofree guint32 *to = g_new(guint32, MAX(n, 1));
  g_autofree gint64 *weight = g_new(gint64, MAX(n, 1));
  gsize at = 0;
  for (guint kind = 0; kind < N_EVIDENCE_KINDS; kind++) {
    for (guint i = 0; (mask >> kind & 1) != 0 && i < evidence->ties[kind]->len; i++) {
      const struct tie *tie = &g_array_index(evidence->ties[kind], struct tie, i);
      from[at] = tie->a;
      to[at] = tie->b;
      weight[at++] = tie->weight;
    }
  }
  struct network *graph = network_new(evidence->n_nodes, n, from, to, weight, evidence->mass);
  graph->key = g_memdup2(evidence->key, evidence->n_nodes * sizeof *evidence->key);
  return graph;
}
