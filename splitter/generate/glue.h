/* The C files of one binary that touch the monolith: each stands behind the source file whose names
 * it needs (it includes that file, so static routines and every type are visible), or alone.
 *
 * Gathers text per source; knows nothing of triggers or adapters. */
#ifndef CLEAVE_GENERATE_GLUE_H
#define CLEAVE_GENERATE_GLUE_H

#include "splitter/generate/c_writer.h"
#include "splitter/generate/inventory.h"

struct glue_file {
  char *source;           /* relative to the root; "" when none is included */
  char *name;             /* of the C file: "glue_catalogue.c" */
  GTree *prototypes;      /* declaration -> nothing, ascending */
  GHashTable *marshalled; /* symbols of records and enums that it knows already */
  struct c_writer code;
};

struct glue {
  const struct inventory *inventory;
  const char *program;
  GTree *files; /* source -> struct glue_file * */
  GTree *steps; /* "source|expression" -> symbol of the start step */
};

struct glue *glue_new(const struct inventory *inventory, const char *program);
void glue_free(struct glue *glue);

/* The file for a source, made when missing. */
struct glue_file *glue_file(struct glue *glue, const char *source);

/* Declares the routines that an expression names and that the included source may not know:
 * defined elsewhere in the program, not static, with types that C itself knows or that are records.
 */
void glue_declare(struct glue *glue, struct glue_file *file, const char *expression);

/* The whole text of a file. A new string. */
char *glue_text(const struct glue_file *file);

#endif
