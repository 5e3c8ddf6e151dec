#include "reports/picture.h"

#include <graphviz/gvc.h>
#include <math.h>
#include <string.h>

#include "reports/child.h"
#include "reports/text.h"

G_DEFINE_QUARK(picture - error, picture_error)

const struct picture_limits picture_default_limits = {10, (size_t)1 << 30};

struct style {
  const char *shape;
  const char *style;
  const char *fill;
  const char *line; /* colour of outline or arrow */
};

/* Okabe and Ito's colours, which colour-blind people tell apart; fills are their light tints. */
static const struct style styles[] = {
    [GRAPH_SERVICE] = {"box", "rounded,filled", "#dceaf6", "#0072b2"},
    [GRAPH_ROUTINE] = {"box", "filled", "#ffffff", "#555555"},
    [GRAPH_ENTRY] = {"box", "filled,bold", "#fdf0d0", "#b47800"},
    [GRAPH_FUNCTION] = {"component", "filled", "#fdf0d0", "#b47800"},
    [GRAPH_SHARED] = {"box", "filled,dashed", "#f2f2f2", "#888888"},
    [GRAPH_STATE] = {"cylinder", "filled", "#d9efe7", "#00785a"},
    [GRAPH_EXTERNAL] = {"cylinder", "filled,dashed", "#f2f2f2", "#888888"},
    [GRAPH_FILE] = {"note", "filled", "#ffffff", "#555555"},
    [GRAPH_BILL] = {"box", "rounded,filled", "#f3e3ed", "#a0527f"},
    [GRAPH_REST] = {"box", "filled,dotted", "#fafafa", "#888888"},
    [GRAPH_CALL] = {NULL, "solid", NULL, "#777777"},
    [GRAPH_CALL_CUT] = {NULL, "solid", NULL, "#0072b2"},
    [GRAPH_READ] = {NULL, "dashed", NULL, "#00785a"},
    [GRAPH_WRITE] = {NULL, "solid", NULL, "#00785a"},
    [GRAPH_WRITE_CUT] = {NULL, "bold", NULL, "#c44e00"},
    [GRAPH_PART] = {NULL, "dotted", NULL, "#999999"},
};

bool picture_format_of(const char *path, enum picture_format *format)
{
  static const struct {
    const char *ending;
    enum picture_format format;
  } endings[] = {
      {".dot", PICTURE_DOT}, {".svg", PICTURE_SVG}, {".png", PICTURE_PNG}, {".pdf", PICTURE_PDF}};
  for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
    if (g_str_has_suffix(path, endings[i].ending)) {
      *format = endings[i].format;
      return true;
    }
  }
  return false;
}

/* TEXT as Graphviz takes it for exactly this text: no escapes, no entities, centred lines. */
static char *escape(const char *text)
{
  g_autofree char *safe = text_escape(text, true);
  GString *out = g_string_sized_new(strlen(safe) + 8);
  for (const char *p = safe; *p; p++) {
    switch (*p) {
    case '\\':
      g_string_append(out, "\\\\");
      break;
    case '&':
      g_string_append(out, "&amp;");
      break;
    case '\n':
      g_string_append(out, "\\n");
      break;
    default:
      g_string_append_c(out, *p);
    }
  }
  return g_string_free(out, FALSE);
}

static void set(void *object, const char *name, const char *value)
{
  agsafeset(object, (char *)name, (char *)value, (char *)"");
}

static void set_text(void *object, const char *name, const char *value)
{
  g_autofree char *safe = escape(value);
  set(object, name, safe);
}

static void set_number(void *object, const char *name, double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];
  set(object, name, g_ascii_formatd(buffer, sizeof buffer, "%.3f", value));
}

static void set_style(void *object, const struct style *style)
{
  if (style->shape) {
    set(object, "shape", style->shape);
    set(object, "fillcolor", style->fill);
  }
  set(object, "style", style->style);
  set(object, "color", style->line);
}

static Agnode_t *add_node(Agraph_t *drawing, Agraph_t *frame, const struct graph_node *node)
{
  Agnode_t *box = agnode(frame, node->id, 1);
  agsubnode(drawing, box, 1);
  set_style(box, &styles[node->kind]);
  set(box, "id", node->id);
  set_text(box, "label", node->label);
  set_text(box, "tooltip", node->tooltip ? node->tooltip : node->label);
  if (node->link) {
    set_text(box, "URL", node->link);
    set(box, "target", "_top");
  }
  return box;
}

