/* How the parameters and the result of a routine would travel to another process: how many bytes,
 * and what does not travel by itself. Judges types and uses; writes no code. */
#ifndef CLEAVE_SPLITTER_MARSHAL_H
#define CLEAVE_SPLITTER_MARSHAL_H

#include "splitter/monolith.h"

enum marshal { MARSHAL_OK, MARSHAL_NEEDS_CONTRACT, MARSHAL_REFUSED };

extern const char *const marshal_names[];

struct marshalling {
  enum marshal worst;
  char *blockers; /* every parameter that needs a contract or is refused, in words; "" for none */
  guint64 bytes;  /* of all values that have a size, there and back */
  bool is_open;   /* more than that: texts, arrays and what pointers inside records lead to */
};

/* O(log params + its params + types). The blockers are the caller's to clear. */
struct marshalling marshal_routine(const struct monolith *monolith, guint32 routine);
void marshalling_clear(struct marshalling *marshalling);

/* The first parameter through which the routine can hand out memory that nobody frees: a record
 * with pointers that it reads and writes, and of which no annotation says who owns them. NULL when
 * there is none. O(log params + its params * fields). */
const struct fact_param *marshal_unowned(const struct monolith *monolith, guint32 routine);

/* "at least 12 bytes", "96 bytes", "nothing": a new string. */
char *marshalling_size(const struct marshalling *marshalling);

#endif
