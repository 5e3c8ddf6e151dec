#include "reports/levels.h"

#include <math.h>
#include <string.h>

#include "reports/picture.h"

static void free_level(gpointer data)
{
  struct level *level = data;
  for (guint i = 0; i < level->arrows->len; i++) {
    g_free(g_array_index(level->arrows, struct level_arrow, i).path);
  }
  g_free(level->note);
  g_array_unref(level->boxes);
  g_array_unref(level->arrows);
  g_free(level);
}

static struct level *new_level(int service)
{
  struct level *level = g_new0(struct level, 1);
  level->service = service;
  level->boxes = g_array_new(FALSE, FALSE, sizeof(struct level_box));
  level->arrows = g_array_new(FALSE, FALSE, sizeof(struct level_arrow));
  return level;
}

static int add_box(struct level *level, const char *kind, int ref)
{
  struct level_box box = {kind, ref, 0, 0};
  g_array_append_val(level->boxes, box);
  return (int)level->boxes->len - 1;
}

/* Adds N to the arrow between two boxes. */
static void add_arrow(struct level *level, int from, int to, int n, enum level_arrow_kind kind)
{
  if (from == to) {
    return;
  }
  for (guint i = 0; i < level->arrows->len; i++) {
    struct level_arrow *arrow = &g_array_index(level->arrows, struct level_arrow, i);
    if (arrow->from == from && arrow->to == to) {
      arrow->n += n;
      arrow->kind = MAX(arrow->kind, kind);
      return;
    }
  }
  struct level_arrow arrow = {from, to, n, kind, NULL};
  g_array_append_val(level->arrows, arrow);
}

static int *count_members(const struct model *model)
{
  int *n = g_new0(int, model->services->n + 1);
  for (size_t i = 0; i < model->routines->n; i++) {
    if (model->routine_service[i] >= 0) {
      n[model->routine_service[i]]++;
    }
  }
  return n;
}

struct weighted {
  int item;
  int weight;
};

static int compare_weighted(gconstpointer a, gconstpointer b)
{
  const struct weighted *x = a;
  const struct weighted *y = b;
  return x->weight != y->weight ? (x->weight > y->weight ? -1 : 1) : x->item - y->item;
}

static int compare_items(gconstpointer a, gconstpointer b)
{
  return ((const struct weighted *)a)->item - ((const struct weighted *)b)->item;
}

/* Keeps the LIMIT heaviest of ITEMS, in their old order; returns how many were dropped. */
static unsigned keep_heaviest(GArray *items, unsigned limit)
{
  if (items->len <= limit) {
    return 0;
  }
  unsigned n_dropped = items->len - limit;
  g_array_sort(items, compare_weighted);
  g_array_set_size(items, limit);
  g_array_sort(items, compare_items);
  return n_dropped;
}

static struct level *level_of_services(const struct model *model)
{
  struct level *level = new_level(-1);
  g_autofree int *n_members = count_members(model);
  g_autoptr(GArray) kept = g_array_new(FALSE, FALSE, sizeof(struct weighted));
  g_autofree int *box = g_new(int, model->services->n + 1);
  for (int i = 0; i < (int)model->services->n; i++) {
    struct weighted service = {i, n_members[i]};
    g_array_append_val(kept, service);
    box[i] = -1;
  }
  unsigned n_dropped = keep_heaviest(kept, LEVELS_LIMIT - 1);
  for (guint i = 0; i < kept->len; i++) {
    int service = g_array_index(kept, struct weighted, i).item;
    box[service] = add_box(level, "service", service);
  }
  int rest = n_dropped > 0 ? add_box(level, "rest", (int)n_dropped) : -1;
  level->note =
      n_dropped > 0
          ? g_strdup_printf("%u services with the fewest routines are folded into one box.",
                            n_dropped)
          : g_strdup("");
  for (size_t i = 0; i < model->cuts->n; i++) {
    const struct plan_cut *cut = record_at(model->cuts, plan_cut, i);
    int from = model_service(model, cut->from_service);
    int to = model_service(model, cut->to_service);
    if (from >= 0 && to >= 0) {
      add_arrow(level, box[from] >= 0 ? box[from] : rest, box[to] >= 0 ? box[to] : rest,
                (int)cut->n_sites, strcmp(cut->mode, "write") == 0 ? LEVEL_FOREIGN : LEVEL_CUT);
    }
  }
  return level;
}

