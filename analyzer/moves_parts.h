/* What the parts of moves.h share. */
#ifndef CLEAVE_ANALYZER_MOVES_PARTS_H
#define CLEAVE_ANALYZER_MOVES_PARTS_H

#include "analyzer/moves.h"
#include "analyzer/unit_layout.h"

/* A position: an array's members for file, line and column, or no column. */
struct moves_position {
  enum unit_array array;
  uint32_t file, line, column;
};

#define MOVES_NO_COLUMN UINT32_MAX
enum { MOVES_N_POSITIONS = 14 };
extern const struct moves_position moves_positions[MOVES_N_POSITIONS];

/* The rows of a unit by array. */
struct moves_table {
  const uint8_t *rows[N_ARRAYS];
  uint32_t counts[N_ARRAYS];
};

struct moves_table moves_table_of(const struct unit *unit);

/* The member at an offset of a row. */
uint32_t moves_word_at(const struct moves_table *table, enum unit_array array, uint32_t row,
                       uint32_t offset);

/* Pairs the rows of both sides and fills what a moved unit tells of them; false where they differ
 * in what linking decides by. Linear. */
bool moves_pair(struct moved_unit *unit, const struct moves_table *before,
                const struct moves_table *after);

/* The row of the other side; UNIT_NONE where there is none. */
uint32_t moves_partner(const struct moved_unit *unit, enum unit_array array, uint32_t row);

/* Whether a literal names no table of a database: such ones are nothing but text. */
bool moves_is_plain_text(const struct unit *unit, uint32_t literal);

#endif
