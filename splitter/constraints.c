#include "splitter/constraints.h"

#include <string.h>

struct constraints *constraints_new(guint32 n_nodes)
{
  struct constraints *constraints = g_new0(struct constraints, 1);
  constraints->n_nodes = n_nodes;
  constraints->together = g_array_new(FALSE, FALSE, sizeof(struct node_pair));
  constraints->apart = g_array_new(FALSE, FALSE, sizeof(struct node_pair));
  constraints->anchors = g_array_new(FALSE, FALSE, sizeof(struct node_anchor));
  return constraints;
}

void constraints_free(struct constraints *constraints)
{
  if (constraints == NULL) {
    return;
  }
  g_array_unref(constraints->together);
  g_array_unref(constraints->apart);
  g_array_unref(constraints->anchors);
  g_free(constraints);
}

void constraints_add_together(struct constraints *constraints, guint32 a, guint32 b)
{
  struct node_pair pair = {a, b};
  g_array_append_val(constraints->together, pair);
}

void constraints_add_apart(struct constraints *constraints, guint32 a, guint32 b)
{
  struct node_pair pair = {a, b};
  g_array_append_val(constraints->apart, pair);
}

void constraints_add_anchor(struct constraints *constraints, guint32 node, guint32 label)
{
  struct node_anchor anchor = {node, label};
  g_array_append_val(constraints->anchors, anchor);
}

static guint32 find_root(guint32 *parent, guint32 node)
{
  while (parent[node] != node) {
    parent[node] = parent[parent[node]];
    node = parent[node];
  }
  return node;
}

/* The smaller node becomes the root, so that the result does not depend on the order of unions. */
static void join(guint32 *parent, guint32 a, guint32 b)
{
  a = find_root(parent, a);
  b = find_root(parent, b);
  if (a != b) {
    parent[MAX(a, b)] = MIN(a, b);
  }
}

static void join_same_labels(guint32 *parent, const struct constraints *constraints)
{
  g_autoptr(GHashTable) node_of_label = g_hash_table_new(NULL, NULL);
  for (guint i = 0; i < constraints->anchors->len; i++) {
    const struct node_anchor *anchor = &g_array_index(constraints->anchors, struct node_anchor, i);
    gpointer label = GUINT_TO_POINTER(anchor->label);
    gpointer known = NULL;
    if (g_hash_table_lookup_extended(node_of_label, label, NULL, &known)) {
      join(parent, anchor->node, GPOINTER_TO_UINT(known));
    } else {
      g_hash_table_insert(node_of_label, label, GUINT_TO_POINTER(anchor->node));
    }
  }
}

static void number_units(struct units *units, guint32 *parent)
{
  for (guint32 node = 0; node < units->n_nodes; node++) {
    guint32 root = find_root(parent, node);
    units->unit_of[node] = root == node ? units->n_units++ : units->unit_of[root];
  }
  units->first = g_new0(guint32, (gsize)units->n_units + 2);
  for (guint32 node = 0; node < units->n_nodes; node++) {
    units->first[units->unit_of[node] + 2]++;
  }
  for (guint32 unit = 0; unit < units->n_units; unit++) {
    units->first[unit + 2] += units->first[unit + 1];
  }
  for (guint32 node = 0; node < units->n_nodes; node++) {
    units->member[units->first[units->unit_of[node] + 1]++] = node;
  }
}

static int compare_pairs(gconstpointer left, gconstpointer right)
{
  const struct node_pair *a = left;
  const struct node_pair *b = right;
  if (a->a != b->a) {
    return a->a < b->a ? -1 : 1;
  }
  return a->b < b->b ? -1 : a->b > b->b;
}

static gboolean set_anchors(struct units *units, const struct constraints *constraints)
{
  for (guint i = 0; i < constraints->anchors->len; i++) {
    const struct node_anchor *anchor = &g_array_index(constraints->anchors, struct node_anchor, i);
    gint64 *label = &units->anchor[units->unit_of[anchor->node]];
    if (*label >= 0 && *label != anchor->label) {
      return FALSE;
    }
    *label = anchor->label;
  }
  return TRUE;
}

