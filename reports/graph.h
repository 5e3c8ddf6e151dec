/* A graph to be drawn: boxes in frames, arrows, a legend and a note. Plain data: it knows neither
 * stores nor Graphviz (picture.h draws it). Texts are raw; the drawer escapes them. */
#ifndef CLEAVE_REPORTS_GRAPH_H
#define CLEAVE_REPORTS_GRAPH_H

#include <glib.h>
#include <stdbool.h>

/* What a box or an arrow stands for; decides shape and colour. */
enum graph_kind {
  GRAPH_SERVICE,
  GRAPH_ROUTINE,
  GRAPH_ENTRY,    /* a routine that the outside world reaches */
  GRAPH_FUNCTION, /* a deployable function */
  GRAPH_SHARED,   /* shared code */
  GRAPH_STATE,
  GRAPH_EXTERNAL, /* state or code outside the tree */
  GRAPH_FILE,
  GRAPH_BILL,
  GRAPH_REST, /* boxes folded into one */
  GRAPH_CALL,
  GRAPH_CALL_CUT, /* a call that crosses services */
  GRAPH_READ,
  GRAPH_WRITE,
  GRAPH_WRITE_CUT, /* a state access that crosses services */
  GRAPH_PART,      /* belongs to */
};

struct graph_node {
  char *id; /* stable, made of letters, digits and '-' */
  char *label;
  char *tooltip; /* or NULL */
  char *link;    /* or NULL */
  int frame;     /* index, or -1 */
  enum graph_kind kind;
  double weight; /* what counts when boxes must be left out: more stays */
};

struct graph_edge {
  int from; /* node indexes */
  int to;
  char *label;   /* or NULL */
  char *tooltip; /* or NULL */
  enum graph_kind kind;
  double weight; /* volume: decides the width */
};

struct graph_frame {
  char *id;
  char *label;
};

struct graph_legend {
  enum graph_kind kind;
  char *text;
};

struct graph {
  char *title;
  bool is_wide;   /* drawn from left to right */
  char *note;     /* what was left out, or NULL */
  GArray *nodes;  /* struct graph_node */
  GArray *edges;  /* struct graph_edge */
  GArray *frames; /* struct graph_frame */
  GArray *legend; /* struct graph_legend */
};
typedef struct graph graph_handle;

struct graph *graph_new(const char *title);
void graph_free(struct graph *graph);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(graph_handle, graph_free)

struct graph_node *graph_node_at(const struct graph *graph, int index);
struct graph_edge *graph_edge_at(const struct graph *graph, int index);

/* Takes ownership of the strings; returns the index. */
int graph_add_node(struct graph *graph, struct graph_node node);
int graph_add_edge(struct graph *graph, struct graph_edge edge);
int graph_add_frame(struct graph *graph, char *id, char *label);
void graph_add_legend(struct graph *graph, enum graph_kind kind, const char *text);

/* A copy with at most LIMIT boxes (at least one for each frame): the heaviest stay, the others of a
 * frame become one box that tells their number, called WHAT ("routines"). Arrows are merged, and
 * the heaviest 3 * LIMIT stay. The note says what was left out. O(n log n). */
struct graph *graph_fold(const struct graph *graph, unsigned limit, const char *what);

#endif