/* Files by name, for routines' files. */
static int *file_of_routines(const struct model *model)
{
  g_autoptr(GHashTable) index = g_hash_table_new(g_str_hash, g_str_equal);
  for (int i = 0; i < (int)model->files->n; i++) {
    g_hash_table_insert(index, (gpointer)record_at(model->files, fact_file, i)->file,
                        GINT_TO_POINTER(i + 1));
  }
  int *file_of = g_new(int, model->routines->n + 1);
  for (int i = 0; i < (int)model->routines->n; i++) {
    const char *file = model_routine_at(model, i)->file;
    file_of[i] = GPOINTER_TO_INT(g_hash_table_lookup(index, file)) - 1;
  }
  return file_of;
}

/* What all service levels share. */
struct inside {
  const struct model *model;
  int *file_of;     /* per routine */
  int *file_box;    /* per file, of the level being made, or -1 */
  int *service_box; /* per service: its ghost */
  int *state_box;   /* per state, or -1 */
  bool *is_folded;  /* per service: others of more weight take its room */
  int n_folded;
  int folded_box; /* that stands for all of them, or -1 */
};

static int ghost_of(struct level *level, struct inside *inside, int service)
{
  if (inside->is_folded[service]) {
    if (inside->folded_box < 0) {
      inside->folded_box = add_box(level, "rest", inside->n_folded);
    }
    return inside->folded_box;
  }
  if (inside->service_box[service] < 0) {
    inside->service_box[service] = add_box(level, "ghost", service);
  }
  return inside->service_box[service];
}

/* The box that stands for ROUTINE on the level of SERVICE, or -1. */
static int box_of_routine(struct level *level, struct inside *inside, int routine)
{
  int owner = inside->model->routine_service[routine];
  if (owner == level->service) {
    int file = inside->file_of[routine];
    return file >= 0 ? inside->file_box[file] : -1;
  }
  return owner < 0 ? -1 : ghost_of(level, inside, owner);
}

static unsigned add_files_of(struct level *level, struct inside *inside, unsigned limit)
{
  const struct model *model = inside->model;
  g_autofree int *weight = g_new0(int, model->files->n + 1);
  for (size_t i = 0; i < model->routines->n; i++) {
    if (model->routine_service[i] == level->service && inside->file_of[i] >= 0) {
      weight[inside->file_of[i]] += 1 + (int)model_routine_at(model, (int)i)->n_statements;
    }
  }
  g_autoptr(GArray) files = g_array_new(FALSE, FALSE, sizeof(struct weighted));
  for (int i = 0; i < (int)model->files->n; i++) {
    struct weighted file = {i, weight[i]};
    if (weight[i] > 0) {
      g_array_append_val(files, file);
    }
  }
  unsigned n_dropped = keep_heaviest(files, limit);
  for (guint i = 0; i < files->len; i++) {
    int file = g_array_index(files, struct weighted, i).item;
    inside->file_box[file] = add_box(level, "file", file);
  }
  return n_dropped;
}

static unsigned add_functions_of(struct level *level, struct inside *inside, unsigned limit)
{
  const struct model *model = inside->model;
  unsigned n = 0;
  for (int i = 0; i < (int)model->functions->n; i++) {
    const struct plan_function *function = record_at(model->functions, plan_function, i);
    int routine = model_routine(model, function->routine);
    if (model_service(model, function->service) != level->service || routine < 0 || n++ >= limit) {
      continue;
    }
    int box = add_box(level, "function", i);
    int target = box_of_routine(level, inside, routine);
    if (target >= 0) {
      add_arrow(level, box, target, 1, LEVEL_INSIDE);
    }
  }
  return n > limit ? n - limit : 0;
}

