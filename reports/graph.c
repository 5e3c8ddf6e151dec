#include "reports/graph.h"

#include <string.h>

static void clear_node(gpointer data)
{
  struct graph_node *node = data;
  g_free(node->id);
  g_free(node->label);
  g_free(node->tooltip);
  g_free(node->link);
}

static void clear_edge(gpointer data)
{
  struct graph_edge *edge = data;
  g_free(edge->label);
  g_free(edge->tooltip);
}

static void clear_frame(gpointer data)
{
  struct graph_frame *frame = data;
  g_free(frame->id);
  g_free(frame->label);
}

static void clear_legend(gpointer data)
{
  g_free(((struct graph_legend *)data)->text);
}

struct graph *graph_new(const char *title)
{
  struct graph *graph = g_new0(struct graph, 1);
  graph->title = g_strdup(title);
  graph->nodes = g_array_new(FALSE, FALSE, sizeof(struct graph_node));
  graph->edges = g_array_new(FALSE, FALSE, sizeof(struct graph_edge));
  graph->frames = g_array_new(FALSE, FALSE, sizeof(struct graph_frame));
  graph->legend = g_array_new(FALSE, FALSE, sizeof(struct graph_legend));
  g_array_set_clear_func(graph->nodes, clear_node);
  g_array_set_clear_func(graph->edges, clear_edge);
  g_array_set_clear_func(graph->frames, clear_frame);
  g_array_set_clear_func(graph->legend, clear_legend);
  return graph;
}

void graph_free(struct graph *graph)
{
  if (!graph) {
    return;
  }
  g_array_unref(graph->nodes);
  g_array_unref(graph->edges);
  g_array_unref(graph->frames);
  g_array_unref(graph->legend);
  g_free(graph->title);
  g_free(graph->note);
  g_free(graph);
}

struct graph_node *graph_node_at(const struct graph *graph, int index)
{
  return &g_array_index(graph->nodes, struct graph_node, index);
}

struct graph_edge *graph_edge_at(const struct graph *graph, int index)
{
  return &g_array_index(graph->edges, struct graph_edge, index);
}

int graph_add_node(struct graph *graph, struct graph_node node)
{
  g_array_append_val(graph->nodes, node);
  return (int)graph->nodes->len - 1;
}

int graph_add_edge(struct graph *graph, struct graph_edge edge)
{
  g_array_append_val(graph->edges, edge);
  return (int)graph->edges->len - 1;
}

int graph_add_frame(struct graph *graph, char *id, char *label)
{
  struct graph_frame frame = {id, label};
  g_array_append_val(graph->frames, frame);
  return (int)graph->frames->len - 1;
}

void graph_add_legend(struct graph *graph, enum graph_kind kind, const char *text)
{
  struct graph_legend legend = {kind, g_strdup(text)};
  g_array_append_val(graph->legend, legend);
}

/* Positions of nodes or edges, the heaviest first, ties by position. */
struct ranked {
  double weight;
  int position;
};

static int compare_ranked(gconstpointer a, gconstpointer b)
{
  const struct ranked *x = a;
  const struct ranked *y = b;
  return x->weight > y->weight ? -1 : x->weight < y->weight ? 1 : x->position - y->position;
}

static GArray *rank_nodes(const struct graph *graph)
{
  GArray *ranking = g_array_new(FALSE, FALSE, sizeof(struct ranked));
  for (int i = 0; i < (int)graph->nodes->len; i++) {
    struct ranked ranked = {graph_node_at(graph, i)->weight, i};
    g_array_append_val(ranking, ranked);
  }
  g_array_sort(ranking, compare_ranked);
  return ranking;
}

static struct graph_node copy_node(const struct graph_node *node)
{
  struct graph_node copy = *node;
  copy.id = g_strdup(node->id);
  copy.label = g_strdup(node->label);
  copy.tooltip = g_strdup(node->tooltip);
  copy.link = g_strdup(node->link);
  return copy;
}

/* The place of every node of GRAPH in FOLDED, which gets the kept ones and one box for the rest of
 * each frame. */
static int *fold_nodes(const struct graph *graph, struct graph *folded, unsigned limit,
                       const char *what)
{
  int n = (int)graph->nodes->len;
  int n_frames = (int)graph->frames->len;
  g_autoptr(GArray) ranking = rank_nodes(graph);
  g_autofree bool *is_kept = g_new0(bool, (size_t)n + 1);
  int n_kept = MAX(1, (int)limit - n_frames - 1);
  for (int i = 0; i < n && i < n_kept; i++) {
    is_kept[g_array_index(ranking, struct ranked, i).position] = true;
  }
  int *place = g_new(int, (size_t)n + 1);
  g_autofree int *n_rest = g_new0(int, (size_t)n_frames + 1);
  for (int i = 0; i < n; i++) {
    const struct graph_node *node = graph_node_at(graph, i);
    if (is_kept[i]) {
      place[i] = graph_add_node(folded, copy_node(node));
    } else {
      n_rest[node->frame + 1]++;
    }
  }
  for (int frame = -1; frame < n_frames; frame++) {
    if (n_rest[frame + 1] == 0) {
      continue;
    }
    const char *owner =
        frame < 0 ? "none" : g_array_index(graph->frames, struct graph_frame, frame).id;
    int rest = graph_add_node(
        folded, (struct graph_node){.id = g_strdup_printf("rest-%s", owner),
                                    .label = g_strdup_printf("%d more %s", n_rest[frame + 1], what),
                                    .frame = frame,
                                    .kind = GRAPH_REST});
    for (int i = 0; i < n; i++) {
      if (!is_kept[i] && graph_node_at(graph, i)->frame == frame) {
        place[i] = rest;
      }
    }
  }
  return place;
}

