/* Graphs of routines, state and files. */
#include <string.h>

#include "reports/graphs.h"
#include "reports/graphs_internal.h"

/* Frames of services, then one for shared code; nodes of no service stand outside. */
static int frame_of(const struct model *model, int service)
{
  return service >= 0 ? service : service == MODEL_SHARED ? (int)model->services->n : -1;
}

static void add_frames(struct graph *graph, const struct model *model)
{
  graphs_add_service_frames(graph, model);
  graph_add_frame(graph, g_strdup("shared"), g_strdup("shared code"));
}

/* Drops frames without nodes, so that no empty ones are drawn. */
static void drop_empty_frames(struct graph *graph)
{
  for (int frame = (int)graph->frames->len - 1; frame >= 0; frame--) {
    bool is_used = false;
    for (int i = 0; i < (int)graph->nodes->len; i++) {
      is_used |= graph_node_at(graph, i)->frame == frame;
    }
    if (is_used) {
      continue;
    }
    g_array_remove_index(graph->frames, (guint)frame);
    for (int i = 0; i < (int)graph->nodes->len; i++) {
      graph_node_at(graph, i)->frame -= graph_node_at(graph, i)->frame > frame;
    }
  }
}

static bool *mark_entries(const struct model *model)
{
  bool *is_entry = g_new0(bool, model->routines->n + 1);
  for (size_t i = 0; i < model->entries->n; i++) {
    int routine = model_routine(model, record_at(model->entries, fact_entry, i)->routine);
    if (routine >= 0) {
      is_entry[routine] = true;
    }
  }
  return is_entry;
}

static int add_routine(struct graph *graph, const struct model *model,
                       const struct graph_options *options, int index, bool is_entry)
{
  const struct fact_routine *routine = model_routine_at(model, index);
  g_autofree char *place = graphs_place(routine->file, routine->line);
  int service = model->routine_service[index];
  return graph_add_node(
      graph, (struct graph_node){.id = g_strdup_printf("routine-%" G_GINT64_FORMAT, routine->id),
                                 .label = g_strdup(routine->name),
                                 .tooltip = g_strdup_printf("%s %s, %s", routine->name, place,
                                                            model_service_name(model, service)),
                                 .link = graphs_link(options, "routine", routine->name),
                                 .frame = frame_of(model, service),
                                 .kind = is_entry                  ? GRAPH_ENTRY
                                         : service == MODEL_SHARED ? GRAPH_SHARED
                                         : routine->is_defined     ? GRAPH_ROUTINE
                                                                   : GRAPH_EXTERNAL});
}

/* Marks what is at most DEPTH calls away from the middle, in both directions. The way does not go
 * on through shared code: that everybody calls it makes nobody a neighbour. */
static void mark_around(const struct model *model, const struct graph_options *options,
                        unsigned *distance)
{
  distance[options->around] = 1;
  const int *service = model->routine_service;
  for (unsigned step = 1; step <= options->depth; step++) {
    for (guint i = 0; i < model->calls->len; i++) {
      const struct model_call *call = &g_array_index(model->calls, struct model_call, i);
      bool is_through_callee =
          call->callee == options->around || service[call->callee] != MODEL_SHARED;
      bool is_through_caller =
          call->caller == options->around || service[call->caller] != MODEL_SHARED;
      if (distance[call->caller] == step && distance[call->callee] == 0 && is_through_caller) {
        distance[call->callee] = step + 1;
      }
      if (distance[call->callee] == step && distance[call->caller] == 0 && is_through_callee) {
        distance[call->caller] = step + 1;
      }
    }
  }
}

static void mark_all(const struct model *model, const struct graph_options *options,
                     unsigned *distance)
{
  for (size_t i = 0; i < model->routines->n; i++) {
    const struct fact_routine *routine = model_routine_at(model, (int)i);
    bool is_shown =
        routine->is_defined && (model->routine_service[i] != MODEL_SHARED || options->has_shared);
    distance[i] = is_shown ? 2 : 0;
  }
}

