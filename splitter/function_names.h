/* Names of functions: what an entry is called, and how those that would be called alike are told
 * apart. */
#ifndef CLEAVE_SPLITTER_FUNCTION_NAMES_H
#define CLEAVE_SPLITTER_FUNCTION_NAMES_H

#include "splitter/monolith.h"

/* Lower-case letters, digits and single dashes of TEXT: a new string, "" when it has none. */
char *function_slug(const char *text);

/* Gives every function (struct function *, ordered by name) a name of its own. Those that are
 * called alike take their program's name in front, a main that name alone; where the programs do
 * not tell them apart, that of the file; else a number behind. Leaves the order of names.
 * O(functions * program files). */
void function_names_settle(const struct monolith *monolith, GPtrArray *functions);

#endif
