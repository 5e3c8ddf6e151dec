/* C source of tables that say how values of a contract lie in memory (cleave_replay.h): one
 * constant per shape, one per record. The compiler fills in sizes and offsets. */
#ifndef CLEAVE_GENERATE_TYPE_TABLE_H
#define CLEAVE_GENERATE_TYPE_TABLE_H

#include "splitter/generate/contract.h"
#include "splitter/generate/glue.h"

struct type_tables {
  const struct inventory *inventory;
  struct c_writer *code;
  GHashTable *records; /* symbols that have a table in this file already */
  const char *prefix;  /* of the names of other tables */
  unsigned n;          /* tables so far: part of their names */
};

/* FILE and PREFIX must outlive the tables. PREFIX tells apart what one file holds. */
void type_tables_init(struct type_tables *tables, const struct glue *glue, struct glue_file *file,
                      const char *prefix);

/* The table of the type of the lvalue PLACE, which is never evaluated: an expression of its
 * address. A new string. */
char *type_table_write(struct type_tables *tables, const struct shape *shape, const char *place);

/* The routine that reads EXPRESSION, in which `in` points to the record: its name, a new string. */
char *type_table_reader(struct type_tables *tables, const char *record_type,
                        const char *expression);

/* The routine that puts the number `n` into the neighbours of `out` that TARGETS (NULL-terminated)
 * names. A new string. */
char *type_table_setter(struct type_tables *tables, const char *record_type,
                        const char *const *targets);

#endif
