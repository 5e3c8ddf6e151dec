/* Lists of numbers: rows, files, programs. */
#ifndef CLEAVE_SPLITTER_NUMBERS_H
#define CLEAVE_SPLITTER_NUMBERS_H

#include <glib.h>

/* Sorts guint32 upwards and keeps each once. O(n log n). */
void numbers_sort_distinct(GArray *numbers);

#endif
