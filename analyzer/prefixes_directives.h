/* What a source begins with, as far as it may be read apart from it. */
#ifndef CLEAVE_ANALYZER_PREFIXES_DIRECTIVES_H
#define CLEAVE_ANALYZER_PREFIXES_DIRECTIVES_H

#include <glib.h>
#include <stdbool.h>

/* The directives at the start of a source, without comments and blanks at their ends, up to the
 * last include in front of the first thing that is no comment and no directive of these:
 * "#include",
 * "#define" and "#undef" of one line, and whole conditionals that hold nothing else
 * ("#ifdef HAVE_CONFIG_H" to "#endif"), each one string of several lines. The lines where they end
 * are appended to `lines` (guint) unless that is NULL. Release with g_ptr_array_unref(). */
GPtrArray *prefixes_directives(const char *source, size_t size, GArray *lines);

/* Whether one of these strings is an include, or holds one. */
bool directive_includes(const char *directive);

/* The names that it includes in quotes: char *. Release with g_ptr_array_unref(). */
GPtrArray *directive_quoted(const char *directive);

#endif
