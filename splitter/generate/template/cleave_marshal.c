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
  int is_fresh; /* made by realloc(NULL): ours only where a value leads to it */
  struct cleave_marshal_block *held; /* next in the list of those still to be looked through */
};

/* The value that a routine of this thread works on, and its blocks by address: a hash table with
 * open addressing, in which what has moved leaves its old entry behind until the next rebuild. */
static _Thread_local struct {
  struct cleave_marshal *marshal;
  struct cleave_marshal_block **table;
  size_t room, n_used;
} watched;

static void add_to_table(struct cleave_marshal_block *block);

static void end_watch(void)
{
  watched.marshal = NULL;
  free(watched.table);
  watched.table = NULL;
}

void cleave_marshal_begin(struct cleave_marshal *marshal, struct cleave_error *error)
{
  memset(marshal, 0, sizeof *marshal);
  marshal->error = error;
  marshal->room = MARSHAL_ROOM;
}

void cleave_marshal_end(struct cleave_marshal *marshal)
{
  if (watched.marshal == marshal) {
    end_watch();
  }
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
  block->is_fresh = 0;
  block->next = marshal->blocks;
  marshal->blocks = block;
  if (watched.marshal == marshal) {
    add_to_table(block);
  }
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

static size_t slot_of(const void *data)
{
  uint64_t mixed = (uint64_t)(uintptr_t)data * UINT64_C(0x9e3779b97f4a7c15);
  return (size_t)(mixed >> 20) & (watched.room - 1);
}

static void enter_block(struct cleave_marshal_block *block)
{
  size_t slot = slot_of(block->data);
  while (watched.table[slot]) {
    slot = (slot + 1) & (watched.room - 1);
  }
  watched.table[slot] = block;
  watched.n_used++;
}

/* At most half full. */
static void rebuild_table(void)
{
  size_t n = 0;
  for (struct cleave_marshal_block *block = watched.marshal->blocks; block; block = block->next) {
    n++;
  }
  watched.room = 64;
  while (watched.room < 4 * n) {
    watched.room *= 2;
  }
  /* The old one goes when the new one stands: free() looks in there. */
  struct cleave_marshal_block **before = watched.table;
  watched.table = calloc(watched.room, sizeof(struct cleave_marshal_block *));
  if (!watched.table) {
    abort();
  }
  watched.n_used = 0;
  for (struct cleave_marshal_block *block = watched.marshal->blocks; block; block = block->next) {
    if (block->data) {
      enter_block(block);
    }
  }
  free(before);
}

static void add_to_table(struct cleave_marshal_block *block)
{
  if (2 * (watched.n_used + 1) > watched.room) {
    rebuild_table();
  } else {
    enter_block(block);
  }
}

static struct cleave_marshal_block *block_at(uintptr_t data)
{
  size_t slot = slot_of((const void *)data);
  while (watched.table[slot] && (uintptr_t)watched.table[slot]->data != data) {
    slot = (slot + 1) & (watched.room - 1);
  }
  return watched.table[slot];
}

void cleave_marshal_watch(struct cleave_marshal *marshal)
{
  watched.marshal = marshal;
  rebuild_table();
}

/* Pointers that lay in a block that has moved lie elsewhere now, or nowhere. */
static void move_places(uintptr_t from, size_t old_size, char *to, size_t size)
{
  for (struct cleave_marshal_block *block = watched.marshal->blocks; block; block = block->next) {
    size_t offset = (size_t)((uintptr_t)block->place - from);
    if (!block->place || offset >= old_size) {
      continue;
    }
    block->place = to + offset;
    if (offset + sizeof(void *) > size) {
      block->data = NULL; /* cut off: the routine has dealt with it */
      block->place = NULL;
    }
  }
}

/* FROM is gone: it is compared, never followed. */
void cleave_marshal_moved(uintptr_t from, void *to, size_t size)
{
  struct cleave_marshal_block *block = watched.marshal && from ? block_at(from) : NULL;
  if (!watched.marshal || (!block && (from || watched.marshal->is_flat))) {
    return;
  }
  if (block) {
    if ((uintptr_t)to != from || size < block->size) {
      move_places(from, block->size, to, size);
    }
  } else {
    block = calloc(1, sizeof *block);
    if (!block) {
      return;
    }
    block->is_fresh = 1;
    block->next = watched.marshal->blocks;
    watched.marshal->blocks = block;
  }
  block->data = to;
  block->size = size;
  add_to_table(block);
}

void cleave_marshal_freed(const void *old)
{
  struct cleave_marshal_block *block = watched.marshal ? block_at((uintptr_t)old) : NULL;
  if (block) {
    block->data = NULL;
  }
}

/* What realloc() made of nothing belongs to the value that holds it, else to the routine. Each
 * block is looked through once: O(bytes of the value). */
static void settle_fresh(struct cleave_marshal *marshal)
{
  struct cleave_marshal_block *waiting = NULL;
  for (struct cleave_marshal_block *block = marshal->blocks; block; block = block->next) {
    block->held = NULL;
    if (block->data && !block->is_fresh) {
      block->held = waiting;
      waiting = block;
    }
  }
  while (waiting) {
    struct cleave_marshal_block *block = waiting;
    waiting = block->held;
    for (size_t i = 0; i + sizeof(void *) <= block->size; i += sizeof(void *)) {
      uintptr_t word = 0;
      memcpy(&word, (const char *)block->data + i, sizeof word);
      struct cleave_marshal_block *found = word ? block_at(word) : NULL;
      if (found && found->is_fresh) {
        found->is_fresh = 0;
        found->held = waiting;
        waiting = found;
      }
    }
  }
  for (struct cleave_marshal_block *block = marshal->blocks; block; block = block->next) {
    if (block->is_fresh) {
      block->data = NULL;
    }
  }
}

void cleave_marshal_settle(struct cleave_marshal *marshal)
{
  if (watched.marshal == marshal) {
    settle_fresh(marshal);
    end_watch();
  }
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

void cleave_marshal_part(struct cleave_marshal *marshal, const void *record, size_t size)
{
  for (struct cleave_marshal_block *block = marshal->blocks; block; block = block->next) {
    size_t offset = (size_t)((uintptr_t)block->place - (uintptr_t)record);
    if (!block->data || !block->place || size < sizeof(void *) || offset > size - sizeof(void *)) {
      continue;
    }
    const void *now = NULL;
    memcpy(&now, block->place, sizeof now);
    if ((uintptr_t)now - (uintptr_t)block->data > block->size) {
      block->data = NULL;
    }
  }
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
