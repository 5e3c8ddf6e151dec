/* Which pointers hold which addresses: an inclusion-based, field-sensitive solution
 * (Andersen 1994) over plain arrays of constraints.
 *
 * Nodes hold sets of locations; a location is an object and an offset in bytes inside it and is
 * itself a node, because something is stored there. Elements of an array are one. Offsets make
 * nested records, first members and unions share what they share in memory. The solver is the wave
 * propagation of Pereira and Berlin (CGO 2009): collapse cycles (Tarjan), propagate differences in
 * topological order, add the edges that loads, stores and calls ask for, until nothing changes.
 *
 * It knows nothing of C, of units or of names, and never fails: what cannot be represented (an
 * offset beyond the object) is left out. */
#ifndef CLEAVE_ANALYZER_POINTS_TO_H
#define CLEAVE_ANALYZER_POINTS_TO_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POINTS_TO_NONE UINT32_MAX

struct points_to;

/* Decides whether what lies at `offset` of an object of type `object_type` may be accessed as
 * `access_type`. Types are numbers of the caller's; 0 is "unknown" and is never asked about. Must
 * be a pure function. */
typedef bool points_to_filter(void *context, uint32_t object_type, uint32_t offset,
                              uint32_t access_type);

struct points_to *points_to_new(points_to_filter *filter, void *context);
void points_to_free(struct points_to *solver);
typedef struct points_to points_to_owner;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(points_to_owner, points_to_free)

/* A new object; `size` in bytes, 0 when unknown. Returns its number, from 0. */
uint32_t points_to_add_object(struct points_to *solver, uint64_t size, uint32_t type);
/* A new node that has no address. */
uint32_t points_to_add_node(struct points_to *solver);
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
/* everything in what `from` points to is copied into what `to` points to */
void points_to_add_record(struct points_to *solver, uint32_t to, uint32_t from);
/* The same between two locations that are known. */
void points_to_add_record_copy(struct points_to *solver, uint32_t to_object, uint64_t to_offset,
                               uint32_t from_object, uint64_t from_offset);

/* Makes an object a routine: calls through pointers to it bind arguments to these nodes. Copies
 * the array; elements, `result` and `rest` (for "...") may be POINTS_TO_NONE. */
void points_to_set_routine(struct points_to *solver, uint32_t object, const uint32_t *params,
                           uint32_t n_params, uint32_t result, uint32_t rest);
/* A call through `pointer`. Copies the array; elements and `result` may be POINTS_TO_NONE. */
void points_to_add_call(struct points_to *solver, uint32_t pointer, const uint32_t *arguments,
                        uint32_t n_arguments, uint32_t result);

/* Solves. May be called again after more constraints were added. Cubic in the worst case, close to
 * linear on real programs. */
void points_to_solve(struct points_to *solver);

/* The solution: locations held by a node, ascending, valid until the next change. */
const uint32_t *points_to_targets(const struct points_to *solver, uint32_t node, uint32_t *n);
bool points_to_holds(const struct points_to *solver, uint32_t node, uint32_t location);

uint32_t points_to_object_of(const struct points_to *solver, uint32_t location);
uint32_t points_to_offset_of(const struct points_to *solver, uint32_t location);
/* Locations that exist inside an object, in the order they came up. */
const uint32_t *points_to_locations(const struct points_to *solver, uint32_t object, uint32_t *n);
uint32_t points_to_n_objects(const struct points_to *solver);
uint32_t points_to_n_nodes(const struct points_to *solver);

#endif
