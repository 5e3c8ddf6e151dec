/* What the parts of state.h share. */
#ifndef CLEAVE_ANALYZER_STATE_PARTS_H
#define CLEAVE_ANALYZER_STATE_PARTS_H

#include "analyzer/state.h"

/* What can be accessed: a variable, a heap object or an outside store. */
struct state_holder {
  int64_t id;
  const char *name;
  const char *file;
  int64_t line;
  const char *storage;
  const char *type;
  int64_t routine;
  bool is_const;
  bool is_external;
  bool is_memory; /* is state by its accesses alone */
};

/* Memory that no variable with static storage leads to, or a record on the stack of main. It is
 * state where it lasts all the same. */
struct state_memory {
  uint32_t routine; /* link routine that allocates or declares it, or LINK_NONE */
  uint32_t line;    /* where */
  uint32_t program; /* of linkage->programs */
  bool is_local;
  bool is_array; /* of records */
};

/* How something gets at a record that main declares. */
struct state_use {
  uint32_t memory;                  /* number in memories */
  uint32_t unit, access;            /* row in the unit */
  uint32_t routine;                 /* link routine */
  uint32_t modes;                   /* set of enum unit_access_mode */
  const char *field;                /* "" where it is not sure which one */
  const struct unit_moment *moment; /* when it runs, or NULL where nobody noted that */
  bool is_named;                    /* by the name of the record; or through a pointer */
  bool is_filling;                  /* writes all of the field, and nothing else, for sure */
};

/* One piece of memory holds a pointer to another; both are numbers of memories. */
struct state_link {
  uint32_t from, to;
};

struct state_access {
  uint32_t holder;
  uint32_t memory; /* 1 + number in memories, or 0: state for sure */
  const char *field;
  uint32_t routine; /* link routine */
  uint32_t mode;    /* one of enum unit_access_mode */
  const char *how;
  const char *file;
  uint32_t line;
  uint32_t column;
};

struct state {
  struct findings *findings;
  GArray *holders;        /* struct state_holder */
  GHashTable *by_id;      /* id -> holder + 1 */
  GArray *accesses;       /* struct state_access */
  GArray *memories;       /* struct state_memory */
  GArray *links;          /* struct state_link */
  GArray *uses;           /* struct state_use */
  uint32_t program;       /* that is looked at */
  struct id_map of_local; /* of it: unit and row of a record that main declares -> memory */
  uint32_t *of_object;    /* link object -> holder + 1, grown on demand */
  uint32_t n_of_object;
  struct id_map of_heap;  /* unit and row of an allocation -> holder */
  uint32_t *of_record;    /* link type -> holder + 1 or 0, as many as there are types */
  GHashTable *is_storing; /* name of a routine -> 1 + whether a rule for stores is about it */
};

/* The holder of a variable, of an allocation or of an outside store ("table", "file", ...) of that
 * name; a new one where it has none. Texts live as long as the linkage. */
uint32_t state_holder_of_object(struct state *state, uint32_t object);
uint32_t state_holder_of_heap(struct state *state, const struct flow *flow, uint32_t object);
/* The holder of a record that main declares, which is an object of the unit. Blocks of one main
 * share names. */
uint32_t state_holder_of_local(struct state *state, uint32_t unit, uint32_t object);
/* The same of all memory that only its uses show to hold a record of this type: what slabs, growing
 * arrays and allocators with headers hand out. LINK_NONE where the record has no name or is
 * declared outside the tree. */
uint32_t state_holder_of_record(struct state *state, uint32_t type);
uint32_t state_holder_outside(struct state *state, const char *storage, const char *name);

/* Numbers the allocated memory of one program that IS_STATE (per solver object) leaves out and the
 * records that main declares, with their links; the result per solver object is 1 + its number, 0
 * for all else. The caller frees. Linear in what pointers lead to. */
uint32_t *state_number_memories(struct state *state, const struct flow *flow, const bool *is_state);

/* The number of a record that main declares, which is an object of the unit, in the program that
 * was numbered last; a new one where no pointer leads to it. */
uint32_t state_memory_of_local(struct state *state, uint32_t unit, uint32_t object);

/* Whether an object of a unit is a record that main declares. */
bool state_is_of_main(const struct unit *unit, uint32_t object);

/* Notes an access by name of a record that main declares. O(accesses of the routine behind it) for
 * an address that is handed over. */
void state_add_named_use(struct state *state, uint32_t unit, const struct unit_access *row,
                         const struct state_access *access, uint32_t modes);

/* The same of an access through a pointer, where the memory is such a record; `is_only`: the
 * pointer leads to the beginning of it and nowhere else, as one to such a record. */
void state_add_pointed_use(struct state *state, uint32_t unit, const struct unit_access *row,
                           const struct state_access *access, uint32_t modes, bool is_only);

/* Takes out the accesses of memory that does not last. What start-up allocates and the serving
 * program uses does, and so do records of main that start-up fills in and no turn begins anew, and
 * all that either leads to. After all programs. O(accesses + links log links), and for each record
 * of main what state_turns_outlive() takes. */
void state_drop_passing(struct state *state, const struct startup *startup);

/* Which records of main outlive a turn. O(uses log uses). */
struct state_turns *state_turns_new(const struct state *state, const struct startup *startup);
void state_turns_free(struct state_turns *turns);

/* Whether a record of main is more than what one turn of a loop of main begins anew: false where
 * all that reads it while the program serves does so in turns of one loop, and reads only what was
 * written before in the same turn; and where a program that never serves does its job in one call,
 * and main fills the record in by name for that. True where that is not sure. O(routines + calls of
 * the program + loops of main * uses * routines that get at it); records of one program better
 * follow one another. */
bool state_turns_outlive(struct state_turns *turns, uint32_t memory);

/* Appends the solver's objects (uint32_t) that an object holds pointers to, some more than once.
 * Linear in what it holds. */
void state_add_pointed(const struct flow *flow, uint32_t object, GArray *pointed);

/* The memory that a solver's object is a view of, or the object itself. O(1). */
uint32_t state_memory_of(const struct flow *flow, uint32_t object);

/* Adds the access once for each mode of the set. */
void state_add_modes(struct state *state, struct state_access access, uint32_t modes);

#endif
