#include "splitter/untied.h"

#include "splitter/connectivity.h"

/* The connected part of every node; PARTS has room for N_PARTS. */
static guint32 *find_parts(const struct network *graph, const struct units *units, guint32 *n_parts)
{
  guint32 *part = g_new0(guint32, MAX(graph->n_nodes, 1));
  *n_parts =
      graph->n_nodes > 0 ? 1 + connectivity_split(graph, units, NULL, graph->n_nodes + 1, part) : 0;
  return part;
}

void untied_keep_programs(const struct monolith *monolith, const struct evidence *evidence,
                          const struct network *graph, const struct units *units,
                          const gint64 *worth, gint64 least_mass, guint8 *is_kept)
{
  guint32 n_parts = 0;
  g_autofree guint32 *part = find_parts(graph, units, &n_parts);
  g_autofree gint64 *mass = g_new0(gint64, MAX(n_parts, 1));
  g_autofree guint8 *is_woken = g_new0(guint8, MAX(n_parts, 1));
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    mass[part[node]] += worth[node];
  }
  for (guint32 i = 0; i < monolith->n_entries; i++) {
    guint32 routine = monolith_routine(monolith, monolith->entries[i].routine);
    guint32 node = routine != MONOLITH_NONE ? evidence->node_of_routine[routine] : MONOLITH_NONE;
    if (node != MONOLITH_NONE) {
      is_woken[part[node]] = 1;
    }
  }
  for (guint32 node = 0; node < graph->n_nodes && n_parts > 1; node++) {
    is_kept[node] |= is_woken[part[node]] && mass[part[node]] < least_mass;
  }
}

static guint32 node_service(const struct proposal *proposal, guint32 node)
{
  guint32 item = proposal->evidence->item[node];
  return node < proposal->evidence->n_routines ? proposal->routine[item].service
                                               : proposal->state[item].service;
}

static bool is_decided(const struct proposal *proposal, const struct decisions *decisions,
                       guint32 node)
{
  guint32 item = proposal->evidence->item[node];
  bool is_routine = node < proposal->evidence->n_routines;
  const gint64 *pinned = decisions == NULL ? NULL
                         : is_routine      ? decisions->pinned_routine
                                           : decisions->pinned_state;
  const bool *is_fixed = decisions == NULL ? NULL
                         : is_routine      ? decisions->is_fixed_routine
                                           : decisions->is_fixed_state;
  return (pinned != NULL && pinned[item] >= 0) || (is_fixed != NULL && is_fixed[item]);
}

/* Per service: the part that most of its mass is of. */
static guint32 *find_cores(const struct proposal *proposal, const guint32 *part)
{
  guint n_services = proposal->services->len;
  guint32 n_nodes = proposal->graph->n_nodes;
  guint32 *core = g_new0(guint32, MAX(n_services, 1));
  g_autofree gint64 *most = g_new0(gint64, MAX(n_services, 1));
  g_autofree gint64 *mass = g_new0(gint64, MAX(n_nodes, 1)); /* at the first node of each pair */
  g_autofree gint64 *key = g_new(gint64, MAX(n_nodes, 1));
  g_autoptr(GHashTable) first = g_hash_table_new(g_int64_hash, g_int64_equal);
  for (guint32 node = 0; node < n_nodes; node++) {
    guint32 service = node_service(proposal, node);
    if (service == MONOLITH_NONE) {
      continue;
    }
    key[node] = (gint64)service << 32 | part[node];
    gpointer known = g_hash_table_lookup(first, &key[node]);
    guint32 at = known == NULL ? node : GPOINTER_TO_UINT(known) - 1;
    if (known == NULL) {
      g_hash_table_insert(first, &key[node], GUINT_TO_POINTER(node + 1));
    }
    mass[at] += proposal->graph->mass[node];
    if (mass[at] > most[service]) {
      most[service] = mass[at];
      core[service] = part[node];
    }
  }
  return core;
}

void untied_explain(struct proposal *proposal, const struct units *units,
                    const struct decisions *decisions)
{
  const struct network *graph = proposal->graph;
  guint32 n_parts = 0;
  g_autofree guint32 *part = find_parts(graph, units, &n_parts);
  if (n_parts < 2) {
    return;
  }
  g_autofree guint32 *core = find_cores(proposal, part);
  for (guint32 node = 0; node < graph->n_nodes; node++) {
    guint32 service = node_service(proposal, node);
    guint32 item = proposal->evidence->item[node];
    struct place *place =
        node < proposal->evidence->n_routines ? &proposal->routine[item] : &proposal->state[item];
    if (service != MONOLITH_NONE && part[node] != core[service] && place->reason == NULL &&
        !is_decided(proposal, decisions, node)) {
      place->reason = g_strdup("nothing ties it to any service, and it is too small to be one: it "
                               "goes with the largest");
    }
  }
  for (guint i = 0; i < proposal->services->len; i++) {
    struct service *service = &g_array_index(proposal->services, struct service, i);
    if (service->outside <= 0 && service->reason == NULL && proposal->services->len > 1) {
      service->reason = g_strdup("nothing ties it to another service");
    }
  }
}