static void add_calls(struct graph *graph, const struct model *model, const int *node)
{
  for (guint i = 0; i < model->calls->len; i++) {
    const struct model_call *call = &g_array_index(model->calls, struct model_call, i);
    int from = node[call->caller];
    int to = node[call->callee];
    if (from < 0 || to < 0) {
      continue;
    }
    int a = model->routine_service[call->caller];
    int b = model->routine_service[call->callee];
    bool is_cut = a >= 0 && b >= 0 && a != b;
    g_autofree char *place = graphs_place(call->file, call->line);
    g_autofree char *sites = graphs_counted(call->n_sites, "call");
    graph_add_edge(graph,
                   (struct graph_edge){.from = from,
                                       .to = to,
                                       .tooltip = g_strdup_printf(
                                           "%s%s, the first at %s", sites,
                                           call->is_indirect ? " (through a pointer)" : "", place),
                                       .kind = is_cut ? GRAPH_CALL_CUT : GRAPH_CALL,
                                       .weight = call->n_sites});
    graph_node_at(graph, from)->weight += call->n_sites;
    graph_node_at(graph, to)->weight += call->n_sites;
  }
}

struct graph *graph_of_calls(const struct model *model, const struct graph_options *options)
{
  bool is_around = options->around >= 0;
  g_autofree char *title = is_around
                               ? g_strdup_printf("calls around %s, up to %u step%s away",
                                                 model_routine_at(model, options->around)->name,
                                                 options->depth, options->depth == 1 ? "" : "s")
                               : g_strdup("calls between routines");
  g_autoptr(graph_handle) graph = graph_new(title);
  graph->is_wide = true;
  add_frames(graph, model);
  g_autofree unsigned *distance = g_new0(unsigned, model->routines->n + 1);
  (is_around ? mark_around : mark_all)(model, options, distance);
  g_autofree int *node = g_new(int, model->routines->n + 1);
  g_autofree bool *is_entry = mark_entries(model);
  for (int i = 0; i < (int)model->routines->n; i++) {
    node[i] = distance[i] > 0 ? add_routine(graph, model, options, i, is_entry[i]) : -1;
    if (distance[i] > 0 && is_around) {
      graph_node_at(graph, node[i])->weight = 1e6 / distance[i];
    }
  }
  add_calls(graph, model, node);
  drop_empty_frames(graph);
  graph_add_legend(graph, GRAPH_ENTRY, "entry: reached from outside");
  graph_add_legend(graph, GRAPH_ROUTINE, "routine");
  graph_add_legend(graph, GRAPH_CALL, "call");
  graph_add_legend(graph, GRAPH_CALL_CUT, "call across services");
  if (!is_around && !options->has_shared) {
    graph->note = g_strdup("shared code and code outside the tree are not drawn");
  }
  return graph_fold(graph, options->limit, "routines");
}

static bool is_mutable(const struct fact_state *state)
{
  return strcmp(state->class, "shared") == 0 || strcmp(state->class, "external") == 0;
}

static int *add_states(struct graph *graph, const struct model *model)
{
  int *node = g_new(int, model->states->n + 1);
  for (int i = 0; i < (int)model->states->n; i++) {
    const struct fact_state *state = model_state_at(model, i);
    node[i] = -1;
    if (!is_mutable(state)) {
      continue;
    }
    g_autofree char *name = model_state_name(model, i);
    g_autofree char *place = graphs_place(state->file, state->line);
    bool is_external = strcmp(state->class, "external") == 0;
    node[i] = graph_add_node(
        graph,
        (struct graph_node){.id = g_strdup_printf("state-%" G_GINT64_FORMAT, state->id),
                            .label = g_strdup(name),
                            .tooltip = g_strdup_printf("%s: %s, %s", name, state->storage, place),
                            .frame = frame_of(model, model->state_service[i]),
                            .kind = is_external ? GRAPH_EXTERNAL : GRAPH_STATE,
                            .weight = 1000});
  }
  return node;
}