static void add_flows_of(struct level *level, struct inside *inside)
{
  const struct model *model = inside->model;
  for (guint i = 0; i < model->calls->len; i++) {
    const struct model_call *call = &g_array_index(model->calls, struct model_call, i);
    int a = model->routine_service[call->caller];
    int b = model->routine_service[call->callee];
    if (a != level->service && b != level->service) {
      continue;
    }
    int from = box_of_routine(level, inside, call->caller);
    int to = box_of_routine(level, inside, call->callee);
    if (from >= 0 && to >= 0) {
      add_arrow(level, from, to, call->n_sites, a == b ? LEVEL_INSIDE : LEVEL_CUT);
    }
  }
  for (guint i = 0; i < model->accesses->len; i++) {
    const struct model_access *access = &g_array_index(model->accesses, struct model_access, i);
    int a = model->routine_service[access->routine];
    int owner = model->state_service[access->state];
    if (a < 0 || owner < 0 || (a != level->service && owner != level->service)) {
      continue;
    }
    int to =
        owner == level->service ? inside->state_box[access->state] : ghost_of(level, inside, owner);
    int from = to < 0 ? -1 : box_of_routine(level, inside, access->routine);
    if (from >= 0 && to >= 0) {
      add_arrow(level, from, to, access->n_sites,
                a == owner            ? LEVEL_INSIDE
                : access->mode == 'w' ? LEVEL_FOREIGN
                                      : LEVEL_CUT);
    }
  }
}

/* The states of the service that others use most. */
static void add_states_of(struct level *level, struct inside *inside, unsigned limit)
{
  const struct model *model = inside->model;
  g_autofree int *weight = g_new0(int, model->states->n + 1);
  for (guint i = 0; i < model->accesses->len; i++) {
    const struct model_access *access = &g_array_index(model->accesses, struct model_access, i);
    int a = model->routine_service[access->routine];
    if (model->state_service[access->state] == level->service && a >= 0 && a != level->service) {
      weight[access->state] += access->n_sites * (access->mode == 'w' ? 3 : 1);
    }
  }
  g_autoptr(GArray) states = g_array_new(FALSE, FALSE, sizeof(struct weighted));
  for (int i = 0; i < (int)model->states->n; i++) {
    struct weighted state = {i, weight[i]};
    if (weight[i] > 0) {
      g_array_append_val(states, state);
    }
  }
  keep_heaviest(states, limit);
  for (guint i = 0; i < states->len; i++) {
    int state = g_array_index(states, struct weighted, i).item;
    inside->state_box[state] = add_box(level, "state", state);
  }
}

/* How much goes on between the service and each other one. */
static int *weigh_services(const struct level *level, const struct inside *inside)
{
  const struct model *model = inside->model;
  int *weight = g_new0(int, model->services->n + 1);
  for (guint i = 0; i < model->calls->len; i++) {
    const struct model_call *call = &g_array_index(model->calls, struct model_call, i);
    int a = model->routine_service[call->caller];
    int b = model->routine_service[call->callee];
    if (a >= 0 && b >= 0 && (a == level->service) != (b == level->service)) {
      weight[a == level->service ? b : a] += call->n_sites;
    }
  }
  for (guint i = 0; i < model->accesses->len; i++) {
    const struct model_access *access = &g_array_index(model->accesses, struct model_access, i);
    int a = model->routine_service[access->routine];
    int owner = model->state_service[access->state];
    bool is_drawn = owner != level->service || inside->state_box[access->state] >= 0;
    if (a >= 0 && owner >= 0 && is_drawn && (a == level->service) != (owner == level->service)) {
      weight[a == level->service ? owner : a] += access->n_sites;
    }
  }
  return weight;
}

/* Other services than those with the most calls and accesses are one box. */
static void fold_services(const struct level *level, struct inside *inside)
{
  int n_services = (int)inside->model->services->n;
  g_autofree int *weight = weigh_services(level, inside);
  g_autoptr(GArray) kept = g_array_new(FALSE, FALSE, sizeof(struct weighted));
  for (int i = 0; i < n_services; i++) {
    struct weighted service = {i, weight[i]};
    if (weight[i] > 0) {
      g_array_append_val(kept, service);
    }
    inside->is_folded[i] = weight[i] > 0;
  }
  inside->folded_box = -1;
  inside->n_folded =
      (int)keep_heaviest(kept, kept->len > LEVELS_GHOSTS ? LEVELS_GHOSTS - 1 : LEVELS_GHOSTS);
  for (guint i = 0; i < kept->len; i++) {
    inside->is_folded[g_array_index(kept, struct weighted, i).item] = false;
  }
}

static char *note_of(unsigned n_files, unsigned n_functions, int n_services)
{
  GString *note = g_string_new(NULL);
  if (n_files + n_functions > 0) {
    g_string_append_printf(note, "%u of the smallest files and %u functions are not drawn.",
                           n_files, n_functions);
  }
  if (n_services > 0) {
    g_string_append_printf(note, "%s%d services with the fewest calls are folded into one box.",
                           note->len > 0 ? " " : "", n_services);
  }
  return g_string_free(note, FALSE);
}

