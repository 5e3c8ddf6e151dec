/* All units of a run as one: which routines, variables and records are the same, and which program
 * a name belongs to.
 *
 * A routine is one body: the same inline routine of a header is one, however many units compile
 * it. Names are resolved inside a program only. Nothing here looks at pointers or writes rows. */
#ifndef CLEAVE_ANALYZER_LINKAGE_H
#define CLEAVE_ANALYZER_LINKAGE_H

#include "analyzer/id_set.h"
#include "analyzer/symbols.h"
#include "analyzer/unit.h"

#include <signal.h>

#define LINK_NONE UINT32_MAX

/* A routine: defined in the tree, or known by name only. */
struct link_routine {
  int64_t id;
  const char *name;
  const char *symbol;
  const char *file; /* of the definition, or the first declaration in the tree, or "" */
  uint32_t unit;    /* the unit and row that stand for all, see linkage_stand_in() */
  uint32_t row;
  uint32_t line; /* of its name where it was met first: ids of its sites count from there, so that
                    an edit in front of it changes none */
  int64_t place; /* the id of its file, beside which the ids of its sites lie; or 0 */
  bool is_defined;
  bool is_assembly; /* not defined by C, but by assembly of the tree */
};

/* A variable with static or thread storage. */
struct link_object {
  int64_t id;
  const char *name;
  const char *file;
  uint32_t unit;
  uint32_t row;
  uint32_t routine; /* link routine of a static local, or LINK_NONE */
  bool is_defined;
};

/* A record, enum or typedef; equal layouts of one name and place are one. */
struct link_type {
  int64_t id;
  uint32_t unit;
  uint32_t row;
};

struct link_unit {
  const struct unit *unit;
  int64_t id;
  uint32_t *routines; /* row -> link routine when defined here, LINK_NONE otherwise */
  uint32_t *objects;  /* row -> link object when storage is reserved here, LINK_NONE otherwise */
  uint32_t *types;    /* row -> link type, from 0 */
  uint32_t *path_offsets;     /* bytes from where the path starts */
  uint32_t *path_types;       /* link type in which the path starts, or LINK_NONE */
  const char **path_texts;    /* see linkage_path(); NULL where nobody asked yet */
  uint32_t *result_nodes;     /* routine row -> its RESULT node, or UNIT_NONE */
  uint32_t *calls_by_routine; /* calls of routine r: first_call[r] to first_call[r + 1] */
  uint32_t *first_call;
  uint32_t *edges_by_routine; /* likewise */
  uint32_t *first_edge;
  uint32_t *accesses_by_routine; /* likewise */
  uint32_t *first_access;
  int64_t *sites; /* call -> its site's id, 0 where nobody asked yet; see findings_site() */
  bool *stands;   /* row -> see linkage_stands_for() */
  struct unit_symbols *symbols; /* or NULL */
};

/* Who defines a symbol inside a program. */
struct link_symbol {
  uint32_t unit;
  uint32_t row;
  bool is_weak; /* or tentative */
};

struct link_program {
  char *name;
  uint32_t number;      /* of linkage->programs */
  const char *source;   /* how we know */
  bool has_main;        /* complete: whatever runs in it is in it, or in libraries */
  bool is_part;         /* another program has it whole: looking at that one is enough */
  GArray *own;          /* uint32_t, ascending: its own units */
  GArray *units;        /* likewise, with those of shared libraries: linked with it, or plug-ins */
  GArray *plug_ins;     /* likewise: units of libraries that it loads itself */
  GHashTable *routines; /* assembler name -> struct link_symbol */
  GHashTable *objects;  /* likewise */
  GHashTable *ifuncs;   /* symbol -> struct link_symbol of the resolver */
  GHashTable *assembly; /* symbols that only assembly defines */
  GHashTable *wraps;    /* symbols of --wrap */
  /* [unit][row] -> what linkage_resolve_routine() and its like answered, plus 1; NULL: nothing. */
  uint32_t **known_routines, **known_objects;
};

/* What a program is made of; everything is copied. */
struct link_plan {
  const char *name;
  const char *source; /* how we know; lives for ever */
  const GArray *units;
  const GArray *guests;      /* units of shared libraries, or NULL */
  const GArray *plug_ins;    /* those of them that the program loads itself, or NULL */
  const GPtrArray *wraps;    /* char *: symbols of --wrap, or NULL */
  const GPtrArray *assembly; /* char *: symbols that objects without C define, or NULL */
};

struct linkage {
  struct link_unit *units;
  uint32_t n_units;
  GArray *routines;    /* struct link_routine */
  GArray *objects;     /* struct link_object */
  GArray *types;       /* struct link_type */
  GPtrArray *programs; /* struct link_program */
  GHashTable *routine_keys, *object_keys, *type_keys;
  GString *key; /* the one that is looked up */
  GStringChunk *strings;
  GMutex strings_lock;
  struct id_map compatible;                    /* answers of linkage_fit() */
  struct id_map fields;                        /* of linkage_field_at(): number in field_texts */
  GPtrArray *field_texts;                      /* const char * of strings */
  const volatile sig_atomic_t *is_interrupted; /* or NULL */
  unsigned n_threads;                          /* that what follows the solution may use */
};

