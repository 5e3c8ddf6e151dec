#include "analyzer/state_parts.h"

#include "store/identity.h"

#include <string.h>

struct state *state_new(struct findings *findings)
{
  struct state *state = g_new0(struct state, 1);
  state->findings = findings;
  state->holders = g_array_new(FALSE, FALSE, sizeof(struct state_holder));
  state->by_id = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  state->accesses = g_array_new(FALSE, FALSE, sizeof(struct state_access));
  state->memories = g_array_new(FALSE, FALSE, sizeof(struct state_memory));
  state->links = g_array_new(FALSE, FALSE, sizeof(struct state_link));
  state->uses = g_array_new(FALSE, FALSE, sizeof(struct state_use));
  state->is_storing = g_hash_table_new(g_str_hash, g_str_equal);
  return state;
}

void state_free(struct state *state)
{
  if (state == NULL)
    return;
  g_array_unref(state->holders);
  g_hash_table_unref(state->by_id);
  g_array_unref(state->accesses);
  g_array_unref(state->memories);
  g_array_unref(state->links);
  g_array_unref(state->uses);
  id_map_clear(&state->of_local);
  g_free(state->of_object);
  id_map_clear(&state->of_heap);
  g_free(state->of_record);
  g_hash_table_unref(state->is_storing);
  g_free(state);
}

void state_add_modes(struct state *state, struct state_access access, uint32_t modes)
{
  for (uint32_t mode = UNIT_READ; mode <= UNIT_ADDRESS; mode <<= 1) {
    if ((modes & mode) == 0)
      continue;
    access.mode = mode;
    g_array_append_val(state->accesses, access);
  }
}

int64_t state_field_id(int64_t holder, const char *field)
{
  if (*field == '\0')
    return holder;
  char number[24];
  g_snprintf(number, sizeof number, "%" G_GINT64_MODIFIER "x", (gint64)holder);
  return store_id("field", number, field, NULL);
}

/* One path is the other or lies inside it. */
static bool overlaps(const char *left, const char *right)
{
  size_t n = 0;
  while (left[n] != '\0' && left[n] == right[n])
    n++;
  if (left[n] == '\0' && right[n] == '\0')
    return true;
  return (left[n] == '\0' && (n == 0 || right[n] == '.')) ||
         (right[n] == '\0' && (n == 0 || left[n] == '.'));
}

static gint compare_accesses(gconstpointer left, gconstpointer right)
{
  const struct state_access *a = left, *b = right;
  if (a->holder != b->holder)
    return a->holder < b->holder ? -1 : 1;
  return strcmp(a->field, b->field);
}

static const char *class_of(const struct state *state, const struct startup *startup,
                            const struct state_holder *holder, const char *field, guint first,
                            guint end)
{
  if (holder->is_external)
    return "external";
  if (holder->is_const)
    return "const";
  if (strcmp(holder->storage, "heap") == 0)
    field = "";
  for (guint i = first; i < end; i++) {
    const struct state_access *access = &g_array_index(state->accesses, struct state_access, i);
    if (access->mode != UNIT_WRITE || !overlaps(access->field, field))
      continue;
    if (!startup_is_before(startup, access->routine, access->line))
      return "shared";
  }
  return "init-only";
}

/* Adds the row of a holder or of a field of it, and returns its id. */
static int64_t add_state_row(struct state *state, const struct startup *startup, uint32_t index,
                             const char *field, guint first, guint end)
{
  const struct state_holder *holder = &g_array_index(state->holders, struct state_holder, index);
  struct fact_state record = {
      .id = state_field_id(holder->id, field),
      .name = holder->name,
      .field = field,
      .file = holder->file,
      .line = holder->line,
      .storage = holder->storage,
      .class = class_of(state, startup, holder, field, first, end),
      .type = *field == '\0' ? holder->type : "",
      .object = holder->id,
      .routine = holder->routine,
  };
  rows_add(state->findings->states, &record);
  return record.id;
}

static void add_access_row(struct state *state, const struct startup *startup,
                           const struct state_access *access, int64_t id)
{
  static const char *const modes[] = {"", "read", "write", "", "address"};
  struct fact_access record = {
      .routine = linkage_routine(state->findings->linkage, access->routine)->id,
      .state = id,
      .mode = modes[access->mode],
      .how = access->how,
      .file = access->file,
      .line = access->line,
      .column = access->column,
      .is_startup = startup_is_before(startup, access->routine, access->line),
  };
  rows_add(state->findings->accesses, &record);
}

/* Rows of one holder: itself, and each field that something accesses. */
static void finish_holder(struct state *state, const struct startup *startup, guint first,
                          guint end)
{
  uint32_t index = g_array_index(state->accesses, struct state_access, first).holder;
  const char *before = NULL;
  int64_t id = 0;
  for (guint i = first; i < end; i++) {
    const struct state_access *access = &g_array_index(state->accesses, struct state_access, i);
    if (before == NULL || strcmp(before, access->field) != 0) {
      if (before == NULL && *access->field != '\0')
        add_state_row(state, startup, index, "", first, end);
      id = add_state_row(state, startup, index, access->field, first, end);
    }
    before = access->field;
    add_access_row(state, startup, access, id);
  }
}

/* Variables that nothing accesses are state too: they are there. */
static void add_untouched(struct state *state)
{
  struct linkage *linkage = state->findings->linkage;
  for (uint32_t i = 0; i < linkage->objects->len; i++) {
    if (linkage_object(linkage, i)->is_defined && *linkage_object(linkage, i)->file != '\0')
      state_holder_of_object(state, i);
  }
}

void state_finish(struct state *state, const struct startup *startup)
{
  add_untouched(state);
  state_drop_passing(state, startup);
  g_array_sort(state->accesses, compare_accesses);
  g_autofree bool *is_done = g_new0(bool, MAX(state->holders->len, 1));
  for (guint first = 0; first < state->accesses->len;) {
    uint32_t holder = g_array_index(state->accesses, struct state_access, first).holder;
    guint end = first;
    while (end < state->accesses->len &&
           g_array_index(state->accesses, struct state_access, end).holder == holder)
      end++;
    finish_holder(state, startup, first, end);
    is_done[holder] = true;
    first = end;
  }
  for (uint32_t i = 0; i < state->holders->len; i++) {
    const struct state_holder *holder = &g_array_index(state->holders, struct state_holder, i);
    if (!is_done[i] && !holder->is_memory)
      add_state_row(state, startup, i, "", 0, 0);
  }
}

int64_t state_id_of(struct state *state, uint32_t object, const char *field)
{
  if (object == LINK_NONE)
    return 0;
  uint32_t index = state_holder_of_object(state, object);
  int64_t id = g_array_index(state->holders, struct state_holder, index).id;
  return state_field_id(id, field);
}