static Agedge_t *add_edge(Agraph_t *drawing, Agnode_t **boxes, const struct graph_edge *edge)
{
  g_autofree char *id = g_strdup_printf("edge-%s-%s-%d", agnameof(boxes[edge->from]),
                                        agnameof(boxes[edge->to]), (int)edge->kind);
  Agedge_t *arrow = agedge(drawing, boxes[edge->from], boxes[edge->to], id, 1);
  set_style(arrow, &styles[edge->kind]);
  set(arrow, "id", id);
  set(arrow, "fontcolor", styles[edge->kind].line);
  set_number(arrow, "penwidth", fmin(7.0, 0.8 + 0.55 * log2(1 + fmax(0, edge->weight))));
  if (edge->label) {
    set_text(arrow, "label", edge->label);
  }
  if (edge->tooltip) {
    set_text(arrow, "tooltip", edge->tooltip);
    set_text(arrow, "edgetooltip", edge->tooltip);
    set_text(arrow, "labeltooltip", edge->tooltip);
  }
  return arrow;
}

static void add_legend(Agraph_t *drawing, const struct graph *graph)
{
  if (graph->legend->len == 0) {
    return;
  }
  Agraph_t *frame = agsubg(drawing, (char *)"cluster_legend", 1);
  set(frame, "label", "legend");
  set(frame, "id", "legend");
  set(frame, "style", "rounded");
  set(frame, "color", "#bbbbbb");
  for (guint i = 0; i < graph->legend->len; i++) {
    const struct graph_legend *legend = &g_array_index(graph->legend, struct graph_legend, i);
    const struct style *style = &styles[legend->kind];
    g_autofree char *id = g_strdup_printf("legend-%u", i);
    Agnode_t *box = agnode(frame, id, 1);
    set(box, "id", id);
    set(box, "tooltip", legend->text);
    if (style->shape) {
      set_style(box, style);
      set_text(box, "label", legend->text);
    } else {
      g_autofree char *text = g_strconcat("─▶ ", legend->text, NULL);
      set(box, "shape", "plain");
      set(box, "fontcolor", style->line);
      set_text(box, "label", text);
    }
    set(box, "fontsize", "10");
    set(box, "height", "0.25");
  }
}

static void set_defaults(Agraph_t *drawing, const struct graph *graph)
{
  static const char *const font = "Helvetica,Arial,sans-serif";
  static const struct {
    int kind;
    const char *name;
    const char *value;
  } defaults[] = {
      {AGRAPH, "bgcolor", "white"}, {AGRAPH, "labelloc", "t"},      {AGRAPH, "fontsize", "14"},
      {AGRAPH, "nodesep", "0.3"},   {AGRAPH, "ranksep", "0.6"},     {AGRAPH, "charset", "UTF-8"},
      {AGNODE, "fontsize", "11"},   {AGNODE, "margin", "0.14,.07"}, {AGEDGE, "fontsize", "9"},
      {AGEDGE, "arrowsize", "0.7"},
  };
  for (int kind = AGRAPH; kind <= AGEDGE; kind++) {
    agattr(drawing, kind, (char *)"fontname", (char *)font);
  }
  for (size_t i = 0; i < G_N_ELEMENTS(defaults); i++) {
    agattr(drawing, defaults[i].kind, (char *)defaults[i].name, (char *)defaults[i].value);
  }
  agattr(drawing, AGRAPH, (char *)"rankdir", (char *)(graph->is_wide ? "LR" : "TB"));
  if (graph->is_wide) { /* boxes stand one above the other: what is saved in height counts */
    agattr(drawing, AGRAPH, (char *)"nodesep", (char *)"0.14");
    agattr(drawing, AGNODE, (char *)"height", (char *)"0.3");
  }
}

static Agraph_t **add_frames(Agraph_t *drawing, const struct graph *graph)
{
  Agraph_t **frames = g_new0(Agraph_t *, graph->frames->len + 1);
  for (guint i = 0; i < graph->frames->len; i++) {
    const struct graph_frame *frame = &g_array_index(graph->frames, struct graph_frame, i);
    g_autofree char *name = g_strconcat("cluster_", frame->id, NULL);
    frames[i] = agsubg(drawing, name, 1);
    set(frames[i], "id", frame->id);
    set_text(frames[i], "label", frame->label);
    set_text(frames[i], "tooltip", frame->label);
    set(frames[i], "style", "rounded");
    set(frames[i], "labeljust", "l"); /* arrows pass in the middle */
    set(frames[i], "color", "#9aa5b1");
    set(frames[i], "fontcolor", "#333333");
  }
  return frames;
}

/* Leaves one above the other make a picture that is a strip: from this many on they stand in
 * further columns. */
enum { LEAVES_IN_A_COLUMN = 14, MOST_COLUMNS = 4 };

