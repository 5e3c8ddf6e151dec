/* Text for people: safe for terminals, aligned in tables. */
#ifndef CLEAVE_REPORTS_TEXT_H
#define CLEAVE_REPORTS_TEXT_H

#include <glib.h>
#include <stdbool.h>

#include "store/view.h"

/* TEXT as valid UTF-8 in which control characters, escape sequences, direction marks and bytes that
 * are no UTF-8 stand as \xNN or \u{N}. KEEP_LINES leaves line feeds and tabs. Returns a new
 * string. */
char *text_escape(const char *text, bool keep_lines);

/* ROWS as a table with one heading line, columns aligned, numbers to the right. WIDTH > 0 shortens
 * the widest columns so that lines fit, never below their headings, and leaves out whole columns
 * where that is not enough: ids first, then the last; N_LEFT_OUT (or NULL) gets how many. HAS_COLOR
 * makes the heading bold. Returns a new string. O(cells). */
char *text_table(const struct view_rows *rows, unsigned width, bool has_color,
                 unsigned *n_left_out);

#endif
