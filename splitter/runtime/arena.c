#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BLOCK ((size_t)16 * 1024)
#define ARENA_ALIGN (sizeof(max_align_t))

struct arena_block {
  struct arena_block *next;
  size_t size;
  size_t used;
  max_align_t bytes[];
};

void arena_init(struct arena *arena)
{
  arena->blocks = NULL;
}

static struct arena_block *arena_grow(struct arena *arena, size_t size)
{
  size_t room = size > ARENA_BLOCK ? size : ARENA_BLOCK;
  struct arena_block *block = malloc(sizeof(*block) + room);
  if (!block) {
    abort();
  }
  block->size = room;
  block->used = 0;
  block->next = arena->blocks;
  arena->blocks = block;
  return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
  if (size > SIZE_MAX / 2) {
    abort();
  }
  size_t rounded = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
  struct arena_block *block = arena->blocks;
  if (!block || block->size - block->used < rounded) {
    block = arena_grow(arena, rounded);
  }
  char *start = (char *)block->bytes + block->used;
  block->used += rounded;
  memset(start, 0, rounded);
  return start;
}

void arena_reset(struct arena *arena)
{
  struct arena_block *kept = NULL;
  while (arena->blocks) {
    struct arena_block *block = arena->blocks;
    arena->blocks = block->next;
    if (!kept && block->size == ARENA_BLOCK) {
      kept = block;
    } else {
      free(block);
    }
  }
  if (kept) {
    kept->next = NULL;
    kept->used = 0;
    arena->blocks = kept;
  }
}

void arena_clear(struct arena *arena)
{
  arena_reset(arena);
  free(arena->blocks);
  arena->blocks = NULL;
}

char *arena_copy(struct arena *arena, const char *data, size_t n)
{
  char *copy = arena_alloc(arena, n + 1);
  if (n > 0) {
    memcpy(copy, data, n);
  }
  return copy;
}

char *arena_string(struct arena *arena, const char *text)
{
  return arena_copy(arena, text, strlen(text));
}

char *arena_print(struct arena *arena, const char *format, ...)
{
  char small[256];
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(small, sizeof(small), format, arguments);
  va_end(arguments);
  if (n < 0) {
    abort();
  }
  if ((size_t)n < sizeof(small)) {
    return arena_copy(arena, small, (size_t)n);
  }
  char *text = arena_alloc(arena, (size_t)n + 1);
  va_start(arguments, format);
  vsnprintf(text, (size_t)n + 1, format, arguments);
  va_end(arguments);
  return text;
}
