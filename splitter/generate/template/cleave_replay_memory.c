#include "cleave_replay_memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARDED_LIMIT 2000 /* mappings are few and slow: further blocks are plain */

struct guarded {
  struct guarded *next;
  const char *name;
  char *data;
  size_t size;
  char *mapping; /* or NULL: of malloc() */
  size_t n_mapped;
};

static size_t page_size(void)
{
  return (size_t)sysconf(_SC_PAGESIZE);
}

/* Room of SIZE bytes whose end is the end of what may be touched. */
static char *map(struct guarded *block, size_t size)
{
  size_t page = page_size();
  size_t n = (size + page - 1) / page * page;
  char *mapping = mmap(NULL, n + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED || mprotect(mapping + n, page, PROT_NONE) != 0) {
    abort();
  }
  block->mapping = mapping;
  block->n_mapped = n + page;
  return mapping + n - size;
}

void *guarded_alloc(struct guarded_memory *memory, size_t size, int is_plain, const char *name)
{
  struct guarded *block = calloc(1, sizeof *block);
  if (!block) {
    abort();
  }
  block->name = name;
  block->size = size;
  block->data =
      is_plain || memory->n >= GUARDED_LIMIT ? calloc(size > 0 ? size : 1, 1) : map(block, size);
  if (!block->data) {
    abort();
  }
  block->next = memory->blocks;
  memory->blocks = block;
  memory->n += block->mapping != NULL;
  return block->data;
}

const char *guarded_find(const struct guarded_memory *memory, const void *address, size_t *behind,
                         size_t *size)
{
  uintptr_t at = (uintptr_t)address;
  for (const struct guarded *block = memory->blocks; block; block = block->next) {
    uintptr_t end = (uintptr_t)block->data + block->size;
    if (block->mapping && at >= end && at < (uintptr_t)block->mapping + block->n_mapped) {
      *behind = at - end;
      *size = block->size;
      return block->name;
    }
  }
  return NULL;
}

void guarded_clear(struct guarded_memory *memory)
{
  while (memory->blocks) {
    struct guarded *block = memory->blocks;
    memory->blocks = block->next;
    if (block->mapping) {
      munmap(block->mapping, block->n_mapped);
    } else {
      free(block->data);
    }
    free(block);
  }
  memory->n = 0;
}