static void add_access(struct graph *graph, const struct model *model,
                       const struct model_access *access, int from, int to)
{
  int a = model->routine_service[access->routine];
  int b = model->state_service[access->state];
  bool is_cut = a >= 0 && b >= 0 && a != b;
  bool is_write = access->mode == 'w';
  g_autofree char *place = graphs_place(access->file, access->line);
  g_autofree char *sites = graphs_counted(access->n_sites, is_write ? "write" : "read");
  graph_add_edge(
      graph, (struct graph_edge){.from = from,
                                 .to = to,
                                 .tooltip = g_strdup_printf("%s, the first at %s", sites, place),
                                 .kind = is_cut     ? GRAPH_WRITE_CUT
                                         : is_write ? GRAPH_WRITE
                                                    : GRAPH_READ,
                                 .weight = access->n_sites});
  double importance = is_cut ? 100 : is_write ? 3 : 1;
  graph_node_at(graph, from)->weight += importance;
  graph_node_at(graph, to)->weight += importance;
}

struct graph *graph_of_state(const struct model *model, const struct graph_options *options)
{
  g_autoptr(graph_handle) graph = graph_new("state, and who reads and writes it");
  graph->is_wide = true;
  add_frames(graph, model);
  g_autofree int *state_node = add_states(graph, model);
  g_autofree int *routine_node = g_new(int, model->routines->n + 1);
  g_autofree bool *is_entry = mark_entries(model);
  memset(routine_node, 0xff, sizeof(int) * (model->routines->n + 1));
  for (guint i = 0; i < model->accesses->len; i++) {
    const struct model_access *access = &g_array_index(model->accesses, struct model_access, i);
    if (state_node[access->state] < 0 || access->mode == 'a') {
      continue;
    }
    int *from = &routine_node[access->routine];
    if (*from < 0) {
      *from = add_routine(graph, model, options, access->routine, is_entry[access->routine]);
    }
    add_access(graph, model, access, *from, state_node[access->state]);
  }
  drop_empty_frames(graph);
  graph_add_legend(graph, GRAPH_STATE, "state");
  graph_add_legend(graph, GRAPH_EXTERNAL, "state outside the process");
  graph_add_legend(graph, GRAPH_READ, "read");
  graph_add_legend(graph, GRAPH_WRITE, "write");
  graph_add_legend(graph, GRAPH_WRITE_CUT, "access across services");
  graph->note = g_strdup("constants and configuration are not drawn");
  return graph_fold(graph, options->limit, "boxes");
}

/* Index of the frame for the folder of FILE; makes it when missing. */
static int folder_frame(struct graph *graph, GHashTable *frames, const char *file)
{
  g_autofree char *folder = g_path_get_dirname(file);
  gpointer found = g_hash_table_lookup(frames, folder);
  if (!found) {
    const char *label = strcmp(folder, ".") == 0 ? "top folder" : folder;
    int frame = graph_add_frame(graph, g_strdup_printf("folder-%u", g_hash_table_size(frames)),
                                g_strdup(label));
    found = GINT_TO_POINTER(frame + 1);
    g_hash_table_insert(frames, g_strdup(folder), found);
  }
  return GPOINTER_TO_INT(found) - 1;
}

/* The services whose routines a file holds, for its tooltip. */
static void note_service(GHashTable *services, const struct model *model, int routine)
{
  int service = model->routine_service[routine];
  if (service >= 0) {
    g_hash_table_add(services, GINT_TO_POINTER(service + 1));
  }
}

static GHashTable *add_files(struct graph *graph, const struct model *model)
{
  GHashTable *node_of = g_hash_table_new(g_str_hash, g_str_equal);
  g_autoptr(GHashTable) frames = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (size_t i = 0; i < model->files->n; i++) {
    const struct fact_file *file = record_at(model->files, fact_file, i);
    if (!file->is_tu) {
      continue;
    }
    g_autofree char *name = g_path_get_basename(file->file);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, file->file, -1);
    hash[16] = '\0';
    int node =
        graph_add_node(graph, (struct graph_node){.id = g_strconcat("file-", hash, NULL),
                                                  .label = g_strdup(name),
                                                  .tooltip = g_strdup(file->file),
                                                  .frame = folder_frame(graph, frames, file->file),
                                                  .kind = GRAPH_FILE});
    g_hash_table_insert(node_of, (gpointer)file->file, GINT_TO_POINTER(node + 1));
  }
  return node_of;
}

