/* C source for values made of several: unions, lists, arrays up to a terminator, arrays whose
 * number is an expression. Part of marshal_source. */
#ifndef CLEAVE_GENERATE_MARSHAL_COMPOUND_H
#define CLEAVE_GENERATE_MARSHAL_COMPOUND_H

#include "splitter/generate/c_writer.h"
#include "splitter/generate/shape.h"

/* As marshal_source_read() and marshal_source_write() for SHAPE_UNION (COUNT: the tag), SHAPE_LIST
 * and SHAPE_TERMINATED. */
void marshal_union_read(struct c_writer *code, const struct shape *shape, const char *value,
                        const char *target, const char *tag);
void marshal_union_write(struct c_writer *code, const struct shape *shape, const char *source,
                         const char *tag, const char *put_before, const char *put_after);
void marshal_list_read(struct c_writer *code, const struct shape *shape, const char *value,
                       const char *target);
void marshal_list_write(struct c_writer *code, const struct shape *shape, const char *source,
                        const char *put_before, const char *put_after);
void marshal_terminated_read(struct c_writer *code, const struct shape *shape, const char *value,
                             const char *target);
void marshal_terminated_write(struct c_writer *code, const struct shape *shape, const char *source,
                              const char *put_before, const char *put_after);

#endif
