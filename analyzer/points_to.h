/* Which pointers hold which addresses: an inclusion-based, field-sensitive solution
 * (Andersen 1994) over plain arrays of constraints.
 *
 * Nodes hold sets of locations; a location is an object and an offset in bytes inside it and is
 * itself a node, because something is stored there. Elements of an array are one. Offsets make
 * nested records, first members and unions share what they share in memory. The solver is the wave
 * propagation of Pereira and Berlin (CGO 2009): collapse cycles (Tarjan), propagate differences in
 * topological order, add the edges that loads, stores and calls ask for, until nothing changes.
 * What many loads or stores do at the same places they do through one node (points_to_relay.c).
 *
 * It knows nothing of C, of units or of names, and never fails: what cannot be represented (an
 * offset beyond the object) is left out. */
#ifndef CLEAVE_ANALYZER_POINTS_TO_H
#define CLEAVE_ANALYZER_POINTS_TO_H

#include "analyzer/id_set.h"

#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POINTS_TO_NONE UINT32_MAX

/* Types of objects are numbers of the caller's, but for these. */
#define POINTS_TO_UNKNOWN 0u               /* raw memory: whoever accesses it gives it a type */
#define POINTS_TO_SCALAR (UINT32_MAX - 1)  /* a number, a pointer or an array of them */
#define POINTS_TO_TEXT (UINT32_MAX - 2)    /* as a pointer's target: characters */
#define POINTS_TO_ROUTINE (UINT32_MAX - 3) /* as a pointer's target: routines */
#define POINTS_TO_MEMORY (UINT32_MAX - 4)  /* as a pointer's target: what was allocated */
#define POINTS_TO_NUMBER (UINT32_MAX - 5)  /* as a pointer's target: numbers */
#define POINTS_TO_POINTER (UINT32_MAX - 6) /* as a pointer's target: pointers */

struct points_to;

enum points_to_fit {
  POINTS_TO_MISFIT,
  POINTS_TO_FIT,
  POINTS_TO_RAW /* bytes that may hold anything: all of them are one place */
};

/* What only the caller knows about types. All must be pure functions. */
struct points_to_types {
  /* Whether what lies at `offset` of an object of a record type may be accessed as another record,
   * as POINTS_TO_TEXT, POINTS_TO_NUMBER or POINTS_TO_POINTER. */
  enum points_to_fit (*fit)(void *context, uint32_t object_type, uint32_t offset,
                            uint32_t access_type);
  /* Bytes of a record, 0 when unknown. */
  uint64_t (*size_of)(void *context, uint32_t type);
  /* What the pointer stored at `offset` of a record may point to: a record, one of the above, or
   * POINTS_TO_UNKNOWN for anything; POINTS_TO_NONE where no pointer is stored. */
  uint32_t (*target_at)(void *context, uint32_t object_type, uint32_t offset);
  /* Writes where a pointer to a place of a record may get by any number of bytes: where the fields
   * of the record begin, those of records inside it among them, but not out of characters. Returns
   * the number of places, of which it writes the first n. */
  uint32_t (*places)(void *context, uint32_t type, uint32_t from, uint32_t *offsets, uint32_t n);
  /* Whether a call of one shape can mean a routine of another. */
  bool (*accepts)(void *context, uint32_t call_shape, uint32_t routine_shape);
  void *context;
};

struct points_to *points_to_new(const struct points_to_types *types);
void points_to_free(struct points_to *solver);
typedef struct points_to points_to_owner;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(points_to_owner, points_to_free)

/* Lets points_to_solve() end early, with part of the solution, once the flag is set. */
void points_to_watch(struct points_to *solver, const volatile sig_atomic_t *is_interrupted);

/* Makes room for so many nodes, where that is known. */
void points_to_reserve(struct points_to *solver, uint32_t n);

/* A new object; `size` in bytes, 0 when unknown. Returns its number, from 0. */
uint32_t points_to_add_object(struct points_to *solver, uint64_t size, uint32_t type);
/* Says that nothing stored in an object can be a pointer: its locations have no contents. */
void points_to_set_opaque(struct points_to *solver, uint32_t object);
/* Says that an object is a number, though one that a pointer may travel in. */
void points_to_set_number(struct points_to *solver, uint32_t object);
/* Says that an object was allocated: there may be more memory behind its record. */
void points_to_set_memory(struct points_to *solver, uint32_t object);
/* Says that there is none. */
void points_to_set_whole(struct points_to *solver, uint32_t object);
/* Lets a node hold only what may be accessed as a type: a declared pointer's target. */
void points_to_restrict(struct points_to *solver, uint32_t node, uint32_t target);
/* A new node that has no address. */
uint32_t points_to_add_node(struct points_to *solver);
/* Nodes for values that come from one place alone, the same node for the same place: what lies at
 * an offset of what `from` points to, as far as a target allows (see points_to_add_load() and
 * points_to_restrict()), and one address. Nothing may be added to them by others. */
uint32_t points_to_loaded(struct points_to *solver, uint32_t from, uint64_t offset, uint32_t type,
                          uint32_t target);
uint32_t points_to_addressed(struct points_to *solver, uint32_t object, uint64_t offset);
/* Whether a node is one of these. */
bool points_to_is_shared(const struct points_to *solver, uint32_t node);
/* The node of a location; POINTS_TO_NONE beyond the object. */
uint32_t points_to_location(struct points_to *solver, uint32_t object, uint64_t offset);

