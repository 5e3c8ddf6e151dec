#include "reports/graphs.h"

#include <string.h>

#include "reports/graphs_internal.h"
#include "reports/money.h"

char *graphs_link(const struct graph_options *options, const char *kind, const char *name)
{
  if (!options->link) {
    return NULL;
  }
  g_autofree char *escaped = g_uri_escape_string(name, NULL, false);
  return g_strdup_printf("%s#/%s/%s", options->link, kind, escaped);
}

char *graphs_counted(int64_t n, const char *thing)
{
  return g_strdup_printf("%" G_GINT64_FORMAT " %s%s", n, thing, n == 1 ? "" : "s");
}

char *graphs_place(const char *file, int64_t line)
{
  return file[0] ? g_strdup_printf("%s:%" G_GINT64_FORMAT, file, line)
                 : g_strdup("outside the tree");
}

/* A frame for each service that the model has, in order. */
void graphs_add_service_frames(struct graph *graph, const struct model *model)
{
  for (size_t i = 0; i < model->services->n; i++) {
    const struct plan_service *service = record_at(model->services, plan_service, i);
    graph_add_frame(graph, g_strdup_printf("service-%" G_GINT64_FORMAT, service->id),
                    g_strdup(service->name));
  }
}

struct service_counts {
  int n_routines;
  int n_states;
  int n_functions;
};

static struct service_counts *count_services(const struct model *model)
{
  struct service_counts *counts = g_new0(struct service_counts, model->services->n + 1);
  for (size_t i = 0; i < model->routines->n; i++) {
    if (model->routine_service[i] >= 0) {
      counts[model->routine_service[i]].n_routines++;
    }
  }
  for (size_t i = 0; i < model->states->n; i++) {
    if (model->state_service[i] >= 0) {
      counts[model->state_service[i]].n_states++;
    }
  }
  for (size_t i = 0; i < model->functions->n; i++) {
    int service = model_service(model, record_at(model->functions, plan_function, i)->service);
    if (service >= 0) {
      counts[service].n_functions++;
    }
  }
  return counts;
}

static void add_services(struct graph *graph, const struct model *model,
                         const struct graph_options *options)
{
  g_autofree struct service_counts *counts = count_services(model);
  for (size_t i = 0; i < model->services->n; i++) {
    const struct plan_service *service = record_at(model->services, plan_service, i);
    g_autofree char *routines = graphs_counted(counts[i].n_routines, "routine");
    g_autofree char *functions = graphs_counted(counts[i].n_functions, "function");
    graph_add_node(graph, (struct graph_node){
                              .id = g_strdup_printf("service-%" G_GINT64_FORMAT, service->id),
                              .label = g_strdup_printf("%s\n%s, %d state\n%s", service->name,
                                                       routines, counts[i].n_states, functions),
                              .tooltip = service->reason[0] ? g_strconcat(service->name, ": ",
                                                                          service->reason, NULL)
                                                            : NULL,
                              .link = graphs_link(options, "service", service->name),
                              .frame = -1,
                              .kind = GRAPH_SERVICE,
                              .weight = counts[i].n_routines + counts[i].n_states});
  }
}

/* Where a shared-code box stands when it is drawn: after the services. */
static int add_shared(struct graph *graph, const struct model *model)
{
  int n = 0;
  for (size_t i = 0; i < model->routines->n; i++) {
    n += model->routine_service[i] == MODEL_SHARED;
  }
  g_autofree char *routines = graphs_counted(n, "routine");
  return graph_add_node(graph,
                        (struct graph_node){.id = g_strdup("shared"),
                                            .label = g_strconcat("shared code\n", routines, NULL),
                                            .frame = -1,
                                            .kind = GRAPH_SHARED,
                                            .weight = n});
}

struct crossing {
  int64_t n_calls;
  int64_t n_writes;
  int64_t n_reads;
  double price;
  const struct plan_cut *worst;
};

