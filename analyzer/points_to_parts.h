/* The inside of the solver, for its own files: what it keeps, and the steps that they share.
 *
 * points_to.c adds objects, nodes and constraints and answers questions, points_to_step.c does what
 * a constraint asks for at one location, points_to_relay.c shares what many constraints ask for,
 * points_to_wave.c goes through the nodes in order. Nobody else includes this. */
#ifndef CLEAVE_ANALYZER_POINTS_TO_PARTS_H
#define CLEAVE_ANALYZER_POINTS_TO_PARTS_H

#include "analyzer/points_to.h"

#define OFFSET_LIMIT (1u << 20)
/* Different offsets inside one object; beyond that all further ones are the first. */
#define LOCATION_LIMIT 4096u

enum constraint_kind {
  CONSTRAINT_LOAD,
  CONSTRAINT_STORE,
  CONSTRAINT_FIELD,
  CONSTRAINT_BYTES,
  CONSTRAINT_ANYWHERE
};

/* A constraint that waits for the targets of its node. */
struct constraint {
  uint32_t next; /* of the same node */
  uint32_t other;
  int32_t offset;
  uint32_t type;
  enum constraint_kind kind;
  uint32_t deed; /* of a load or store: its number, see points_to_relay(), or POINTS_TO_NONE */
};

struct call {
  uint32_t next; /* of the same node */
  uint32_t first_argument;
  uint32_t n_arguments;
  uint32_t result;
  uint32_t shape;
};

/* See points_to_add_own_call(). */
struct own_call {
  uint32_t next; /* of the same node */
  uint32_t pointer;
  struct points_to_step steps[2];
  uint32_t n_steps;
  uint32_t first_argument; /* of solver->own_arguments */
  uint32_t n_arguments;
  uint32_t shape;
  uint32_t n_objects; /* so far */
};

/* A record copy goes through an object of its own: sources flow into it, it flows into targets. */
struct record_link {
  uint32_t next;
  uint32_t link;  /* number of the copy */
  uint32_t type;  /* record that is copied, or POINTS_TO_UNKNOWN */
  bool is_source; /* what the node points to flows into the copy */
};

/* What a node is asked for all the time: one line of the processor's cache. */
struct node {
  struct id_set all;   /* what was propagated */
  struct id_set fresh; /* what is still to be propagated */
  struct id_set edges; /* copy edges to other nodes */
  uint32_t target;     /* POINTS_TO_UNKNOWN: may hold anything */
  uint32_t rank;       /* place in the last order of nodes; new ones come first */
  uint32_t object;     /* of a location, or POINTS_TO_NONE */
  uint32_t offset : 29;
  uint32_t is_waiting : 1; /* among solver->waiting */
  uint32_t is_shared : 1;  /* see points_to_is_shared() */
  uint32_t is_awaited : 1; /* something waits for its targets */
};

/* What waits for the targets of a node: the first of each kind, or POINTS_TO_NONE. */
struct waiters {
  uint32_t constraints;
  uint32_t calls;
  uint32_t own_calls;
  uint32_t records;
  struct id_set pending; /* targets that all of these are still to be told of */
};

/* Everything at from_offset and beyond is also at to_offset of another object. */
struct mirror {
  uint32_t next;
  uint32_t from_offset;
  uint32_t to_object;
  uint32_t to_offset;
};

struct object {
  uint32_t size; /* 0 when unknown */
  uint32_t type;
  uint32_t routine; /* or POINTS_TO_NONE */
  uint32_t mirrors;
  uint32_t viewed; /* the object that this is a view of, or POINTS_TO_NONE */
  uint32_t bytes;  /* of a view: what it is a view of, see view_of() */
  bool is_opaque;
  bool is_number;  /* a plain number */
  bool is_memory;  /* allocated */
  bool is_whole;   /* allocated, and nothing lies behind its record */
  bool is_between; /* made for a record copy */
  uint32_t n_locations, n_allocated;
  uint32_t *locations;
};

struct routine {
  uint32_t first_param;
  uint32_t n_params;
  uint32_t result;
  uint32_t rest;
  uint32_t shape;
};

