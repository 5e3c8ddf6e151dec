/* Groups of compilations whose sources begin with the same directives under the same arguments: the
 * headers behind them are parsed once, into a precompiled header, and read from it by all.
 *
 * Decides who shares what. Parsing, writing and reading precompiled headers is parse.c's business,
 * and a parse with one gives the same facts as a parse without, byte by byte. */
#ifndef CLEAVE_ANALYZER_PREFIXES_H
#define CLEAVE_ANALYZER_PREFIXES_H

#include "analyzer/compilations.h"
#include "analyzer/unit.h"

/* Fewer users than this do not pay for what they would share. */
enum { PREFIX_MIN_USERS = 5 };

struct prefix {
  char *text;  /* the directives, one a line: comments, "#define", "#undef" and "#include" only */
  char *file;  /* absolute path that the text is parsed as; no such file is there */
  guint model; /* a compilation whose arguments and folder all users have */
  guint n_users;
  int precompiled;    /* descriptor of the precompiled header, or -1: then it is not used */
  struct unit *files; /* what was read for it: see parser_prefix(); or NULL */
};

struct prefixes {
  GPtrArray *all;      /* struct prefix * */
  GHashTable *by_unit; /* number of a compilation -> struct prefix * */
};

/* Reads the beginnings of the sources of these compilations. What cannot be read has no prefix. */
struct prefixes *prefixes_plan(const struct compilations *compilations, const guint *numbers,
                               guint n);
void prefixes_free(struct prefixes *prefixes);

/* The prefix of a compilation, or NULL. */
const struct prefix *prefixes_of(const struct prefixes *prefixes, guint number);

/* The directives at the start of a source, as strings without blanks at their ends, up to the first
 * thing that is no comment, "#include", "#define" or "#undef" of one line. */
GPtrArray *prefixes_directives(const char *source, size_t size);

#endif
