/* C source that reads one value from JSON or writes it, by its shape. Records and enums get a
 * routine or table of their own, once per file. */
#ifndef CLEAVE_GENERATE_MARSHAL_SOURCE_H
#define CLEAVE_GENERATE_MARSHAL_SOURCE_H

#include "splitter/generate/contract.h"
#include "splitter/generate/glue.h"

/* The routines and tables that a shape needs, into FILE. */
void marshal_source_prepare(struct glue *glue, struct glue_file *file, const struct shape *shape);

/* Statements that read the JSON value VALUE into the lvalue TARGET; on failure they leave with
 * "return -1". COUNT is what stands beside the value: the lvalue of the neighbour that takes the
 * number of elements, or an expression in parentheses that the number must equal, or the tag of a
 * union; NULL when there is none. */
void marshal_source_read(struct c_writer *code, const struct shape *shape, const char *value,
                         const char *target, const char *count);

/* Statements that put the JSON value of the lvalue SOURCE between PUT_BEFORE and PUT_AFTER:
 * "cleave_put(object, \"member\", " and ")". COUNT as above.
 *
 * Both kinds of statements use the variable `marshal`, a struct cleave_marshal *: what is read
 * lives in its memory, and a written value that has no end is refused by it. */
void marshal_source_write(struct c_writer *code, const struct shape *shape, const char *source,
                          const char *count, const char *put_before, const char *put_after);

/* What stands beside a member of RECORD: its number, its tag, or the expression in parentheses that
 * gives its number. PREFIX stands before the names of members ("in->"). NULL when there is none. A
 * new string. */
char *marshal_source_beside(const struct shape *record, const struct shape *shape,
                            const char *prefix);

/* What a record or enum is called in the names of generated code. A new string. */
char *marshal_source_symbol(const struct shape *shape);

/* Whether the value can only be read when its neighbours have been: its number or its arm follows
 * from theirs. */
bool marshal_source_is_late(const struct shape *shape);

#endif