static char *crossing_label(const struct crossing *crossing)
{
  g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
  if (crossing->n_calls > 0) {
    g_ptr_array_add(parts, graphs_counted(crossing->n_calls, "call"));
  }
  if (crossing->n_writes > 0) {
    g_ptr_array_add(parts, graphs_counted(crossing->n_writes, "write"));
  }
  if (crossing->n_reads > 0) {
    g_ptr_array_add(parts, graphs_counted(crossing->n_reads, "read"));
  }
  g_ptr_array_add(parts, NULL);
  return g_strjoinv(", ", (char **)parts->pdata);
}

static char *crossing_tooltip(const struct model *model, int from, int to,
                              const struct crossing *crossing)
{
  g_autofree char *label = crossing_label(crossing);
  g_autofree char *place = graphs_place(crossing->worst->file, crossing->worst->line);
  char price[G_ASCII_DTOSTR_BUF_SIZE];
  g_ascii_formatd(price, sizeof price, "%.4g", crossing->price);
  return g_strdup_printf("%s to %s: %s; price %s; the dearest at %s%s%s",
                         model_service_name(model, from), model_service_name(model, to), label,
                         price, place, crossing->worst->reason[0] ? ": " : "",
                         crossing->worst->reason);
}

static void add_crossings(struct graph *graph, const struct model *model)
{
  size_t n = model->services->n;
  g_autofree struct crossing *crossings = g_new0(struct crossing, n * n + 1);
  for (size_t i = 0; i < model->cuts->n; i++) {
    const struct plan_cut *cut = record_at(model->cuts, plan_cut, i);
    int from = model_service(model, cut->from_service);
    int to = model_service(model, cut->to_service);
    if (from < 0 || to < 0) {
      continue;
    }
    struct crossing *crossing = &crossings[(size_t)from * n + (size_t)to];
    *(strcmp(cut->mode, "write") == 0  ? &crossing->n_writes
      : strcmp(cut->mode, "read") == 0 ? &crossing->n_reads
                                       : &crossing->n_calls) += cut->n_sites;
    crossing->price += cut->price;
    if (!crossing->worst || cut->price > crossing->worst->price) {
      crossing->worst = cut;
    }
  }
  for (size_t i = 0; i < n * n; i++) {
    const struct crossing *crossing = &crossings[i];
    if (!crossing->worst) {
      continue;
    }
    int from = (int)(i / n);
    int to = (int)(i % n);
    graph_add_edge(
        graph, (struct graph_edge){
                   .from = from,
                   .to = to,
                   .label = crossing_label(crossing),
                   .tooltip = crossing_tooltip(model, from, to, crossing),
                   .kind = crossing->n_writes > 0 ? GRAPH_WRITE_CUT : GRAPH_CALL_CUT,
                   .weight = (double)(crossing->n_calls + crossing->n_reads + crossing->n_writes)});
  }
}

static void add_shared_uses(struct graph *graph, const struct model *model, int shared)
{
  g_autofree int *n_uses = g_new0(int, model->services->n + 1);
  for (guint i = 0; i < model->calls->len; i++) {
    const struct model_call *call = &g_array_index(model->calls, struct model_call, i);
    int from = model->routine_service[call->caller];
    if (from >= 0 && model->routine_service[call->callee] == MODEL_SHARED) {
      n_uses[from] += call->n_sites;
    }
  }
  for (int i = 0; i < (int)model->services->n; i++) {
    if (n_uses[i] > 0) {
      graph_add_edge(graph, (struct graph_edge){.from = i,
                                                .to = shared,
                                                .label = graphs_counted(n_uses[i], "call"),
                                                .kind = GRAPH_CALL,
                                                .weight = n_uses[i]});
    }
  }
}

