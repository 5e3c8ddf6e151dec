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
#include "splitter/generate/shape.h"

struct contract_param {
  int64_t position; /* 0 is the result */
  char *name;
  char *type;
  struct shape *shape;
  bool is_in;
  bool is_out;
  char *free;        /* routine that frees what comes out: the result, or what an out pointer points
                        to; NULL: it stays where it is */
  bool is_kept;      /* the routine keeps or frees what it is handed */
  bool has_transfer; /* it is declared who owns what comes out */
  char *unfreed;     /* why memory that comes out through it may never be freed, or NULL */
  char *capacity;    /* the caller's room of an out buffer: a parameter, or a C expression */
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