static guint hash_edge(gconstpointer data)
{
  const struct graph_edge *edge = data;
  return (guint)edge->from * 2654435761U ^ (guint)edge->to * 40503U ^ (guint)edge->kind;
}

static gboolean is_same_edge(gconstpointer a, gconstpointer b)
{
  const struct graph_edge *x = a;
  const struct graph_edge *y = b;
  return x->from == y->from && x->to == y->to && x->kind == y->kind;
}

/* Edges between the places, merged; those inside one folded box vanish. */
static GPtrArray *merge_edges(const struct graph *graph, const int *place)
{
  GPtrArray *merged = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GHashTable) seen = g_hash_table_new(hash_edge, is_same_edge);
  for (int i = 0; i < (int)graph->edges->len; i++) {
    const struct graph_edge *edge = graph_edge_at(graph, i);
    struct graph_edge probe = *edge;
    probe.from = place[edge->from];
    probe.to = place[edge->to];
    if (probe.from == probe.to && edge->from != edge->to) {
      continue;
    }
    struct graph_edge *found = g_hash_table_lookup(seen, &probe);
    if (found) {
      found->weight += edge->weight;
      found->label = NULL;
      found->tooltip = NULL;
    } else {
      struct graph_edge *copy = g_new(struct graph_edge, 1);
      *copy = probe;
      g_ptr_array_add(merged, copy);
      g_hash_table_add(seen, copy);
    }
  }
  return merged;
}

static unsigned fold_edges(const struct graph *graph, struct graph *folded, const int *place,
                           unsigned limit)
{
  g_autoptr(GPtrArray) merged = merge_edges(graph, place);
  g_autoptr(GArray) ranking = g_array_new(FALSE, FALSE, sizeof(struct ranked));
  for (guint i = 0; i < merged->len; i++) {
    struct ranked ranked = {((struct graph_edge *)g_ptr_array_index(merged, i))->weight, (int)i};
    g_array_append_val(ranking, ranked);
  }
  g_array_sort(ranking, compare_ranked);
  g_autofree bool *is_kept = g_new0(bool, merged->len + 1);
  for (guint i = 0; i < merged->len && i < limit; i++) {
    is_kept[g_array_index(ranking, struct ranked, i).position] = true;
  }
  for (guint i = 0; i < merged->len; i++) {
    struct graph_edge edge = *(struct graph_edge *)g_ptr_array_index(merged, i);
    if (is_kept[i]) {
      edge.label = g_strdup(edge.label);
      edge.tooltip = g_strdup(edge.tooltip);
      graph_add_edge(folded, edge);
    }
  }
  return merged->len > limit ? merged->len - limit : 0;
}

struct graph *graph_fold(const struct graph *graph, unsigned limit, const char *what)
{
  struct graph *folded = graph_new(graph->title);
  folded->is_wide = graph->is_wide;
  for (guint i = 0; i < graph->frames->len; i++) {
    const struct graph_frame *frame = &g_array_index(graph->frames, struct graph_frame, i);
    graph_add_frame(folded, g_strdup(frame->id), g_strdup(frame->label));
  }
  for (guint i = 0; i < graph->legend->len; i++) {
    const struct graph_legend *legend = &g_array_index(graph->legend, struct graph_legend, i);
    graph_add_legend(folded, legend->kind, legend->text);
  }
  bool is_small = graph->nodes->len <= limit;
  unsigned kept = is_small ? graph->nodes->len : limit;
  g_autofree int *place = fold_nodes(graph, folded, is_small ? G_MAXINT : kept, what);
  unsigned n_lost = fold_edges(graph, folded, place, 3 * limit);
  g_autoptr(GString) note = g_string_new(graph->note ? graph->note : "");
  if (!is_small) {
    unsigned n_folded = 0;
    for (int i = 0; i < (int)folded->nodes->len; i++) {
      n_folded += graph_node_at(folded, i)->kind == GRAPH_REST;
    }
    unsigned n_drawn = folded->nodes->len - n_folded;
    g_string_append_printf(note, "%s%u of %u %s are drawn, the others are folded into %u box%s",
                           note->len > 0 ? "; " : "", n_drawn, graph->nodes->len, what, n_folded,
                           n_folded == 1 ? "" : "es");
    graph_add_legend(folded, GRAPH_REST, "folded: too many to draw");
  }
  if (n_lost > 0) {
    g_string_append_printf(note, "%s%u light arrows are left out", note->len > 0 ? "; " : "",
                           n_lost);
  }
  folded->note = note->len > 0 ? g_strdup(note->str) : NULL;
  return folded;
}
