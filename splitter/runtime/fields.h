/* Lists of names with values, in an arena, and how they are read from query strings and cookies.
 * Never keeps a value with an embedded NUL: C code would read another value than was sent. */
#ifndef CLEAVE_FIELDS_H
#define CLEAVE_FIELDS_H

#include "arena.h"
#include "cleave_runtime.h"

struct fields {
  struct cleave_field *items;
  size_t n_items;
  size_t room;
};

/* name and value must live as long as the arena. */
void fields_add(struct fields *fields, struct arena *arena, const char *name, const char *value);
struct cleave_fields fields_view(const struct fields *fields);

bool name_equals(const char *left, const char *right); /* ASCII letter case ignored */
bool name_begins(const char *text, const char *prefix);

/* Reads a=1&b=2 with form decoding. false when a name or value holds a NUL. */
bool fields_read_query(struct fields *fields, struct arena *arena, const char *query);

/* Reads a=1; b=2 (RFC 6265 section 4.2.1), values as they are. */
void fields_read_cookies(struct fields *fields, struct arena *arena, const char *header);

#endif
