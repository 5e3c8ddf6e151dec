/* Headers of ISO C and POSIX, which a source may include in any order and together with any other:
 * C17 7.1.2 paragraph 4, POSIX.1-2017 2.2.2. Not <assert.h>, which means what NDEBUG says each
 * time, and not those of the compiler that are written to be read in parts (<stddef.h>,
 * <stdarg.h>). */
#ifndef CLEAVE_ANALYZER_STANDARD_HEADERS_H
#define CLEAVE_ANALYZER_STANDARD_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

/* True for "stdio.h", "sys/types.h" ... A binary search. */
bool is_standard_header(const char *name, size_t length);

#endif
