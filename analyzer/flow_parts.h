/* What the files of flow.h share: flow_types.c tells the solver what C's types mean, flow_objects.c
 * makes its objects and nodes, flow_results.c finds out where the result of a routine comes from,
 * flow_calls.c binds calls, flow.c puts a program together and answers. Nobody else includes this.
 */
#ifndef CLEAVE_ANALYZER_FLOW_PARTS_H
#define CLEAVE_ANALYZER_FLOW_PARTS_H

#include "analyzer/flow.h"

/* ---- flow_types.c ---- */

/* What the solver asks about types; `flow` is the context. */
struct points_to_types flow_types(struct flow *flow);

/* The record that a unit's object is; LINK_NONE for pointers and what is none. */
uint32_t flow_record_of(const struct flow *flow, uint32_t unit, uint32_t row);

/* What a pointer of these flags, with this record behind it, may point to. */
uint32_t flow_target_of(const struct linkage *linkage, uint32_t unit, uint32_t flags,
                        uint32_t record);
uint32_t flow_target_of_field(const struct linkage *linkage, uint32_t unit,
                              const struct unit_field *field);

/* Shapes by number, 0 for one that fits everything. */
uint32_t flow_shape_number(struct flow *flow, const char *shape);

/* ---- flow_objects.c ---- */

/* Tells what the first n objects of the solver stand for: it makes some of its own. */
void flow_name_objects(struct flow *flow, uint32_t n);
uint32_t flow_add_object(struct flow *flow, struct flow_object object, uint64_t size);

/* Room for all routines and variables: some come up while names are resolved. */
void flow_reserve_routines(struct flow *flow);
void flow_reserve_statics(struct flow *flow);

/* The node at a place, made when it is needed. */
uint32_t flow_lazy_node(struct flow *flow, uint32_t *place);

/* The solver's object of a unit's object; LINK_NONE for literals, through which nothing flows. */
uint32_t flow_object_of(struct flow *flow, uint32_t unit, uint32_t row);

/* The object that is a routine's address. Calls through it bind to the body that stands for it. */
uint32_t flow_routine_object(struct flow *flow, uint32_t routine);

/* The solver's node of a unit's node as the present body has it. */
uint32_t flow_place(struct flow *flow, uint32_t unit, uint32_t node);

uint32_t flow_param_node(struct flow *flow, uint32_t unit, const struct unit_param *param);

/* The node that arguments flow into: in front of a parameter that is freed, one that lets nothing
 * but allocated memory through. */
uint32_t flow_entrance(struct flow *flow, uint32_t routine, uint32_t position, uint32_t node);

/* The routine that a row means in the flow's program. */
uint32_t flow_resolve(struct flow *flow, uint32_t unit, uint32_t row);

/* ---- flow_results.c ---- */

/* The models of an outside routine. */
const GPtrArray *flow_models_of(struct flow *flow, const char *name);

/* What a routine returns, when that is only memory that it has just allocated and parameters that
 * it passes through: then every call has a result of its own. */
struct flow_summary flow_summary_of(struct flow *flow, uint32_t routine);

/* ---- flow_bodies.c ---- */

/* The body of its own that a direct call of a routine gets, LINK_NONE for the common one. */
uint32_t flow_body_of_call(struct flow *flow, uint32_t unit, uint32_t call, uint32_t routine);

/* Lets a helper's common body stand for whoever calls it otherwise. */
void flow_need_common(struct flow *flow, uint32_t routine);

/* Whether a row is one of a helper, whose rows are added body by body. */
bool flow_is_helper_row(const struct flow *flow, uint32_t unit, uint32_t row);

/* Adds the rows of all bodies that wait; and those of helpers that nobody calls. */
void flow_add_bodies(struct flow *flow);
void flow_add_uncalled(struct flow *flow);
void flow_free_bodies(struct flow *flow);

/* The slots of the present body for a node and an object of a unit. */
uint32_t *flow_node_slot(struct flow *flow, uint32_t unit, uint32_t node);
uint32_t *flow_object_slot(struct flow *flow, uint32_t unit, uint32_t row);

/* The present body, or NULL. */
struct flow_body *flow_present(const struct flow *flow);

/* Lets flow_node() answer for all bodies that there are by now. */
void flow_join_bodies(struct flow *flow);

/* What a call through a pointer may call, in any body. */
struct id_set flow_called(struct flow *flow, uint32_t unit, const struct unit_call *call);

/* ---- flow.c ---- */

void flow_add_edge(struct flow *flow, uint32_t unit, const struct unit_edge *edge);
/* Whether an edge is added in this phase. */
bool flow_takes_edge(const struct flow *flow, uint32_t unit, const struct unit_edge *edge);
/* What a load lets through: what its field may point to. */
uint32_t flow_loaded_target(const struct flow *flow, uint32_t unit, const struct unit_edge *edge);
void flow_add_call(struct flow *flow, uint32_t unit, uint32_t row);

/* ---- flow_calls.c ---- */

void flow_add_direct_call(struct flow *flow, uint32_t unit, uint32_t row);
/* Whether a call of a routine of the program has a result that is not that of all its calls. */
bool flow_has_own_result(struct flow *flow, uint32_t routine, const struct unit_call *call);
/* `own` as flow_add_own_call() returned it. */
void flow_add_call_through(struct flow *flow, uint32_t unit, uint32_t row, uint32_t pointer,
                           uint32_t own);

/* ---- flow_guards.c ---- */

/* Before any rows are added: finds what is stored under conditions in a unit. */
void flow_start_guarded(struct flow *flow);
void flow_find_guarded(struct flow *flow, uint32_t unit);
void flow_free_guarded(struct flow *flow);
/* The solver's node behind the source of an edge, which may stand under a condition. */
uint32_t flow_guarded_source(struct flow *flow, uint32_t unit, const struct unit_edge *edge);
/* Hands an argument (a solver's node) of a direct call to what its constants lead to. */
void flow_bind_guarded(struct flow *flow, uint32_t unit, const struct unit_call *call,
                       uint32_t routine, uint32_t position, uint32_t from);
/* Where what comes to a parameter's node through pointers enters. */
uint32_t flow_open_entrance(struct flow *flow, uint32_t routine, uint32_t position, uint32_t node);

/* ---- flow_own.c ---- */

/* Binds the arguments of a call through a pointer that come from the record that the pointer is
 * loaded from: "o->run(o, o->data)". Returns them, bit i for argument i. */
uint32_t flow_add_own_call(struct flow *flow, uint32_t unit, uint32_t row, uint32_t pointer);

/* ---- flow_sources.c ---- */

/* By node of a unit: the edge that alone fills a value, or the call, from n_edges on; UNIT_NONE for
 * other nodes. */
const uint32_t *flow_sources(struct flow *flow, uint32_t unit);
/* The edge of the load that alone fills a node, or UNIT_NONE. */
uint32_t flow_load_of(struct flow *flow, uint32_t unit, uint32_t node);
/* Values get shared nodes only while the rows of their routine are added: those of a body that
 * nobody calls are never added, and it holds nothing. */
void flow_share(struct flow *flow, bool is_sharing);
/* The solver's node of a value that has one source, which others with the same source share;
 * LINK_NONE where it needs one of its own. */
uint32_t flow_shared_place(struct flow *flow, uint32_t unit, uint32_t node);
void flow_free_sources(struct flow *flow);

#endif
