#include "cleave_marshal_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cleave_marshal_block {
  struct cleave_marshal_block *next;
  void *data;
  size_t size;
  const char *place; /* of the pointer that leads here, or NULL */
  int is_kept;
  int is_settled;
};

void cleave_marshal_begin(struct cleave_marshal *marshal, struct cleave_error *error)
{
  memset(marshal, 0, sizeof *marshal);
  marshal->error = error;
  marshal->room = MARSHAL_ROOM;
}

void cleave_marshal_end(struct cleave_marshal *marshal)
{
  while (marshal->blocks) {
    struct cleave_marshal_block *block = marshal->blocks;
    marshal->blocks = block->next;
    free(block->data);
    free(block);
  }
  json_decref(json(marshal->input));
  marshal->input = NULL;
}

int cleave_marshal_refuse(struct cleave_marshal *marshal, const char *message)
{
  const char *place = *marshal->path ? marshal->path : "the input";
  return cleave_error_set(marshal->error, 400, "Function.BadInput", "%s: %s", place, message);
}

void *cleave_marshal_alloc(struct cleave_marshal *marshal, size_t n, size_t size)
{
  if (size == 0 || n > marshal->room / size) {
    cleave_marshal_refuse(marshal, "too large");
    return NULL;
  }
  struct cleave_marshal_block *block = malloc(sizeof *block);
  void *data = calloc(n > 0 ? n : 1, size);
  if (!block || !data) {
    free(block);
    free(data);
    cleave_marshal_refuse(marshal, "too large");
    return NULL;
  }
  marshal->room -= n * size;
  block->data = data;
  block->size = n > 0 ? n * size : size;
  block->place = NULL;
  block->is_kept = marshal->is_kept;
  block->is_settled = 0;
  block->next = marshal->blocks;
  marshal->blocks = block;
  return data;
}

void cleave_marshal_place(struct cleave_marshal *marshal, const void *place)
{
  marshal->blocks->place = place;
}

static int compare_blocks(const void *left, const void *right)
{
  uintptr_t a = (uintptr_t)(*(struct cleave_marshal_block *const *)left)->data;
  uintptr_t b = (uintptr_t)(*(struct cleave_marshal_block *const *)right)->data;
  return a < b ? -1 : a > b;
}

/* The block that the address lies in, or NULL. */
static struct cleave_marshal_block *holder_of(struct cleave_marshal_block **sorted, size_t n,
                                              const char *address)
{
  size_t low = 0, high = n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    uintptr_t start = (uintptr_t)sorted[middle]->data;
    if ((uintptr_t)address < start) {
      high = middle;
    } else if ((uintptr_t)address - start < sorted[middle]->size) {
      return sorted[middle];
    } else {
      low = middle + 1;
    }
  }
  return NULL;
}

void cleave_marshal_settle(struct cleave_marshal *marshal)
{
  size_t n = 0, i = 0;
  for (struct cleave_marshal_block *block = marshal->blocks; block; block = block->next) {
    n += block->data != NULL;
  }
  struct cleave_marshal_block **ordered = malloc((n + 1) * 2 * sizeof *ordered);
  if (!ordered) {
    abort();
  }
  struct cleave_marshal_block **sorted = ordered + n + 1;
  /* The list begins with the newest: holders were made before what they hold. */
  i = n;
  for (struct cleave_marshal_block *block = marshal->blocks; block; block = block->next) {
    if (block->data) {
      ordered[--i] = block;
    }
  }
  memcpy(sorted, ordered, n * sizeof *sorted);
  qsort(sorted, n, sizeof *sorted, compare_blocks);
  for (i = 0; i < n; i++) {
    struct cleave_marshal_block *holder =
        ordered[i]->place ? holder_of(sorted, n, ordered[i]->place) : NULL;
    const void *now = NULL;
    if (holder && !holder->is_settled) {
      memcpy(&now, ordered[i]->place, sizeof now);
    }
    ordered[i]->is_settled = holder && now != ordered[i]->data;
  }
  for (i = 0; i < n; i++) {
    if (ordered[i]->is_settled) {
      ordered[i]->data = NULL;
    }
  }
  free(ordered);
}

void cleave_marshal_keep(struct cleave_marshal *marshal, int is_kept)
{
  marshal->is_kept = is_kept;
}

void cleave_marshal_release(struct cleave_marshal *marshal)
{
  for (struct cleave_marshal_block *block = marshal->blocks; block; block = block->next) {
    if (block->is_kept) {
      block->data = NULL;
    }
  }
}

void marshal_drop(struct cleave_marshal *marshal, const void *pointer)
{
  for (struct cleave_marshal_block *block = marshal->blocks; block; block = block->next) {
    if (block->data == pointer) {
      free(block->data);
      block->data = NULL;
      return;
    }
  }
}

void marshal_place_data(struct cleave_marshal *marshal, const void *data, const void *place)
{
  struct cleave_marshal_block *block = marshal->blocks;
  while (block && block->data != data) {
    block = block->next;
  }
  if (block) {
    block->place = place;
  }
}

void cleave_marshal_give(struct cleave_marshal *marshal)
{
  for (struct cleave_marshal_block *block = marshal->blocks; block; block = block->next) {
    block->data = NULL;
  }
}

const cleave_value *cleave_marshal_parse(struct cleave_marshal *marshal, struct cleave_bytes text)
{
  marshal->input = ours(cleave_json_parse(text, marshal->error));
  return marshal->input;
}

static int enter(struct cleave_marshal *marshal, const char *text, int is_element)
{
  if (marshal->depth >= MARSHAL_DEPTH) {
    return cleave_marshal_refuse(marshal, "nested too deep");
  }
  size_t length = strlen(marshal->path);
  marshal->lengths[marshal->depth++] = length;
  snprintf(marshal->path + length, sizeof marshal->path - length, "%s%s",
           length > 0 && !is_element ? "." : "", text);
  return 0;
}

int cleave_enter(struct cleave_marshal *marshal, const char *member)
{
  return enter(marshal, member, 0);
}

int cleave_enter_element(struct cleave_marshal *marshal, size_t index)
{
  char text[32];
  snprintf(text, sizeof text, "[%zu]", index);
  return enter(marshal, text, 1);
}

void cleave_leave(struct cleave_marshal *marshal)
{
  marshal->path[marshal->lengths[--marshal->depth]] = '\0';
}
