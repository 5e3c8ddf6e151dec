/* What the files share that call the parser: see parse.h.
 *
 * Private to parser.c, parse.c and parse_headers.c. */
#ifndef CLEAVE_ANALYZER_PARSE_PARTS_H
#define CLEAVE_ANALYZER_PARSE_PARTS_H

#include "analyzer/extract.h"
#include "analyzer/parse.h"

#include <clang-c/Index.h>

struct parser {
  CXIndex index;
  char *resource_dir;
  bool has_cross_headers; /* of whatever gcc is for */
  GHashTable *layers;     /* GBytes * of a description -> struct layer *: see parse.c */
  GHashTable *texts;     /* GBytes * of the files of a prefix -> GString * of what stands in them */
  GHashTable *looked_at; /* absolute path -> struct parsed_file * */
};

/* One parse, on a thread of its own. */
struct job {
  struct parser *parser;
  const struct parse_request *request;
  const char *text; /* of a prefix */
  const char *path; /* where its precompiled header goes */
  GHashTable *read; /* path -> enum read_role */
  struct parsed *parsed;
  GError *error;
};

/* parser.c */

/* The normalised arguments, and those that are ours. */
GPtrArray *parser_arguments(const struct parser *parser, const struct parse_request *request);
/* The header comes before everything else. */
void parser_add_precompiled(GPtrArray *arguments, const char *precompiled);
/* The files that were read, with their contents' hashes or, for a prefix, with their roles. */
GBytes *parser_list_files(struct parser *parser, GHashTable *read, const char *root,
                          bool is_prefix);
/* A table for what is read: path -> enum read_role. */
GHashTable *parser_read_new(void);
/* Runs JOB on a stack that is deep enough. */
void parser_run(struct job *job, GThreadFunc run);
/* PATH, or the file of that name in ROOT. */
char *parser_absolute(const char *root, const char *path);

/* parse.c */

void parser_layer_free(gpointer layer);

#endif
