/* What of a C source or header the parser makes facts of: everything but comments that stand
 * between declarations or statements, at the ends of lines, and blanks at the ends of lines and of
 * the file. */
#ifndef CLEAVE_ANALYZER_FILE_SHAPE_H
#define CLEAVE_ANALYZER_FILE_SHAPE_H

#include <stddef.h>
#include <stdint.h>

/* The same number for two texts of which the parser makes the same facts, line by line; 0 where
 * that cannot be said, as with __TIMESTAMP__. A comment inside of an expression, a list or a
 * directive counts, since facts quote those. Linear. */
uint64_t file_shape(const char *text, size_t size);

#endif
