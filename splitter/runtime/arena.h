/* Memory of one event: handed out in pieces, given back all at once.
 * It never frees a single piece and never returns NULL: a process out of memory aborts, which the
 * crash report turns into an error that names the routine. */
#ifndef CLEAVE_ARENA_H
#define CLEAVE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
  struct arena_block *blocks; /* newest first */
};

void arena_init(struct arena *arena);

/* Gives everything back; keeps one block for the next event. */
void arena_reset(struct arena *arena);
void arena_clear(struct arena *arena);

/* Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);

/* Copies n bytes and ends them with a NUL. */
char *arena_copy(struct arena *arena, const char *data, size_t n);
char *arena_string(struct arena *arena, const char *text);
char *arena_print(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
