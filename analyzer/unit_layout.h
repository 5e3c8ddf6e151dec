/* How frozen facts lie in memory: a header, then one section for each array. Private to unit.c,
 * unit_builder.c and the parts of moves.h. */
#ifndef CLEAVE_ANALYZER_UNIT_LAYOUT_H
#define CLEAVE_ANALYZER_UNIT_LAYOUT_H

#include "analyzer/unit.h"

#define UNIT_MAGIC "cleaveU"

enum unit_array {
#define UNIT_ARRAY_ENUM(row, array) ARRAY_##row,
  UNIT_ARRAYS(UNIT_ARRAY_ENUM)
#undef UNIT_ARRAY_ENUM
      ARRAY_string, /* offsets, one uint32_t each */
  ARRAY_byte,       /* what they point to */
  N_ARRAYS
};

/* The array that the member at an offset of an array's rows is an index of, ARRAY_string for
 * strings; N_ARRAYS for what is none, or one of several by the kind of the row. */
enum unit_array unit_array_behind(enum unit_array array, uint32_t offset);

struct unit_section {
  uint32_t offset; /* from the start, a multiple of 8 */
  uint32_t count;
};

struct unit_header {
  char magic[8];
  uint32_t version;
  uint32_t n_sections;
  struct unit_section sections[N_ARRAYS];
};

#endif