static struct level *level_of_service(struct inside *inside, int service)
{
  const struct model *model = inside->model;
  struct level *level = new_level(service);
  memset(inside->file_box, 0xff, sizeof(int) * (model->files->n + 1));
  memset(inside->service_box, 0xff, sizeof(int) * (model->services->n + 1));
  memset(inside->state_box, 0xff, sizeof(int) * (model->states->n + 1));
  unsigned n_ghosts = MIN((unsigned)model->services->n, LEVELS_GHOSTS);
  add_states_of(level, inside, LEVELS_STATES);
  fold_services(level, inside);
  unsigned room = LEVELS_LIMIT - n_ghosts - 1 - level->boxes->len;
  unsigned n_files = add_files_of(level, inside, room * 2 / 3);
  unsigned n_left = LEVELS_LIMIT - n_ghosts - 1;
  unsigned n_functions = add_functions_of(level, inside, n_left - MIN(level->boxes->len, n_left));
  if (n_files + n_functions > 0) {
    add_box(level, "rest", (int)(n_files + n_functions));
  }
  add_flows_of(level, inside);
  level->note = note_of(n_files, n_functions, inside->folded_box >= 0 ? inside->n_folded : 0);
  return level;
}

/* The line as SVG path data in whole points, or NULL when it has none. */
static char *path_of(const GArray *points)
{
  if (points->len < 4) {
    return NULL;
  }
  GString *path = g_string_new(NULL);
  for (guint i = 0; i < points->len; i++) {
    const struct picture_point *point = &g_array_index(points, struct picture_point, i);
    g_string_append_printf(path, "%s%d,%d",
                           i == 0   ? "M"
                           : i == 1 ? "C"
                                    : " ",
                           (int)round(point->x), (int)round(point->y));
  }
  return g_string_free(path, FALSE);
}

/* What shows first: writes of foreign state, what a function enters, then the heaviest. */
static int rank_of(const struct level *level, const struct level_arrow *arrow)
{
  const char *kind = g_array_index(level->boxes, struct level_box, arrow->from).kind;
  return arrow->kind == LEVEL_FOREIGN ? 0 : strcmp(kind, "function") == 0 ? 1 : 2;
}

static int compare_arrows(gconstpointer a, gconstpointer b, gpointer level)
{
  const struct level_arrow *x = a;
  const struct level_arrow *y = b;
  int rank_x = rank_of(level, x);
  int rank_y = rank_of(level, y);
  return rank_x != rank_y     ? rank_x - rank_y
         : x->n != y->n       ? (x->n > y->n ? -1 : 1)
         : x->from != y->from ? x->from - y->from
                              : x->to - y->to;
}

/* Keeps writes of foreign state and the heaviest others, and says how many are left out. */
static void limit_arrows(struct level *level)
{
  g_array_sort_with_data(level->arrows, compare_arrows, level);
  if (level->arrows->len <= LEVELS_ARROWS) {
    return;
  }
  g_autofree char *before = g_steal_pointer(&level->note);
  level->note = g_strdup_printf("%s%s%u light arrows are left out.", before, before[0] ? " " : "",
                                level->arrows->len - LEVELS_ARROWS);
  g_array_set_size(level->arrows, LEVELS_ARROWS);
}

/* Boxes that no routed arrow touches stand in rows below the others, which are LAID_OUT. */
static void place_loose(struct level *level, const bool *is_laid_out)
{
  double left = 0;
  double right = 0;
  double bottom = 0;
  bool is_any = false;
  for (guint i = 0; i < level->boxes->len; i++) {
    const struct level_box *box = &g_array_index(level->boxes, struct level_box, i);
    if (is_laid_out[i]) {
      left = is_any ? MIN(left, box->x) : box->x;
      right = is_any ? MAX(right, box->x) : box->x;
      bottom = is_any ? MAX(bottom, box->y) : box->y;
      is_any = true;
    }
  }
  const double step_x = LEVELS_BOX_WIDTH + 22;
  const double step_y = LEVELS_BOX_HEIGHT + 20;
  unsigned n_columns = MAX(6, (unsigned)((right - left) / step_x) + 1);
  double top = is_any ? bottom + step_y + 30 : 0;
  unsigned n_placed = 0;
  for (guint i = 0; i < level->boxes->len; i++) {
    struct level_box *box = &g_array_index(level->boxes, struct level_box, i);
    if (!is_laid_out[i]) {
      box->x = left + step_x * (n_placed % n_columns);
      box->y = top + step_y * (n_placed / n_columns);
      n_placed++;
    }
  }
}

