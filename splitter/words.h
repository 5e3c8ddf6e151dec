/* The words that names are made of: `orderTotal`, `order_total` and `ORDER_TOTAL` all say order and
 * total. Knows nothing but text. */
#ifndef CLEAVE_SPLITTER_WORDS_H
#define CLEAVE_SPLITTER_WORDS_H

#include <glib.h>

/* Lower-case words of IDENTIFIER in order, single letters and numbers left out. NULL-terminated;
 * the caller frees with g_strfreev(). O(length). */
char **words_of_identifier(const char *identifier);

/* Whether WORD says what code does (get, init, list …) and never what it is about. */
gboolean words_are_hollow(const char *word);

#endif