/* to ⊇ { location (object, offset) } */
void points_to_add_address(struct points_to *solver, uint32_t to, uint32_t object, uint64_t offset);
/* to ⊇ from */
void points_to_add_copy(struct points_to *solver, uint32_t to, uint32_t from);
/* to ⊇ contents of l + offset for every l in from; `type` is the record that offset starts in */
void points_to_add_load(struct points_to *solver, uint32_t to, uint32_t from, uint64_t offset,
                        uint32_t type);
/* contents of l + offset ⊇ from for every l in to */
void points_to_add_store(struct points_to *solver, uint32_t to, uint32_t from, uint64_t offset,
                         uint32_t type);
/* to ⊇ { l + offset for every l in from }; a negative offset leads from a member to its record */
void points_to_add_field(struct points_to *solver, uint32_t to, uint32_t from, int64_t offset,
                         uint32_t type);
/* to ⊇ { the memory around l for every l in from }: what a record is a view of, and what lies
 * behind it where it was allocated; where a pointer is moved by any number of bytes, all places of
 * the record that l is in, too */
void points_to_add_bytes(struct points_to *solver, uint32_t to, uint32_t from, bool is_anywhere);
/* everything in what `from` points to is copied into what `to` points to, as a record of a type; of
 * an unknown type only between objects of equal types */
void points_to_add_record(struct points_to *solver, uint32_t to, uint32_t from, uint32_t type);
/* The same between two locations that are known. */
void points_to_add_record_copy(struct points_to *solver, uint32_t to_object, uint64_t to_offset,
                               uint32_t from_object, uint64_t from_offset);

/* Makes an object a routine: calls through pointers to it bind arguments to these nodes. Copies
 * the array; elements, `result` and `rest` (for "...") may be POINTS_TO_NONE. */
void points_to_set_routine(struct points_to *solver, uint32_t object, const uint32_t *params,
                           uint32_t n_params, uint32_t result, uint32_t rest, uint32_t shape);
/* A call through `pointer`. Copies the array; elements and `result` may be POINTS_TO_NONE. Shapes
 * are numbers of the caller's: only routines whose shape the call accepts are bound. */
void points_to_add_call(struct points_to *solver, uint32_t pointer, const uint32_t *arguments,
                        uint32_t n_arguments, uint32_t result, uint32_t shape);

/* Contents at an offset of the record `type`, as for a load. */
struct points_to_step {
  uint64_t offset;
  uint32_t type;
};
enum points_to_own { POINTS_TO_FOREIGN, POINTS_TO_SELF, POINTS_TO_FIELD };
/* An argument that comes from the object whose routine is called: the object, or what a field of it
 * holds. FOREIGN: any other one. */
struct points_to_argument {
  enum points_to_own kind;
  struct points_to_step step; /* of FIELD */
  uint32_t node;              /* all that it may be */
};

/* A call of a routine that is loaded from what `base` points to, through one or two steps, with
 * arguments from the same object: "o->run(o, o->data)", "o->type->run(o)". Binds these arguments
 * alone, those of each object to its own routines; the call itself (points_to_add_call()) leaves
 * them out. Where there are many objects all are bound to all. */
void points_to_add_own_call(struct points_to *solver, uint32_t pointer, uint32_t base,
                            const struct points_to_step *steps, uint32_t n_steps,
                            const struct points_to_argument *arguments, uint32_t n_arguments,
                            uint32_t shape);

/* Solves. May be called again after more constraints were added. Cubic in the worst case, close to
 * linear on real programs. */
void points_to_solve(struct points_to *solver);

/* The solution: locations held by a node, ascending, valid until the next change. */
const uint32_t *points_to_targets(const struct points_to *solver, uint32_t node, uint32_t *n);
bool points_to_holds(const struct points_to *solver, uint32_t node, uint32_t location);

/* How a location came to the nodes that hold it: puts into `origins`, for each node that it reached
 * from one of these sources, the position of the source with the shortest way. Nodes that hold the
 * same are one; points_to_origin() looks one up, POINTS_TO_NONE where it came from elsewhere.
 * Linear in the edges between nodes that hold the location. */
void points_to_trace(const struct points_to *solver, uint32_t location, const uint32_t *sources,
                     uint32_t n_sources, struct id_map *origins);
uint32_t points_to_origin(const struct points_to *solver, const struct id_map *origins,
                          uint32_t node);

uint32_t points_to_object_of(const struct points_to *solver, uint32_t location);
uint32_t points_to_offset_of(const struct points_to *solver, uint32_t location);
/* Locations that exist inside an object, in the order they came up. */
const uint32_t *points_to_locations(const struct points_to *solver, uint32_t object, uint32_t *n);
/* Raw memory that is accessed as a record is another object for every record: the object that it is
 * a view of, or POINTS_TO_NONE; and its type. */
uint32_t points_to_viewed(const struct points_to *solver, uint32_t object);
uint32_t points_to_type(const struct points_to *solver, uint32_t object);
uint32_t points_to_n_objects(const struct points_to *solver);
uint32_t points_to_n_nodes(const struct points_to *solver);

#endif