/* Lays out the boxes that the first arrows touch, and takes over their ways. */
static void place_level(struct level *level, const struct picture_limits *limits)
{
  g_autoptr(graph_handle) graph = graph_new("");
  graph->is_wide = level->service >= 0;
  guint n = level->boxes->len;
  guint n_routed = MIN(level->arrows->len, LEVELS_ROUTED);
  g_autofree bool *is_laid_out = g_new0(bool, n + 1);
  g_autofree int *node = g_new0(int, n + 1);
  g_autofree double *widths = g_new(double, n + 1);
  g_autofree double *heights = g_new(double, n + 1);
  for (guint i = 0; i < n_routed; i++) {
    const struct level_arrow *arrow = &g_array_index(level->arrows, struct level_arrow, i);
    is_laid_out[arrow->from] = is_laid_out[arrow->to] = true;
  }
  int n_nodes = 0;
  for (guint i = 0; i < n; i++) {
    if (is_laid_out[i]) {
      graph_add_node(graph, (struct graph_node){.id = g_strdup_printf("b%u", i),
                                                .label = g_strdup(""),
                                                .frame = -1,
                                                .kind = GRAPH_FILE});
      widths[n_nodes] = LEVELS_BOX_WIDTH;
      heights[n_nodes] = LEVELS_BOX_HEIGHT;
      node[i] = n_nodes++;
    }
  }
  for (guint i = 0; i < n_routed; i++) {
    const struct level_arrow *arrow = &g_array_index(level->arrows, struct level_arrow, i);
    graph_add_edge(
        graph,
        (struct graph_edge){.from = node[arrow->from], .to = node[arrow->to], .kind = GRAPH_CALL});
  }
  struct picture_layout layout = {NULL, NULL};
  level->is_placed =
      n_nodes == 0 || (picture_place(graph, widths, heights, true, limits, &layout, NULL) &&
                       layout.boxes->len == (guint)n_nodes);
  for (guint i = 0; level->is_placed && i < n; i++) {
    if (is_laid_out[i]) {
      const struct picture_box *place =
          &g_array_index(layout.boxes, struct picture_box, (guint)node[i]);
      struct level_box *box = &g_array_index(level->boxes, struct level_box, i);
      box->x = place->x;
      box->y = place->y;
    }
  }
  for (guint i = 0; level->is_placed && i < n_routed; i++) {
    g_array_index(level->arrows, struct level_arrow, i).path =
        path_of(g_ptr_array_index(layout.lines, i));
  }
  if (level->is_placed) {
    place_loose(level, is_laid_out);
  }
  picture_layout_clear(&layout);
}

GPtrArray *levels_make(const struct model *model, unsigned seconds,
                       const struct levels_watch *watch)
{
  GPtrArray *levels = g_ptr_array_new_with_free_func(free_level);
  struct inside inside = {.model = model,
                          .file_of = file_of_routines(model),
                          .file_box = g_new(int, model->files->n + 1),
                          .service_box = g_new(int, model->services->n + 1),
                          .state_box = g_new(int, model->states->n + 1),
                          .is_folded = g_new(bool, model->services->n + 1)};
  g_ptr_array_add(levels, level_of_services(model));
  for (int i = 0; i < (int)model->services->n; i++) {
    g_ptr_array_add(levels, level_of_service(&inside, i));
  }
  g_free(inside.file_of);
  g_free(inside.file_box);
  g_free(inside.service_box);
  g_free(inside.state_box);
  g_free(inside.is_folded);
  const struct picture_limits limits = {seconds, picture_default_limits.bytes};
  for (guint i = 0; i < levels->len && i < LEVELS_LIMIT; i++) {
    limit_arrows(g_ptr_array_index(levels, i));
    place_level(g_ptr_array_index(levels, i), &limits);
    if (watch) {
      watch->tell(watch->data, i + 1, MIN(levels->len, LEVELS_LIMIT));
    }
  }
  return levels;
}