/* Whether all arrows at BOX come from one other box. */
static bool is_leaf(Agnode_t *box)
{
  Agraph_t *drawing = agroot(box);
  Agedge_t *first = agfstin(drawing, box);
  if (!first || agfstout(drawing, box)) {
    return false;
  }
  for (Agedge_t *arrow = first; arrow; arrow = agnxtin(drawing, arrow)) {
    if (agtail(arrow) != agtail(first)) {
      return false;
    }
  }
  return true;
}

/* Lengthens the arrows of leaves by 0, 1, ... columns in turn when there are many, as Graphviz's
 * unflatten(1) does. */
static void stagger_leaves(const struct graph *graph, Agnode_t **boxes)
{
  unsigned n_leaves = 0;
  for (guint i = 0; i < graph->nodes->len; i++) {
    n_leaves += is_leaf(boxes[i]);
  }
  unsigned n_columns = MIN(MOST_COLUMNS, (n_leaves + LEAVES_IN_A_COLUMN - 1) / LEAVES_IN_A_COLUMN);
  unsigned turn = 0;
  for (guint i = 0; n_columns > 1 && i < graph->nodes->len; i++) {
    if (!is_leaf(boxes[i])) {
      continue;
    }
    unsigned column = turn++ % n_columns;
    Agraph_t *drawing = agroot(boxes[i]);
    for (Agedge_t *arrow = agfstin(drawing, boxes[i]); arrow; arrow = agnxtin(drawing, arrow)) {
      set_number(arrow, "minlen", 1 + column);
    }
  }
}

/* GRAPH as a cgraph; *BOXES and *ARROWS get its nodes and edges in order when not NULL. */
static Agraph_t *build(const struct graph *graph, bool has_legend, Agnode_t ***boxes,
                       Agedge_t ***arrows)
{
  Agraph_t *drawing = agopen((char *)"cleave", Agdirected, NULL);
  set_defaults(drawing, graph);
  if (has_legend) {
    g_autofree char *title =
        graph->note ? g_strconcat(graph->title, "\n(", graph->note, ")", NULL) : NULL;
    set_text(drawing, "label", title ? title : graph->title);
    set_text(drawing, "tooltip", graph->title);
  }
  g_autofree Agraph_t **frames = add_frames(drawing, graph);
  g_autofree Agnode_t **nodes = g_new0(Agnode_t *, graph->nodes->len + 1);
  for (int i = 0; i < (int)graph->nodes->len; i++) {
    const struct graph_node *node = graph_node_at(graph, i);
    nodes[i] = add_node(drawing, node->frame >= 0 ? frames[node->frame] : drawing, node);
  }
  g_autofree Agedge_t **edges = g_new0(Agedge_t *, graph->edges->len + 1);
  for (int i = 0; i < (int)graph->edges->len; i++) {
    edges[i] = add_edge(drawing, nodes, graph_edge_at(graph, i));
  }
  if (graph->is_wide) {
    stagger_leaves(graph, nodes);
  }
  if (has_legend) {
    add_legend(drawing, graph);
  }
  if (boxes) {
    *boxes = g_steal_pointer(&nodes);
  }
  if (arrows) {
    *arrows = g_steal_pointer(&edges);
  }
  return drawing;
}

static int append_text(void *channel, const char *text)
{
  g_string_append(channel, text);
  return 0;
}

static int flush_nothing(void *channel)
{
  (void)channel;
  return 0;
}

static GBytes *write_dot(const struct graph *graph)
{
  Agraph_t *drawing = build(graph, true, NULL, NULL);
  Agiodisc_t memory = {AgIoDisc.afread, append_text, flush_nothing};
  Agiodisc_t *before = drawing->clos->disc.io;
  drawing->clos->disc.io = &memory;
  GString *text = g_string_new(NULL);
  agwrite(drawing, text);
  drawing->clos->disc.io = before;
  agclose(drawing);
  return g_string_free_to_bytes(text);
}

struct drawing_job {
  const struct graph *graph;
  const char *format;
  const double *widths; /* for placing only */
  const double *heights;
  bool has_lines;
};

/* In the child: appends the picture to OUT. */
static bool render(GByteArray *out, void *data)
{
  const struct drawing_job *job = data;
  Agraph_t *drawing = build(job->graph, true, NULL, NULL);
  GVC_t *context = gvContext();
  char *bytes = NULL;
  unsigned length = 0;
  if (gvLayout(context, drawing, "dot") != 0 ||
      gvRenderData(context, drawing, job->format, &bytes, &length) != 0) {
    return false;
  }
  g_byte_array_append(out, (const guint8 *)bytes, length);
  return true;
}