static gboolean set_apart(struct units *units, const struct constraints *constraints)
{
  guint n_pairs = constraints != NULL ? constraints->apart->len : 0;
  g_autoptr(GArray) pairs = g_array_sized_new(FALSE, FALSE, sizeof(struct node_pair), 2 * n_pairs);
  for (guint i = 0; i < n_pairs; i++) {
    const struct node_pair *pair = &g_array_index(constraints->apart, struct node_pair, i);
    struct node_pair forth = {units->unit_of[pair->a], units->unit_of[pair->b]};
    struct node_pair back = {forth.b, forth.a};
    if (forth.a == forth.b) {
      return FALSE;
    }
    g_array_append_val(pairs, forth);
    g_array_append_val(pairs, back);
  }
  g_array_sort(pairs, compare_pairs);
  units->apart_first = g_new0(guint32, (gsize)units->n_units + 1);
  units->apart = g_new(guint32, MAX(pairs->len, 1));
  guint32 n_apart = 0;
  guint i = 0;
  for (guint32 unit = 0; unit < units->n_units; unit++) {
    units->apart_first[unit] = n_apart;
    for (; i < pairs->len && g_array_index(pairs, struct node_pair, i).a == unit; i++) {
      guint32 other = g_array_index(pairs, struct node_pair, i).b;
      if (n_apart == units->apart_first[unit] || units->apart[n_apart - 1] != other) {
        units->apart[n_apart++] = other;
      }
    }
  }
  units->apart_first[units->n_units] = n_apart;
  return TRUE;
}

struct units *units_new(guint32 n_nodes, const struct constraints *constraints)
{
  struct units *units = g_new0(struct units, 1);
  units->n_nodes = n_nodes;
  units->unit_of = g_new0(guint32, MAX(n_nodes, 1));
  units->member = g_new0(guint32, MAX(n_nodes, 1));
  g_autofree guint32 *parent = g_new(guint32, MAX(n_nodes, 1));
  for (guint32 node = 0; node < n_nodes; node++) {
    parent[node] = node;
  }
  if (constraints != NULL) {
    for (guint i = 0; i < constraints->together->len; i++) {
      const struct node_pair *pair = &g_array_index(constraints->together, struct node_pair, i);
      join(parent, pair->a, pair->b);
    }
    join_same_labels(parent, constraints);
  }
  number_units(units, parent);
  units->anchor = g_new(gint64, MAX(units->n_units, 1));
  for (guint32 unit = 0; unit < units->n_units; unit++) {
    units->anchor[unit] = -1;
  }
  if ((constraints != NULL && !set_anchors(units, constraints)) || !set_apart(units, constraints)) {
    units_free(units);
    return NULL;
  }
  return units;
}

struct units *units_of_parts(const struct units *units, const guint32 *part, guint32 n_parts)
{
  g_autofree guint32 *unit_part = g_new(guint32, MAX(units->n_units, 1));
  struct constraints *constraints = constraints_new(n_parts);
  for (guint32 unit = 0; unit < units->n_units; unit++) {
    unit_part[unit] = part[units->member[units->first[unit]]];
  }
  for (guint32 unit = 0; unit < units->n_units; unit++) {
    if (units->anchor[unit] >= 0) {
      constraints_add_anchor(constraints, unit_part[unit], (guint32)units->anchor[unit]);
    }
    for (guint32 i = units->apart_first[unit]; i < units->apart_first[unit + 1]; i++) {
      constraints_add_apart(constraints, unit_part[unit], unit_part[units->apart[i]]);
    }
  }
  struct units *parts = units_new(n_parts, constraints);
  constraints_free(constraints);
  return parts;
}

void units_free(struct units *units)
{
  if (units == NULL) {
    return;
  }
  g_free(units->unit_of);
  g_free(units->first);
  g_free(units->member);
  g_free(units->anchor);
  g_free(units->apart_first);
  g_free(units->apart);
  g_free(units);
}

gboolean constraints_are_kept(const struct constraints *constraints, const guint32 *labels)
{
  for (guint i = 0; i < constraints->together->len; i++) {
    const struct node_pair *pair = &g_array_index(constraints->together, struct node_pair, i);
    if (labels[pair->a] != labels[pair->b]) {
      return FALSE;
    }
  }
  for (guint i = 0; i < constraints->apart->len; i++) {
    const struct node_pair *pair = &g_array_index(constraints->apart, struct node_pair, i);
    if (labels[pair->a] == labels[pair->b]) {
      return FALSE;
    }
  }
  for (guint i = 0; i < constraints->anchors->len; i++) {
    const struct node_anchor *a = &g_array_index(constraints->anchors, struct node_anchor, i);
    for (guint j = 0; j < i; j++) {
      const struct node_anchor *b = &g_array_index(constraints->anchors, struct node_anchor, j);
      if ((a->label == b->label) != (labels[a->node] == labels[b->node])) {
        return FALSE;
      }
    }
  }
  return TRUE;
}
