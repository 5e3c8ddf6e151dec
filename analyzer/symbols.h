/* What the assembler knows of a unit and C does not: symbols that only assembly defines, second
 * names that it gives, and what an object file, where there is one, says of weak symbols. */
#ifndef CLEAVE_ANALYZER_SYMBOLS_H
#define CLEAVE_ANALYZER_SYMBOLS_H

#include "analyzer/unit.h"

#include <stdbool.h>

/* A symbol that a unit's object defines and no declaration of C does. */
struct unit_symbol {
  char *name;
  uint32_t routine; /* row: the body that it is a second name of; UNIT_NONE: assembly */
  bool is_ifunc;    /* `routine` is the resolver */
  bool is_weak;
};

struct unit_symbols {
  GPtrArray *extra; /* struct unit_symbol *, sorted by name */
  GHashTable *weak; /* names that the object file calls weak; NULL where there is no object file */
};

/* Reads the unit's top-level assembly, and the first of its object files that is there and not
 * older than its source. `root` is what the unit's paths are relative to. NULL where there is
 * nothing that C does not know. Linear. */
struct unit_symbols *unit_symbols_read(const struct unit *unit, const char *root);
void unit_symbols_free(struct unit_symbols *symbols);

/* Names that directives and labels of assembly define, and that another name follows for second
 * names: calls `found` with the name, and the name it stands for or NULL. */
void symbols_of_assembly(const char *text,
                         void (*found)(const char *name, const char *of, void *context),
                         void *context);

#endif