/* Nodes that stand between many loads or stores and the same places, see points_to_relay(). */
struct relays {
  struct id_map sets;  /* hash of a set -> its first word in `members` */
  GArray *members;     /* uint32_t: of each set its size, then its locations */
  struct id_map types; /* types of a constraint and of what it fills or is filled from -> number */
  struct id_map deeds; /* the same, offset and kind -> number */
  struct id_map nodes; /* set and deed -> node */
  struct id_map loads; /* node and deed -> node of points_to_loaded() */
  struct id_map addresses; /* location -> node of points_to_addressed() */
};

struct points_to {
  struct points_to_types types;
  struct id_pool pool; /* of the sets of all nodes */
  struct node *nodes;
  uint32_t *parents;   /* by node: union-find */
  uint32_t *waiter_of; /* by node that is awaited: of the waiters */
  uint32_t n_nodes, n_nodes_allocated;
  GArray *waiters; /* struct waiters */
  GArray *objects;
  GArray *constraints;
  GArray *calls;
  GArray *own_calls;
  GArray *own_arguments; /* struct points_to_argument */
  struct id_map owned;   /* own call and location that were bound */
  GArray *records;
  GArray *mirrors;
  GArray *routines;
  GArray *operands; /* arguments and parameters, adjacent by owner */
  struct id_map locations;
  struct id_map pairs;  /* record links and call bindings already made */
  struct id_map copies; /* record copy, type and offset -> object */
  uint32_t n_copies;
  struct id_map views; /* raw memory and type -> view */
  struct id_map fits;  /* location and type -> 0 or 1 */
  struct relays relays;
  GArray *pending;     /* uint32_t: nodes whose waiters have something pending */
  GArray *waiting;     /* uint64_t: nodes with fresh targets, a heap, see points_to_let_wait() */
  guint n_until_order; /* nodes to look at until all are ranked anew */
  bool is_solving;
  const volatile sig_atomic_t *is_interrupted; /* or NULL */
};

#define NODE(solver, i) (&(solver)->nodes[i])
/* Only of nodes that are awaited. */
#define WAITERS(solver, i)                                                                         \
  (&g_array_index((solver)->waiters, struct waiters, (solver)->waiter_of[i]))
#define OBJECT(solver, i) (&g_array_index((solver)->objects, struct object, i))

/* The node that stands for all that were found to hold the same. */
static inline uint32_t points_to_representative(const struct points_to *solver, uint32_t node)
{
  uint32_t *parents = solver->parents;
  while (parents[node] != node) {
    parents[node] = parents[parents[node]];
    node = parents[node];
  }
  return node;
}

/* The waiters of a representative, which is awaited from then on. */
struct waiters *points_to_waiters(struct points_to *solver, uint32_t node);

/* Puts a representative among the nodes that have something new. */
void points_to_let_wait(struct points_to *solver, uint32_t node);

/* Whether a location may be the target of a pointer to a type. */
enum points_to_fit points_to_fit_at(struct points_to *solver, uint32_t location, uint32_t target);

/* Adds to a node's fresh targets what is new there and fits; true when that is anything. */
bool points_to_pour(struct points_to *solver, struct node *target, const struct id_set *source);

/* node ⊇ { location }, where it fits. */
void points_to_insert(struct points_to *solver, uint32_t node, uint32_t location);

/* Does what a constraint asks for at a location. */
void points_to_apply_at(struct points_to *solver, const struct constraint *constraint,
                        uint32_t location);

/* Loads or stores at many locations, a set of points_to_number_set(): through a node that all
 * constraints share that do the same at the same locations. */
void points_to_relay(struct points_to *solver, uint32_t constraint, uint32_t set,
                     const struct id_set *targets);
/* The number of a set of locations: equal sets, equal numbers. Linear. */
uint32_t points_to_number_set(struct points_to *solver, const struct id_set *set);
void points_to_free_relays(struct points_to *solver);

/* Applies what waits for the targets of a node to those that are new. */
void points_to_apply(struct points_to *solver, uint32_t node, const struct id_set *targets);

#endif
