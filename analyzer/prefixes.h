/* Groups of compilations whose sources begin with the same directives under the same arguments: the
 * headers behind them are parsed once, into a precompiled header, and read from it by all.
 *
 * Decides who shares what. Precompiled headers are written in parse_headers.c and used in parse.c;
 * a parse with one gives the same facts as a parse without, byte by byte. */
#ifndef CLEAVE_ANALYZER_PREFIXES_H
#define CLEAVE_ANALYZER_PREFIXES_H

#include "analyzer/compilations.h"
#include "analyzer/prefixes_nested.h"
#include "analyzer/unit.h"

/* Fewer users than this do not pay for what they would share. */
enum { PREFIX_MIN_USERS = 5 };

struct prefix {
  char *text; /* the directives, see prefixes_directives.h; empty where nothing but the headers
                 on top is shared */
  char *added_text;    /* includes of headers of the system on top: some users have each of them;
                          NULL */
  char *file;          /* absolute path that the text is parsed as; no such file is there */
  guint model;         /* a compilation whose arguments and folder all users have */
  guint n_users;       /* of those that are to be parsed */
  int precompiled;     /* descriptor of the precompiled header, or -1: then it is not used */
  struct unit *facts;  /* what was read for it: see parser_prefix(); or NULL */
  GBytes *files;       /* likewise */
  int added;           /* descriptor of the precompiled header with what is on top, or -1 */
  GBytes *description; /* of what is on top: see parser_add(); or NULL */
};

struct prefixes {
  GPtrArray *all;      /* struct prefix * */
  GHashTable *by_unit; /* number of a compilation -> struct prefix * */
  GHashTable *lines;   /* likewise -> line where it ends */
  GHashTable *nested;  /* likewise -> struct nested_prefix *, where it stands inside headers */
};

/* Who shares what of these compilations, for all of which the others count too: the answer is the
 * same whichever of them are asked for. Reads the beginnings of sources; what cannot be read has no
 * prefix. */
struct prefixes *prefixes_plan(const struct compilations *compilations, const guint *numbers,
                               guint n);
void prefixes_free(struct prefixes *prefixes);

/* The prefix of a compilation, or NULL; the line of its source where the prefix ends, or 0. */
const struct prefix *prefixes_of(const struct prefixes *prefixes, guint number);
unsigned prefixes_line(const struct prefixes *prefixes, guint number);

/* How the prefix is reached that is no beginning of the source itself, or NULL. */
const struct nested_prefix *prefixes_nested(const struct prefixes *prefixes, guint number);

#endif
