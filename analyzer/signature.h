/* Whether a call through a pointer can mean a routine, judged by the lenient classes of types.
 *
 * The last tier of all: all object pointers are one class, integers count by width. */
#ifndef CLEAVE_ANALYZER_SIGNATURE_H
#define CLEAVE_ANALYZER_SIGNATURE_H

#include <stdbool.h>

/* Both are shapes as in unit.h: "i4(p,i8)", "v(p,...)", "i4(?)" or "?". A routine may take fewer
 * arguments than are passed, never more; its result may be ignored. */
bool signature_fits(const char *call, const char *routine);

#endif
