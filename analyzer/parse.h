/* Parses one translation unit and returns its facts as bytes.
 *
 * Runs libclang in the calling process: call it in a worker whose death costs nothing. It never
 * writes a file, never starts a program and never looks at the environment. */
#ifndef CLEAVE_ANALYZER_PARSE_H
#define CLEAVE_ANALYZER_PARSE_H

#include "analyzer/unit.h"

struct parse_request {
  const char *file;               /* absolute path of the source */
  const char *directory;          /* absolute: where its command runs */
  const char *root;               /* absolute: paths in the facts are relative to it */
  const char *object;             /* what the command writes, or "" */
  const char *const *arguments;   /* normalised, without the source */
  unsigned prefix_line;           /* last line of the directives it shares with others, or 0 */
  const char *prefix_header;      /* real path of what it shares instead, inside of headers that it
                                     begins with, or NULL */
  const GPtrArray *prefix_guards; /* char *: macros that are defined on the way there, or NULL */
  const char *precompiled;        /* header to begin with, or NULL; ignored where it does not fit */
  const struct unit *prefix;      /* the facts behind it, as parser_prefix() tells them */
  GBytes *prefix_files;           /* likewise, the files */
  const char *added;              /* the same header with others on top, or NULL */
  GBytes *description;            /* of those: see parser_add() */
};

/* The content of a file that was read. */
struct parsed_file {
  uint64_t hash;  /* the first bytes of its SHA-256 */
  uint64_t shape; /* file_shape() where it may change without changing facts; or 0 */
};

/* What a parse yields. Clear with parsed_clear(). */
struct parsed {
  GBytes *facts; /* frozen (unit.h) */
  GBytes *files; /* all that were read, sorted by path: for each a struct parsed_file, then the path
                    as in the facts with its NUL; for a prefix eight bytes instead, which say
                    whether it names the file itself */
  GBytes *description; /* of headers added to a prefix, or NULL */
};
static inline void parsed_clear(struct parsed *parsed)
{
  g_clear_pointer(&parsed->facts, g_bytes_unref);
  g_clear_pointer(&parsed->files, g_bytes_unref);
  g_clear_pointer(&parsed->description, g_bytes_unref);
}

struct parser;

/* A parser for a whole process. `resource_dir` is the folder of the compiler's own headers, checked
 * to hold include/stddef.h. Free with parser_free(). */
struct parser *parser_new(const char *resource_dir, GError **error);
void parser_free(struct parser *parser);

/* The facts of a unit. False with ERROR when there is no syntax tree at all: unreadable file,
 * unknown target, crash that libclang caught. Uses as much stack as the nesting of the source
 * needs. */
bool parser_unit(struct parser *parser, const struct parse_request *request, struct parsed *parsed,
                 GError **error);

/* Parses TEXT, the directives that several sources begin with, as the file that the request names,
 * and writes a precompiled header to PATH. Tells the facts behind it (extract_prefix() in
 * extract.h); false with ERROR where the sources had better be parsed on their own. */
bool parser_prefix(struct parser *parser, const struct parse_request *request, const char *text,
                   const char *path, struct parsed *parsed, GError **error);

/* Parses TEXT, includes of standard headers, on top of the precompiled header that the request
 * names, if any, and writes a precompiled header to PATH. Its users need not include all of them,
 * nor in this order (added_headers.h). Returns what is behind them; NULL where that had better be
 * left. */
GBytes *parser_add(struct parser *parser, const struct parse_request *request, const char *text,
                   const char *path);

/* The same as a table: what the module exports under the name PARSER_CALLS. `version` is
 * UNIT_VERSION. */
struct parser_calls {
  uint32_t version;
  struct parser *(*create)(const char *resource_dir, GError **error);
  bool (*parse_unit)(struct parser *parser, const struct parse_request *request,
                     struct parsed *parsed, GError **error);
  bool (*parse_prefix)(struct parser *parser, const struct parse_request *request, const char *text,
                       const char *path, struct parsed *parsed, GError **error);
  GBytes *(*add)(struct parser *parser, const struct parse_request *request, const char *text,
                 const char *path);
};
#define PARSER_CALLS "cleave_parser_calls"
extern const struct parser_calls cleave_parser_calls;

#define PARSE_ERROR (parse_error_quark())
GQuark parse_error_quark(void);
enum parse_error { PARSE_ERROR_RESOURCE_DIR, PARSE_ERROR_NO_TREE, PARSE_ERROR_NO_PREFIX };

#endif
