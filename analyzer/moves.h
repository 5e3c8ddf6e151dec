/* What an edit did to the facts of units, when all that it did was to move them: every row is still
 * there and says the same, on other lines of the files that were edited. What linking does not
 * decide by may come, go and change:
 *
 * - automatic variables that no other row mentions, words, statements;
 * - guards that guard nothing, and comparisons with a number that are no part of a switch or of a
 *   chain of texts;
 * - accesses that the routine makes elsewhere too: whatever they add to is a set;
 * - constants that calls hand over; moved_constants.h tells whether one decides anything.
 *
 * Whatever linking decides by lines, it decides by their order inside one routine or one file. So
 * where lines keep their order, the rows of the store move with them and nothing else changes.
 *
 * Compares; writes nothing (see moved_rows.h). */
#ifndef CLEAVE_ANALYZER_MOVES_H
#define CLEAVE_ANALYZER_MOVES_H

#include "analyzer/unit.h"

/* An access that came or went, and another one of its routine that stays and says the same. */
struct moved_twin {
  uint32_t access;
  uint32_t twin; /* of the same side */
};

/* One unit before and after. */
struct moved_unit {
  int64_t id; /* fact_unit.id */
  struct unit *before, *after;
  bool is_alone; /* no other unit reads its source */
  /* row before -> row after, UNIT_NONE where it is gone; other rows have the same numbers */
  uint32_t *objects, *guards, *arms, *accesses;
  bool *choices_before, *choices_after; /* by arm: part of a switch or of a chain with a text */
  bool *is_moved;                       /* by file */
  GArray *rewritten; /* uint32_t: routines of the source with other words or statements */
  GArray *constants; /* uint32_t: arguments that are another constant */
  GArray *gone;      /* struct moved_twin: rows before */
  GArray *fresh;     /* struct moved_twin: rows after */
};

struct moves {
  GPtrArray *units;  /* struct moved_unit * */
  GHashTable *files; /* path -> GArray of places that moved, see moves.c */
  bool is_more;      /* some unit changed in more than its lines */
};

struct moves *moves_new(void);
void moves_free(struct moves *moves);

/* Compares a unit with what it was. Both sides are frozen facts; damaged ones count as more than a
 * move. A source that other units read too may have moved, and no more: its bodies stand for
 * theirs. Linear in the size of the unit. */
void moves_add(struct moves *moves, int64_t id, GBytes *before, GBytes *after, bool is_alone);

/* True when no unit changed in more than its lines, and all units agree on where lines went. Call
 * once, before moves_line(). O(n log n) in the rows that lie in moved files. */
bool moves_close(struct moves *moves);

/* Where a line, and a column unless that is NULL, of a file is now. Both stay as they are in a file
 * that has not moved. False when nothing was there. */
bool moves_line(const struct moves *moves, const char *file, int64_t *line, int64_t *column);

#endif
