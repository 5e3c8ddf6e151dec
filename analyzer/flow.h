/* Where pointers lead inside one program: the constraints of its units, joined by names and solved.
 *
 * Builds and asks the solver; classifies and writes nothing. */
#ifndef CLEAVE_ANALYZER_FLOW_H
#define CLEAVE_ANALYZER_FLOW_H

#include "analyzer/flow_helpers.h"
#include "analyzer/freed.h"
#include "analyzer/linkage.h"
#include "analyzer/liveness.h"
#include "analyzer/models.h"
#include "analyzer/points_to.h"

enum flow_kind { FLOW_ROUTINE, FLOW_STATIC, FLOW_LOCAL, FLOW_HEAP, FLOW_SLOT, FLOW_BETWEEN };

/* What a solver's object stands for. */
struct flow_object {
  enum flow_kind kind;
  uint32_t index; /* link routine, link object, or the unit's row */
  uint32_t unit;  /* of LOCAL and HEAP, and of the row that STATIC took its type from */
  uint32_t type;  /* link type, or LINK_NONE */
  uint32_t call;  /* of HEAP: the allocating call's row */
};

/* A call that hands a callback to an outside routine. */
struct flow_callback {
  uint32_t unit;
  uint32_t call;
  const struct model *model;
  uint32_t node; /* holds the callback, or points to what holds it */
  uint32_t body; /* of the caller, LINK_NONE for the common one */
};

enum flow_summary_state { FLOW_SUMMARY_UNKNOWN, FLOW_SUMMARY_PART, FLOW_SUMMARY_WHOLE };

/* Where the result of a routine comes from. */
struct flow_summary {
  enum flow_summary_state state; /* WHOLE: from nowhere else than told here */
  bool is_fresh;                 /* memory that it allocates */
  uint32_t params;               /* bit i: its parameter i, from 0 */
};

/* A body of its own for a call of a helper: what only the helper has, once more. */
struct flow_body {
  uint32_t routine;
  uint32_t caller;       /* the body that calls it, or LINK_NONE for one that stands for all */
  uint32_t next;         /* of the same routine */
  uint32_t n_inside;     /* bodies below it so far, counted at the one that has no caller */
  uint32_t *nodes;       /* solver node or LINK_NONE, from the helper's first on */
  uint32_t *objects;     /* solver object or LINK_NONE, likewise */
  uint32_t result, rest; /* solver nodes or LINK_NONE */
};

/* A body whose rows are still to be added. */
struct flow_waiting {
  uint32_t routine;
  uint32_t body; /* LINK_NONE: the common one */
};

/* What can run is solved and looked at first; what cannot, in no program, must not spoil it. */
enum flow_phase { FLOW_LIVE, FLOW_DEAD };

struct flow {
  struct linkage *linkage;
  const struct models *models;
  const struct link_program *program;
  const struct liveness *liveness;
  enum flow_phase phase;
  struct points_to *solver;
  struct freed *freed;
  struct id_map outside; /* calls through pointers that reach outside routines */
  struct id_map gates;   /* routine and parameter -> node in front of a freed one */
  GArray *objects;       /* struct flow_object by solver object */
  uint32_t **nodes;      /* [unit][node] -> solver node or LINK_NONE; NULL: none of it */
  uint32_t **sources; /* [unit][node] -> the edge that alone fills a value, a call from n_edges on,
                         or UNIT_NONE; NULL: not asked for yet */
  uint8_t **looks; /* [unit][routine's row] -> what flow_looks_at() answers in this phase, or 0 */
  uint32_t depth;  /* see flow_share() */
  uint32_t **unit_objects;           /* [unit][object] -> solver object or LINK_NONE; likewise */
  uint32_t *routine_objects;         /* link routine -> solver object */
  uint32_t *results, *rests;         /* link routine -> solver node */
  uint32_t *static_objects;          /* link object -> solver object */
  uint32_t n_routines, n_statics;    /* room in the four arrays above */
  uint32_t raw_memory, opaque_local; /* solver objects, or LINK_NONE */
  GPtrArray *shapes;                 /* lenient signatures */
  GHashTable *shape_numbers;         /* shape -> number from 1 */
  GHashTable *slots;                 /* name -> solver object */
  GArray *callbacks;                 /* struct flow_callback */
  GHashTable *models_by_name;        /* outside routine's name -> GPtrArray of struct model */
  struct flow_summary *summaries;    /* by link routine */
  struct flow_helpers *helpers;
  GArray *guarded;             /* see flow_guards.c */
  struct id_map first_guarded; /* link routine -> its latest */
  GArray *bodies;              /* struct flow_body */
  struct id_map first_bodies;  /* link routine -> its latest body */
  uint32_t body;        /* the one that rows mean now, LINK_NONE: those that stand for all calls */
  GArray *waiting;      /* struct flow_waiting: bodies whose rows are not added yet */
  struct id_map common; /* helper -> 1 where a body stands for all further calls */
  struct id_map joined; /* unit and node of a helper -> node that holds what all bodies hold */
  uint32_t n_joined;    /* bodies whose nodes are among them */
  struct id_map chosen; /* body and direct call -> the body that is called */
  struct id_map chosen_by_common; /* likewise, of calls in common bodies: unit and call */
  uint32_t n_body_rows;           /* of bodies that are not the common one */
};

