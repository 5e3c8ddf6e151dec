/* How the parameters and results of a routine travel as JSON: found from the C types and from how
 * the routine uses them, then changed by annotations in the source and by contracts.yaml.
 *
 * Every conclusion carries its reason. What cannot travel is refused with the reason and the line,
 * never guessed. */
#ifndef CLEAVE_GENERATE_CONTRACT_H
#define CLEAVE_GENERATE_CONTRACT_H

#include <stdbool.h>
#include <stdint.h>

#include "splitter/generate/contract_book.h"
#include "splitter/generate/inventory.h"

enum shape_kind {
  SHAPE_VOID,
  SHAPE_BOOLEAN,
  SHAPE_INTEGER,    /* bits, is_signed */
  SHAPE_FLOAT,      /* bits: 32, 64 or 80 */
  SHAPE_ENUM,       /* type */
  SHAPE_STRING,     /* pointer to text that ends with NUL */
  SHAPE_TEXT_ARRAY, /* array of char that holds such a text: length */
  SHAPE_TEXT,       /* pointer to text of counted bytes: count */
  SHAPE_BYTES,      /* pointer to counted bytes: count; base64 */
  SHAPE_BYTE_ARRAY, /* fixed array of bytes: length; base64 */
  SHAPE_STRUCT,     /* the value itself: type, members */
  SHAPE_POINTER,    /* pointer to one element */
  SHAPE_ARRAY,      /* fixed array of elements: length */
  SHAPE_COUNTED,    /* pointer to elements: count */
  SHAPE_TERMINATED, /* pointer to pointers up to NULL */
  SHAPE_LIST,       /* pointer to a record linked by its member `link` */
  SHAPE_UNION,      /* tag and arms */
  SHAPE_OMITTED,    /* does not travel: zero on arrival */
  SHAPE_COUNT       /* the count of a neighbour: follows from it */
};

struct member {
  char *name;
  struct shape *shape;
  char *arm; /* of a union: value of the tag that chooses it */
};

/* How a value of one C type travels. */
struct shape {
  enum shape_kind kind;
  char *c_type; /* as declared, without qualifiers of the top level */
  int bits;
  bool is_signed;
  bool is_nullable;
  const struct fact_type *type; /* record or enum */
  struct shape *element;
  int64_t length;
  char *count;        /* sibling (member or parameter) that holds the number of elements or bytes */
  char *tag;          /* sibling that tells the arm of a union */
  char *link;         /* member that links a list */
  GPtrArray *members; /* struct member *: of a record or union; shared by all of that type */
};

struct contract_param {
  int64_t position; /* 0 is the result */
  char *name;
  char *type;
  struct shape *shape;
  bool is_in;
  bool is_out;
  char *free;     /* routine that frees what comes out; NULL: it stays where it is */
  bool is_kept;   /* the routine keeps or frees what it is handed */
  char *capacity; /* parameter that holds the caller's room of an out buffer */
  char *reason;
};

struct contract {
  const struct fact_routine *routine;
  GPtrArray *params; /* struct contract_param *, by position, without the result */
  struct contract_param *result;
  bool has_errno;
  bool is_whole; /* the payload is the one value itself, not an object of parameters */
  char *fails;   /* condition on `result` that means failure, or NULL */
  char *fails_reason;
  char *refusal; /* why it cannot travel, or NULL */
  const char *file;
  int64_t line;
  GHashTable *records; /* &fact_type.id -> GPtrArray of struct member * */
};

/* Infers the contract of a routine; what BOOK (or NULL) says wins over annotations, and these over
 * inference. Never NULL; look at `refusal`. O(types reached). */
struct contract *contract_infer(const struct inventory *inventory,
                                const struct fact_routine *routine,
                                const struct contract_book *book);
/* Accepts NULL. */
void contract_free(struct contract *contract);

#endif
