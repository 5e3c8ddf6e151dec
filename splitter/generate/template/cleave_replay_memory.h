/* Memory for drawn values. A block ends where a page without access begins, so that whoever reads
 * or writes behind it is caught and told apart from other crashes. */
#ifndef CLEAVE_REPLAY_MEMORY_H
#define CLEAVE_REPLAY_MEMORY_H

#include <stddef.h>

struct guarded;

struct guarded_memory {
  struct guarded *blocks;
  size_t n;
};

/* Zeroed; of malloc() when IS_PLAIN. NAME must outlive the memory. Never NULL. */
void *guarded_alloc(struct guarded_memory *memory, size_t size, int is_plain, const char *name);
/* The block behind whose end ADDRESS lies: its name, and how far behind; NULL when there is none.
 * Safe in signal handlers. */
const char *guarded_find(const struct guarded_memory *memory, const void *address, size_t *behind,
                         size_t *size);
void guarded_clear(struct guarded_memory *memory);

#endif