static void add_file_calls(struct graph *graph, const struct model *model, GHashTable *node_of)
{
  g_autoptr(GHashTable) edge_of = g_hash_table_new(g_direct_hash, g_direct_equal);
  for (guint i = 0; i < model->calls->len; i++) {
    const struct model_call *call = &g_array_index(model->calls, struct model_call, i);
    const char *caller = model_routine_at(model, call->caller)->file;
    const char *callee = model_routine_at(model, call->callee)->file;
    int from = GPOINTER_TO_INT(g_hash_table_lookup(node_of, caller)) - 1;
    int to = GPOINTER_TO_INT(g_hash_table_lookup(node_of, callee)) - 1;
    if (from < 0 || to < 0 || from == to) {
      continue;
    }
    gpointer key = GSIZE_TO_POINTER((gsize)from * graph->nodes->len + (gsize)to + 1);
    int edge = GPOINTER_TO_INT(g_hash_table_lookup(edge_of, key)) - 1;
    if (edge < 0) {
      edge = graph_add_edge(graph, (struct graph_edge){.from = from, .to = to, .kind = GRAPH_CALL});
      g_hash_table_insert(edge_of, key, GINT_TO_POINTER(edge + 1));
    }
    int a = model->routine_service[call->caller];
    int b = model->routine_service[call->callee];
    if (a >= 0 && b >= 0 && a != b) {
      graph_edge_at(graph, edge)->kind = GRAPH_CALL_CUT;
    }
    graph_edge_at(graph, edge)->weight += call->n_sites;
    graph_node_at(graph, from)->weight += call->n_sites;
    graph_node_at(graph, to)->weight += call->n_sites;
  }
}

static void name_services_of_files(struct graph *graph, const struct model *model,
                                   GHashTable *node_of)
{
  guint n = graph->nodes->len;
  g_autofree GHashTable **services = g_new0(GHashTable *, n + 1);
  for (int i = 0; i < (int)model->routines->n; i++) {
    int node = GPOINTER_TO_INT(g_hash_table_lookup(node_of, model_routine_at(model, i)->file)) - 1;
    if (node >= 0) {
      services[node] = services[node] ? services[node] : g_hash_table_new(NULL, NULL);
      note_service(services[node], model, i);
    }
  }
  for (guint i = 0; i < n; i++) {
    if (!services[i]) {
      continue;
    }
    g_autoptr(GString) text = g_string_new(graph_node_at(graph, (int)i)->tooltip);
    for (int service = 0; service < (int)model->services->n; service++) {
      if (g_hash_table_contains(services[i], GINT_TO_POINTER(service + 1))) {
        g_string_append(text, "\n");
        g_string_append(text, model_service_name(model, service));
      }
    }
    g_free(graph_node_at(graph, (int)i)->tooltip);
    graph_node_at(graph, (int)i)->tooltip = g_strdup(text->str);
    g_hash_table_destroy(services[i]);
  }
}

struct graph *graph_of_files(const struct model *model, const struct graph_options *options)
{
  g_autoptr(graph_handle) graph = graph_new("files, and the calls between them");
  graph->is_wide = true;
  g_autoptr(GHashTable) node_of = add_files(graph, model);
  add_file_calls(graph, model, node_of);
  name_services_of_files(graph, model, node_of);
  graph_add_legend(graph, GRAPH_FILE, "file");
  graph_add_legend(graph, GRAPH_CALL, "calls");
  graph_add_legend(graph, GRAPH_CALL_CUT, "with calls across services");
  return graph_fold(graph, options->limit, "files");
}