/* Joins units. They must outlive the linkage. Linear. */
struct linkage *linkage_new(const struct unit *const *units, const int64_t *ids, uint32_t n_units);
void linkage_free(struct linkage *linkage);

#define linkage_routine(linkage, i) (&g_array_index((linkage)->routines, struct link_routine, i))
#define linkage_object(linkage, i) (&g_array_index((linkage)->objects, struct link_object, i))

/* Adds a program and builds its symbol table. */
struct link_program *linkage_add_program(struct linkage *linkage, const struct link_plan *plan);

/* The routine that a unit's row means inside a program, aliases followed; never LINK_NONE: what no
 * unit of the program defines is a routine known by name only. */
uint32_t linkage_resolve_routine(struct linkage *linkage, const struct link_program *program,
                                 uint32_t unit, uint32_t row);
/* True when a row names a symbol of attribute ifunc: the resolver's unit and row. */
bool linkage_resolver(const struct linkage *linkage, const struct link_program *program,
                      uint32_t unit, uint32_t row, uint32_t *resolver_unit, uint32_t *resolver_row);
/* Calls `visit` for the routines that a lookup by name at run time may find: with this symbol, of the
 * program or of any of its plug-ins; NULL stands for one that is put together, which is meant for a
 * plug-in. Linear in the routines of plug-ins. */
void linkage_look_up(const struct linkage *linkage, const struct link_program *program,
                     const char *symbol,
                     void (*visit)(void *context, uint32_t unit, uint32_t row), void *context);
/* The same as linkage_resolve_routine() for a variable with static storage. */
uint32_t linkage_resolve_object(struct linkage *linkage, const struct link_program *program,
                                uint32_t unit, uint32_t row);

/* Lets the bodies that a program compiles stand for their routines; with NULL, the first of all
 * units. Linear in the routines of the units. */
void linkage_stand_in(struct linkage *linkage, const struct link_program *program);

/* True when the row is the one that stands for its routine, so that a body of a header counts
 * once; a body that another configuration of its file makes differently counts too. UNIT_NONE
 * (file scope) is always its own. */
bool linkage_stands_for(const struct linkage *linkage, uint32_t unit, uint32_t row);

enum link_fit { LINK_MISFIT, LINK_FIT, LINK_RAW };

/* Whether what lies at `offset` of a record may be accessed as another: the same record, one that
 * begins with it, a member of a union, or raw bytes. */
enum link_fit linkage_fit(struct linkage *linkage, uint32_t type, uint32_t offset,
                          uint32_t access_type);

/* The record behind a unit's type row, typedefs resolved; LINK_NONE for UNIT_NONE, enums and
 * typedefs of anything else. */
uint32_t linkage_record(const struct linkage *linkage, uint32_t unit, uint32_t type);

/* Bytes that a location inside a record may lie in: its size, and the start of a flexible array
 * behind it; 0 when unknown. */
uint64_t linkage_size(const struct linkage *linkage, uint32_t type);

/* Where the fields of a record begin, those of records inside it among them, of an array its first
 * element, and of characters none: what is large enough would be raw memory to whoever gets there.
 * Writes the first n; returns their number. Linear in them. */
uint32_t linkage_places(const struct linkage *linkage, uint32_t type, uint32_t *offsets,
                        uint32_t n);

/* True when the byte at an offset of a record is part of characters or raw bytes. */
bool linkage_is_text(const struct linkage *linkage, uint32_t type, uint32_t offset);

/* True when it is part of characters alone. */
bool linkage_is_characters(const struct linkage *linkage, uint32_t type, uint32_t offset);

enum link_leaf {
  LINK_LEAF,
  LINK_NO_LEAF,  /* padding, the middle of a field, an element of an array beyond the first */
  LINK_ANY_LEAF, /* a union, raw bytes or an incomplete record: could be anything */
};

/* The innermost field that begins at an offset of a record, and the unit its row belongs to. */
enum link_leaf linkage_leaf_at(const struct linkage *linkage, uint32_t type, uint32_t offset,
                               uint32_t *unit, const struct unit_field **field);

/* The field path at an offset of a record ("a.b"), or "" for the record itself; of bit-fields the
 * one that has that bit of the byte. Equal paths are one string, which lives with the linkage. */
const char *linkage_field_at(struct linkage *linkage, uint32_t type, uint32_t offset, uint32_t bit);

/* True when some field path at an offset of a record satisfies `matches`; a union has several. */
bool linkage_has_field_at(const struct linkage *linkage, uint32_t type, uint32_t offset,
                          bool (*matches)(const char *path, const void *context),
                          const void *context);

/* A string that lives with the linkage; equal texts are one. Any thread may ask. */
const char *linkage_string(struct linkage *linkage, const char *text);

/* "a.b" for a path: without steps to elements; a new string. */
char *linkage_path_text(const struct unit *unit, uint32_t path);

/* The same as linkage_string() gives it. */
const char *linkage_path(struct linkage *linkage, uint32_t unit, uint32_t path);

/* Writes a number in a base up to 16, at most 24 digits, and returns their end. */
char *linkage_write_number(char *to, uint64_t number, unsigned base);

static inline const struct unit *linkage_unit(const struct linkage *linkage, uint32_t unit)
{
  return linkage->units[unit].unit;
}

#endif