/* PICTURE, freed here, with the date of its making replaced by a fixed one of the same length. */
static GBytes *without_date(GBytes *picture)
{
  static const char mark[] = "/CreationDate (D:";
  static const char fixed[] = "20000101000000";
  gsize size = 0;
  char *bytes = g_bytes_unref_to_data(picture, &size);
  char *found = memmem(bytes, size, mark, sizeof mark - 1);
  if (found && found + sizeof mark + sizeof fixed < bytes + size) {
    memcpy(found + sizeof mark - 1, fixed, sizeof fixed - 1);
  }
  return g_bytes_new_take(bytes, size);
}

GBytes *picture_draw(const struct graph *graph, enum picture_format format,
                     const struct picture_limits *limits, GError **error)
{
  static const char *const formats[] = {
      [PICTURE_SVG] = "svg:svg:core",
      [PICTURE_PNG] = "png:cairo:cairo",
      [PICTURE_PDF] = "pdf:cairo:cairo",
  };
  if (format == PICTURE_DOT) {
    return write_dot(graph);
  }
  struct drawing_job job = {.graph = graph, .format = formats[format]};
  GBytes *picture = child_run(render, &job, limits, error);
  return picture && format == PICTURE_PDF ? without_date(picture) : picture;
}

static void append_point(GByteArray *out, pointf point, double top)
{
  struct picture_point copy = {point.x, top - point.y};
  g_byte_array_append(out, (const guint8 *)&copy, sizeof copy);
}

/* Appends the number of points of ARROW's first Bezier curve and the points. */
static void append_line(GByteArray *out, Agedge_t *arrow, double top)
{
  const splines *route = ED_spl(arrow);
  guint64 n = route && route->size > 0 ? (guint64)route->list[0].size : 0;
  g_byte_array_append(out, (const guint8 *)&n, sizeof n);
  for (guint64 i = 0; i < n; i++) {
    append_point(out, route->list[0].list[i], top);
  }
}

/* In the child: lays out with fixed sizes; appends one struct picture_box for each node, then the
 * lines. */
static bool place(GByteArray *out, void *data)
{
  const struct drawing_job *job = data;
  Agnode_t **boxes = NULL;
  Agedge_t **arrows = NULL;
  Agraph_t *drawing = build(job->graph, false, &boxes, &arrows);
  for (guint i = 0; i < job->graph->nodes->len; i++) {
    set(boxes[i], "fixedsize", "true");
    set(boxes[i], "label", "");
    set_number(boxes[i], "width", job->widths[i] / 72);
    set_number(boxes[i], "height", job->heights[i] / 72);
  }
  set(drawing, "splines", job->has_lines ? "true" : "false");
  GVC_t *context = gvContext();
  if (gvLayout(context, drawing, "dot") != 0) {
    return false;
  }
  double top = GD_bb(drawing).UR.y;
  for (guint i = 0; i < job->graph->nodes->len; i++) {
    struct picture_box box = {.x = ND_coord(boxes[i]).x,
                              .y = top - ND_coord(boxes[i]).y,
                              .width = job->widths[i],
                              .height = job->heights[i]};
    g_byte_array_append(out, (const guint8 *)&box, sizeof box);
  }
  for (guint i = 0; job->has_lines && i < job->graph->edges->len; i++) {
    append_line(out, arrows[i], top);
  }
  return true;
}

void picture_layout_clear(struct picture_layout *layout)
{
  g_clear_pointer(&layout->boxes, g_array_unref);
  g_clear_pointer(&layout->lines, g_ptr_array_unref);
}

/* Takes N things of SIZE bytes from *BYTES into a new array; what is missing stays out. */
static GArray *take(const guint8 **bytes, const guint8 *end, guint64 n, guint size)
{
  GArray *array = g_array_new(FALSE, FALSE, size);
  if (n <= (guint64)(end - *bytes) / size) {
    g_array_append_vals(array, *bytes, (guint)n);
    *bytes += n * size;
  }
  return array;
}

bool picture_place(const struct graph *graph, const double *widths, const double *heights,
                   bool has_lines, const struct picture_limits *limits,
                   struct picture_layout *layout, GError **error)
{
  struct drawing_job job = {
      .graph = graph, .widths = widths, .heights = heights, .has_lines = has_lines};
  g_autoptr(GBytes) answer = child_run(place, &job, limits, error);
  if (!answer) {
    return false;
  }
  gsize size = 0;
  const guint8 *bytes = g_bytes_get_data(answer, &size);
  const guint8 *end = bytes + size;
  layout->boxes = take(&bytes, end, graph->nodes->len, sizeof(struct picture_box));
  layout->lines = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
  for (guint i = 0; i < graph->edges->len; i++) {
    guint64 n = 0;
    if (end - bytes >= (ptrdiff_t)sizeof n) {
      memcpy(&n, bytes, sizeof n);
      bytes += sizeof n;
    }
    g_ptr_array_add(layout->lines, take(&bytes, end, n, sizeof(struct picture_point)));
  }
  return true;
}