struct graph *graph_of_services(const struct model *model, const struct graph_options *options)
{
  g_autoptr(graph_handle) graph = graph_new("services, and what crosses between them");
  add_services(graph, model, options);
  add_crossings(graph, model);
  graph_add_legend(graph, GRAPH_SERVICE, "service");
  graph_add_legend(graph, GRAPH_CALL_CUT, "calls and reads across services");
  graph_add_legend(graph, GRAPH_WRITE_CUT, "with writes of foreign state");
  if (options->has_shared) {
    add_shared_uses(graph, model, add_shared(graph, model));
    graph_add_legend(graph, GRAPH_SHARED, "shared code: every service has its own copy");
  } else {
    graph->note = g_strdup("shared code is not drawn");
  }
  return graph_fold(graph, options->limit, "services");
}

/* One row for each stage and cloud of the bills. */
static int find_stage(struct graph *graph, const struct result_bill *bill)
{
  g_autofree char *id = g_strconcat("bill-", bill->stage, "-", bill->cloud, NULL);
  for (int i = 0; i < (int)graph->nodes->len; i++) {
    if (strcmp(graph_node_at(graph, i)->id, id) == 0) {
      return i;
    }
  }
  return graph_add_node(graph, (struct graph_node){.id = g_steal_pointer(&id),
                                                   .label = g_strdup(""),
                                                   .frame = -1,
                                                   .kind = GRAPH_SERVICE,
                                                   .weight = G_MAXDOUBLE / 4});
}

static int find_part(struct graph *graph, int stage, const struct result_bill *bill, int *n_parts)
{
  const char *owner = graph_node_at(graph, stage)->id;
  for (int i = 0; i < (int)graph->edges->len; i++) {
    const struct graph_edge *edge = graph_edge_at(graph, i);
    if (edge->from == stage && strcmp(graph_node_at(graph, edge->to)->tooltip, bill->name) == 0) {
      return edge->to;
    }
  }
  int part =
      graph_add_node(graph, (struct graph_node){.id = g_strdup_printf("%s-%d", owner, (*n_parts)++),
                                                .label = g_strdup(bill->billing_plan),
                                                .tooltip = g_strdup(bill->name),
                                                .frame = -1,
                                                .kind = GRAPH_BILL});
  graph_add_edge(graph, (struct graph_edge){.from = stage, .to = part, .kind = GRAPH_PART});
  return part;
}

struct graph *graph_of_cost(const struct model *model, const struct graph_options *options)
{
  g_autoptr(graph_handle) graph = graph_new("what a month costs, in US dollars");
  graph->is_wide = true;
  int n_parts = 0;
  g_autofree money *totals = g_new0(money, 2 * model->bills->n + 1);
  g_autofree const char **titles = g_new0(const char *, 2 * model->bills->n + 1);
  g_autofree const char **clouds = g_new0(const char *, 2 * model->bills->n + 1);
  for (size_t i = 0; i < model->bills->n; i++) {
    const struct result_bill *bill = record_at(model->bills, result_bill, i);
    money amount = money_parse(bill->amount);
    int stage = find_stage(graph, bill);
    titles[stage] = bill->stage;
    clouds[stage] = bill->cloud;
    totals[stage] += amount;
    totals[find_part(graph, stage, bill, &n_parts)] += amount;
  }
  for (int i = 0; i < (int)graph->nodes->len; i++) {
    struct graph_node *node = graph_node_at(graph, i);
    g_autofree char *amount = money_format(totals[i]);
    g_autofree char *before = g_steal_pointer(&node->label);
    if (titles[i]) {
      node->label = g_strdup_printf("%s on %s\n%s", titles[i], clouds[i], amount);
    } else {
      node->label = g_strdup_printf("%s\n%s\n%s", node->tooltip, before, amount);
      node->weight = (double)totals[i] / 1e18;
    }
  }
  for (int i = 0; i < (int)graph->edges->len; i++) {
    graph_edge_at(graph, i)->weight = (double)totals[graph_edge_at(graph, i)->to] / 1e18;
  }
  graph_add_legend(graph, GRAPH_SERVICE, "stage and cloud");
  graph_add_legend(graph, GRAPH_BILL, "what is billed: name, billing plan, amount");
  return graph_fold(graph, options->limit, "lines");
}
