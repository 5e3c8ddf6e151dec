/* From C types and what is declared about them to shapes. Refuses what cannot travel; never
 * guesses. */
#ifndef CLEAVE_GENERATE_SHAPE_FINDER_H
#define CLEAVE_GENERATE_SHAPE_FINDER_H

#include "splitter/generate/annotation.h"
#include "splitter/generate/c_type.h"
#include "splitter/generate/contract_book.h"
#include "splitter/generate/inventory.h"
#include "splitter/generate/shape.h"

struct shape_finder {
  const struct inventory *inventory;
  const struct contract_book *book; /* or NULL */
  const struct fact_routine *routine;
  const GPtrArray *siblings; /* struct fact_field *: of the record at hand; NULL: parameters */
  GHashTable *records;       /* &fact_type.id -> GPtrArray of struct member *; owns them */
  GHashTable *links;         /* "type id|member": links that a list or somebody's word covers */
  char *refusal;             /* why it cannot travel, or NULL: the first reason */
  const char *refusal_file;
  int64_t refusal_line;
};

void shape_finder_init(struct shape_finder *finder, const struct inventory *inventory,
                       const struct contract_book *book, const struct fact_routine *routine);
void shape_finder_clear(struct shape_finder *finder);

/* The first refusal stays; takes WHY. */
void shape_finder_refuse(struct shape_finder *finder, const char *file, int64_t line, char *why);
/* WHERE: name of the parameter, "" for the result, "struct.member" for a member. */
void shape_finder_refuse_value(struct shape_finder *finder, const char *where, const char *why);

/* What a value of TYPE travels as. COUNT: sibling that holds its number, where that was found; what
 * DECLARED says wins. PLACE: C expression of that type, for types without a name. Never NULL. */
struct shape *shape_finder_find(struct shape_finder *finder, const struct c_type *type,
                                const struct annotation *declared, const char *count,
                                const char *where, const char *place);

/* How C spells the type of a record that has a name. A new string. */
char *shape_finder_c_type(const struct shape_finder *finder, const struct fact_type *type);

/* What is declared about a parameter or member: the book first, then the source. */
const char *shape_finder_words(const struct shape_finder *finder, const char *owner,
                               const char *name, const char *annotation);

/* Refuses records that lead to themselves in a way that nobody described, unless nothing that the
 * routine reaches mentions the link: then it stays NULL. O(text of the closure). */
void shape_finder_check_links(struct shape_finder *finder);

/* Whether NAME is called like the number of what OWNER holds (n_items, items_count, datalen), or
 * like any number (n, len, size). */
bool names_count_of(const char *name, const char *owner);
bool is_generic_count(const char *name);

/* Whether the type is a handle of the process. */
bool is_outside_handle(const char *name);

#endif
