/* Levels of the page's service map that Graphviz lays out: all services, and what is inside each
 * one (its functions, files and the state that others use, and the services that they touch). */
#ifndef CLEAVE_REPORTS_LEVELS_H
#define CLEAVE_REPORTS_LEVELS_H

#include "reports/model.h"

/* Boxes at most on one level. */
#define LEVELS_LIMIT 60
/* Arrows at most on one level: more cannot be followed by eye. */
#define LEVELS_ARROWS 150
/* States at most on the level of a service: those that others use most. */
#define LEVELS_STATES 8
/* Other services at most on the level of one. */
#define LEVELS_GHOSTS 15
/* The heaviest arrows, which the layout sees and the page shows at first: the others would only
 * make it wide. */
#define LEVELS_ROUTED 48
/* Size of a box in points; the page draws with the same. */
#define LEVELS_BOX_WIDTH 184.0
#define LEVELS_BOX_HEIGHT 46.0

struct level_box {
  const char
      *kind; /* "service", "function", "file", "state", "ghost" (another service) or "rest" */
  int ref;   /* its index; for "rest" the number of boxes folded */
  double x;
  double y; /* centre, y downwards */
};

/* The heavier kind wins when arrows are merged. */
enum level_arrow_kind {
  LEVEL_INSIDE,
  LEVEL_CUT,     /* crosses services */
  LEVEL_FOREIGN, /* with writes of foreign state */
};

struct level_arrow {
  int from; /* boxes */
  int to;
  int n; /* volume */
  enum level_arrow_kind kind;
  char *path; /* where it runs, as the d of an SVG path, or NULL: straight */
};

struct level {
  int service;    /* -1: all services */
  bool is_placed; /* false when it was too large for the layout: the page places the boxes */
  char *note;     /* what was left out, or "" */
  GArray *boxes;  /* struct level_box */
  GArray *arrows; /* struct level_arrow, what is to show first comes first */
};

/* Told after every level: DONE of TOTAL. */
struct levels_watch {
  void (*tell)(void *data, unsigned done, unsigned total);
  void *data;
};

/* All levels: struct level *, the first is that of all services. A layout that needs more than
 * SECONDS is left to the page. WATCH may be NULL. The caller frees the array. */
GPtrArray *levels_make(const struct model *model, unsigned seconds,
                       const struct levels_watch *watch);

#endif
