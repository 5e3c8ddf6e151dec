/* Types as C writes them, taken apart: base, pointers, array, qualifiers; typedefs followed.
 * Knows types of the C library by name and the rest from the facts. */
#ifndef CLEAVE_GENERATE_C_TYPE_H
#define CLEAVE_GENERATE_C_TYPE_H

#include "splitter/generate/inventory.h"

enum c_base {
  C_VOID,
  C_BOOLEAN,
  C_CHARACTER, /* char: text */
  C_INTEGER,
  C_FLOAT,
  C_ENUM,
  C_RECORD,
  C_ROUTINE, /* a routine type */
  C_VA_LIST,
  C_UNKNOWN
};

#define C_DIMENSIONS 4

struct c_type {
  enum c_base base;
  int bits;
  bool is_signed;
  bool is_byte;                  /* unsigned char, uint8_t ...: bytes when there are many */
  bool is_const;                 /* what the last pointer points to is const, or the value itself */
  unsigned n_stars;              /* pointers around the base */
  bool is_array;                 /* of elements with n_stars; or, with is_to_array, */
  bool is_to_array;              /* one pointer to such an array */
  int64_t lengths[C_DIMENSIONS]; /* of a fixed array, outermost first; 0 when unknown */
  unsigned n_dimensions;
  const struct fact_type *type; /* record or enum */
  char name[96];                /* of the base, as written */
};

/* Takes TYPE apart; TYPE_ID names the record or enum behind it, or 0. O(length of typedef chain).
 */
void c_type_read(const struct inventory *inventory, const char *type, int64_t type_id,
                 struct c_type *out);

/* The same of a parameter: an array whose length no constant tells is a pointer. Returns what
 * stands in its brackets, "n" of "int[static n]", as a new string; NULL when nothing does. */
char *c_type_read_param(const struct inventory *inventory, const char *type, int64_t type_id,
                        struct c_type *out);

/* How a variable that such a parameter is called with is declared: "int *" for "int[static n]",
 * "int[4]" for "int[static 4]". A new string. */
char *c_type_param_text(const char *type);

#endif
