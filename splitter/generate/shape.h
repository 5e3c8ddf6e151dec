/* How a value of one C type travels as JSON: a tree of shapes. Plain data, made by shape_finder and
 * read by everything that writes C, schemas or samples. */
#ifndef CLEAVE_GENERATE_SHAPE_H
#define CLEAVE_GENERATE_SHAPE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/facts.h"

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
  SHAPE_ARRAY,      /* fixed array of elements: length; with count, the first of them are set */
  SHAPE_COUNTED,    /* pointer to elements: count */
  SHAPE_TERMINATED, /* pointer to elements up to one that is zero, or whose member sentinel is */
  SHAPE_LIST,       /* pointer to a record linked by its member link, up to NULL */
  SHAPE_UNION,      /* members, of which the arm that the tag chooses travels */
  SHAPE_OMITTED,    /* does not travel: zero on arrival */
  SHAPE_COUNT       /* the count of a neighbour: follows from it */
};

struct member {
  char *name;        /* in JSON */
  bool is_anonymous; /* has no name in C: what is in it belongs to the record around it */
  bool is_self_link; /* points to the record's own type, and nobody said how that travels */
  struct shape *shape;
};

/* One value of a tag and the member of the union that it chooses. */
struct arm {
  char *value; /* C constant */
  char *member;
};

struct shape {
  enum shape_kind kind;
  int bits;
  bool is_signed;
  bool is_nullable;
  bool is_bit_field;
  const struct fact_type *type; /* record or enum */
  char *c_type;                 /* of a record: how C spells its type */
  struct shape *element;
  int64_t length;
  char *count;        /* sibling (member or parameter) that holds the number of elements or bytes */
  char *room;         /* sibling that says how many fit: on arrival, as many as came */
  char *extent;       /* or a C expression of siblings that gives it: they travel themselves */
  char *sentinel;     /* member that is zero in the record that ends an array, or NULL */
  char *tag;          /* sibling that tells the arm of a union */
  GPtrArray *arms;    /* struct arm * */
  char *link;         /* member that leads to the next record of a list */
  char *back;         /* member that leads to the one before, or NULL */
  GPtrArray *members; /* struct member *: of a record or union; not owned */
};

struct shape *shape_new(enum shape_kind kind);
/* Accepts NULL. */
void shape_free(struct shape *shape);
void member_free(gpointer member);
void arm_free(gpointer arm);

/* Whether it is a JSON value of its own. */
bool shape_travels(const struct shape *shape);

/* Whether values of it hold pointers, or members that do not travel: those may be pointers too, and
 * nobody here knows to what. */
bool shape_holds_pointers(const struct shape *shape);

/* Where the elements of a counted shape find their number: the name of a sibling, or an expression
 * of siblings; behind an out pointer to a pointer too. Other shapes and NULL are left alone. */
void shape_set_number(struct shape *shape, const char *number);

/* The member of that name, or NULL. */
const struct member *shape_member(const struct shape *shape, const char *name);

#endif
