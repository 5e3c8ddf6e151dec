/* Typed replay: the original routine, called in this process with C values that are drawn from its
 * contract, so that its answers can be compared with those of its function.
 *
 * The generated tables say how the values of a contract lie in memory. Everything here works on
 * them alone: values are drawn, written as JSON and checked without the code that the functions
 * read and write values with, so that a mistake there shows as a difference. Never part of a
 * function. */
#ifndef CLEAVE_REPLAY_H
#define CLEAVE_REPLAY_H

#include "cleave_marshal.h"

enum cleave_kind {
  CLEAVE_OMITTED, /* does not travel: zero */
  CLEAVE_BOOLEAN,
  CLEAVE_INTEGER,
  CLEAVE_FLOAT,
  CLEAVE_ENUM,
  CLEAVE_STRING,     /* pointer to text up to its NUL */
  CLEAVE_TEXT_ARRAY, /* array of char with such a text */
  CLEAVE_TEXT,       /* pointer to counted text */
  CLEAVE_BYTES,      /* pointer to counted bytes */
  CLEAVE_BYTE_ARRAY,
  CLEAVE_RECORD,
  CLEAVE_POINTER, /* to one element */
  CLEAVE_ARRAY,
  CLEAVE_COUNTED,    /* pointer to counted elements */
  CLEAVE_TERMINATED, /* pointer to elements up to one that is zero */
  CLEAVE_LIST,       /* pointer to linked records */
  CLEAVE_UNION,
  CLEAVE_COUNT /* number of a neighbour's elements: follows from it */
};

struct cleave_slot;

/* One value of a tag and the field of the union that it chooses. */
struct cleave_arm {
  int64_t value;
  size_t field;
};

struct cleave_type {
  enum cleave_kind kind;
  size_t size; /* bytes of the value itself; 0 for bit-fields */
  int bits;
  int is_signed;
  int is_nullable;
  size_t length;                     /* of a fixed array, in elements */
  const struct cleave_type *element; /* of pointers, arrays and lists */
  const struct cleave_slot *fields;  /* of a record or union */
  size_t n_fields;
  const struct cleave_enumerator *names; /* of an enum */
  size_t n_names;
  const struct cleave_arm *arms; /* of a union */
  size_t n_arms;
  int has_sentinel; /* the record behind the last of a terminated array has zero ... */
  size_t sentinel;  /* ... in this field */
  size_t link;      /* offset of a list's link */
  int has_back;
  size_t back; /* offset of its link backwards */
};

enum cleave_slot_flag {
  CLEAVE_COMES_IN = 1,
  CLEAVE_COMES_OUT = 2,
  CLEAVE_IS_KEPT = 4, /* the routine keeps or frees it: every piece is one of malloc() */
  CLEAVE_IS_DIMENSION =
      8, /* the room or number of neighbours follows from it: small, not negative */
  CLEAVE_ENDS_WITH_NUL = 16 /* text whose number is only the room */
};

/* A member of a record, or a parameter. The functions get the record around it. */
struct cleave_slot {
  const char *name; /* in JSON */
  size_t offset;
  const struct cleave_type *type;
  unsigned flags; /* of enum cleave_slot_flag */
  /* Bit-fields. */
  int64_t (*get)(const void *record);
  void (*set)(void *record, int64_t value);
  cleave_wide (*number)(const void *record);  /* of its elements, or the tag that tells its arm */
  void (*set_number)(void *record, size_t n); /* NULL: the number follows from neighbours */
  cleave_wide (*room)(const void *record);    /* of what only comes out, in elements */
  const struct cleave_type *chooses;          /* union whose arm this value tells */
};

/* A routine with its contract. Its parameters, result and errno lie in one record. */
struct cleave_replay_function {
  const char *name;
  int (*init)(struct cleave_error *error); /* the start-up steps of the function */
  size_t size;                             /* of the record of values */
  const struct cleave_slot *fields;        /* parameters */
  size_t n_fields;
  const struct cleave_slot *result; /* or NULL */
  int is_whole;                     /* the one parameter is the input itself */
  int has_errno;
  void (*call)(void *values);
  int (*fails)(const void *values); /* whether the result means failure; or NULL */
  int (*error_number)(const void *values);
};

/* Answers requests of `cleave replay --typed`, one line of JSON each on standard input and output,
 * until the input ends. Every request runs in a child of its own, so that no call sees what another
 * has left, and a crash ends one call alone. */
int cleave_replay_main(const struct cleave_replay_function *functions, size_t n);

#endif
