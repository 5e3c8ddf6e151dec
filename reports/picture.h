/* Graphs as DOT, SVG, PNG and PDF, through cgraph and gvc: the only place that knows Graphviz.
 *
 * The layout runs in a child process with limits of time and memory, because Graphviz has neither
 * and may crash on large graphs. Texts are escaped here: nothing in a label is read as markup. The
 * same graph gives the same bytes on one machine. */
#ifndef CLEAVE_REPORTS_PICTURE_H
#define CLEAVE_REPORTS_PICTURE_H

#include "reports/graph.h"

#define PICTURE_ERROR (picture_error_quark())
GQuark picture_error_quark(void);

enum picture_error {
  PICTURE_ERROR_TOO_LARGE, /* the limits were reached, or the layout crashed */
  PICTURE_ERROR_FAILED,    /* no child process, no plug-in */
};

enum picture_format { PICTURE_DOT, PICTURE_SVG, PICTURE_PNG, PICTURE_PDF };

struct picture_limits {
  unsigned seconds;
  size_t bytes; /* of address space */
};

/* What is enough for graphs of a few hundred boxes. */
extern const struct picture_limits picture_default_limits;

/* The format that the name of PATH asks for; false when it ends with none of .dot .svg .png .pdf.
 */
bool picture_format_of(const char *path, enum picture_format *format);

/* GRAPH in FORMAT. DOT needs no layout and no child. The caller frees with g_bytes_unref(). */
GBytes *picture_draw(const struct graph *graph, enum picture_format format,
                     const struct picture_limits *limits, GError **error);

/* Where a box came to lie: centre and size in points, y downwards. */
struct picture_box {
  double x;
  double y;
  double width;
  double height;
};

struct picture_point {
  double x;
  double y;
};

struct picture_layout {
  GArray *boxes;    /* struct picture_box, in the order of the graph's nodes */
  GPtrArray *lines; /* GArray * of struct picture_point for each edge: the start and then three
                       points for each Bezier piece; empty where the line is straight */
};

void picture_layout_clear(struct picture_layout *layout);

/* Places the boxes of GRAPH, without legend and title. WIDTHS and HEIGHTS (points) fix their sizes.
 * HAS_LINES leads arrows around boxes, which costs most of the time. LAYOUT is the caller's to
 * clear, filled on success. */
bool picture_place(const struct graph *graph, const double *widths, const double *heights,
                   bool has_lines, const struct picture_limits *limits,
                   struct picture_layout *layout, GError **error);

#endif
