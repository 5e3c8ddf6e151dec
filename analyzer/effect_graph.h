/* The calls of one program as steps between nodes, by where they lead.
 *
 * A routine that calls a parameter ("each(item)") is two nodes: itself, and its core, which is what
 * it does apart from that. Who calls it and says what the parameter is has a step to the core and
 * one to the routine that it hands over: nobody is on a way to what others hand over.
 *
 * A routine with bodies of its own for single calls (struct flow_body) is a node for each body and
 * for the common one beside itself, in place of its core: calls lead to bodies, and the ways of all
 * of them are ways of the routine.
 *
 * A routine whose parameters decide what runs is a node of its own, a variant, for each choice of
 * constants that calls hand over (variants.h): without what they rule out.
 *
 * Builds; follows nothing. */
#ifndef CLEAVE_ANALYZER_EFFECT_GRAPH_H
#define CLEAVE_ANALYZER_EFFECT_GRAPH_H

#include "analyzer/call_index.h"
#include "analyzer/variants.h"

struct effect_step {
  uint32_t from, to; /* nodes: see effect_graph_core() and the like */
  uint32_t call;     /* found call that leaves `from` */
  uint32_t lent;     /* how the callback is reached, or LINK_NONE for a plain step */
  uint8_t rank;      /* of its tier, the surest first: see effect_graph_tier() */
};

/* A routine that another one calls because it was handed over as a parameter. */
struct effect_lent {
  uint32_t next; /* of the same routine */
  uint32_t routine, param, target;
  const char *between; /* names on the way from `routine` to the target, "" where there are none */
  uint32_t n_between;
};

struct effect_graph {
  struct findings *findings;
  uint32_t program;
  guint first_found, end_found; /* the program's calls */
  uint32_t n;                   /* link routines */
  uint32_t n_bodies;            /* of its flow */
  uint32_t *of_body;            /* body -> link routine, or LINK_NONE */
  bool *has_bodies;             /* by link routine */
  bool *is_split;               /* by link routine: has bodies or a core, and no variants */
  struct variants variants;
  struct call_index in; /* calls on the way, by callee, while building */
  uint32_t *first_lent; /* by routine */
  GArray *lents;        /* struct effect_lent */
  struct id_map known_lents;
  GArray *steps;   /* struct effect_step, by the node that they lead to */
  uint32_t *first; /* node -> the first step that leads to it or to a later one */
};

/* Builds the graph of one program; `findings` and `program` are set. Linear in its calls, times the
 * callbacks that they hand over. */
void effect_graph_build(struct effect_graph *graph);
void effect_graph_clear(gpointer graph);

const struct found_call *effect_graph_call(const struct effect_graph *graph, uint32_t index);
const struct unit *effect_graph_unit(const struct effect_graph *graph,
                                     const struct found_call *call);
const struct unit_call *effect_graph_row(const struct effect_graph *graph, uint32_t call);
const struct effect_lent *effect_graph_lent(const struct effect_graph *graph, uint32_t index);

/* The name of a rank. */
const char *effect_graph_tier(uint8_t rank);

/* Nodes: routines come first, by number. The body LINK_NONE is the common one. */
uint32_t effect_graph_n_nodes(const struct effect_graph *graph);
uint32_t effect_graph_core(const struct effect_graph *graph, uint32_t routine);
uint32_t effect_graph_body(const struct effect_graph *graph, uint32_t routine, uint32_t body);
uint32_t effect_graph_variant(const struct effect_graph *graph, uint32_t variant);
uint32_t effect_graph_routine(const struct effect_graph *graph, uint32_t node);

#endif
