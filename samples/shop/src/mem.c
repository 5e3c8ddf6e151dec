#include "shop.h"

static void mem_exhausted(size_t size) {
  fprintf(stderr, "shop: out of memory, wanted %zu bytes\n", size);
  abort();
}

void *mem_alloc(size_t size) {
  void *block = calloc(1, size ? size : 1);
  if (!block) mem_exhausted(size);
  return block;
}

void *mem_resize(void *block, size_t size) {
  void *moved = realloc(block, size ? size : 1);
  if (!moved) mem_exhausted(size);
  return moved;
}

char *mem_string_part(const char *text, size_t length) {
  char *copy = mem_alloc(length + 1);
  memcpy(copy, text, length);
  return copy;
}

char *mem_string(const char *text) { return mem_string_part(text, strlen(text)); }