/* Builds and solves what is alive. Everything that is handed in must outlive the flow. */
struct flow *flow_new(struct linkage *linkage, const struct link_program *program,
                      const struct liveness *liveness, const struct models *models);

/* Goes on to the phase FLOW_DEAD: adds what is alive in no program, and solves again. False, and
 * nothing is done, where there is nothing of that. */
bool flow_add_dead(struct flow *flow);

/* Whether a routine's row is the one to look at in this phase: its body stands for the routine
 * (see linkage_stands_for()) and is as alive as the phase says. File scope belongs to the first. */
bool flow_looks_at(const struct flow *flow, uint32_t unit, uint32_t row);

/* Whether an edge is part of the solution by now. */
bool flow_has_edge(struct flow *flow, uint32_t unit, const struct unit_edge *edge);

void flow_free(struct flow *flow);

/* Puts all bodies of a routine's row into an array of uint32_t, LINK_NONE for the common one first,
 * in the place of what was there. */
void flow_list_bodies(const struct flow *flow, uint32_t unit, uint32_t row, GArray *bodies);

/* The body that a direct call in a body leads to, LINK_NONE for the common one. */
uint32_t flow_body_called(const struct flow *flow, uint32_t body, uint32_t unit, uint32_t call);

/* What a node holds in one body. */
uint32_t flow_node_in(struct flow *flow, uint32_t body, uint32_t unit, uint32_t node);

/* The solver's node of a unit's node, with what it holds in all bodies of its routine; LINK_NONE
 * for UNIT_NONE. */
uint32_t flow_node(struct flow *flow, uint32_t unit, uint32_t node);

/* Appends the solver's nodes of a routine's node, one for each body. */
void flow_add_nodes(struct flow *flow, uint32_t unit, uint32_t routine_row, uint32_t node,
                    GArray *nodes);

/* The solver's node that holds what an ifunc may be, for a routine's row that names one; LINK_NONE
 * for any other. */
uint32_t flow_resolver(struct flow *flow, uint32_t unit, uint32_t row);

/* Binds a call's arguments and result to routines that the solution does not find by itself; holds
 * after flow_solve(). */
void flow_bind(struct flow *flow, uint32_t unit, uint32_t call, const struct id_set *routines);
void flow_solve(struct flow *flow);

/* The solver's location that is a routine's address; LINK_NONE when it is never taken. */
uint32_t flow_routine_location(const struct flow *flow, uint32_t routine);

/* Link routines that a solver's node may hold, ascending. */
struct id_set flow_routines(const struct flow *flow, uint32_t node);

/* Routines that a callback's node leads to, through the model's field if it has one. */
struct id_set flow_callback_routines(const struct flow *flow, const struct flow_callback *callback);

static inline const struct flow_object *flow_object(const struct flow *flow, uint32_t object)
{
  return &g_array_index(flow->objects, struct flow_object, object);
}

#endif
