/* The facts of a unit as they come back from a store: damaged bytes are refused or can be walked.
 */
#include <stdint.h>
#include <string.h>

#include "analyzer/unit_builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Offsets and numbers to change in a sound unit: it reaches deeper than random bytes. */
static GBytes *sound_unit(void)
{
  struct unit_builder *builder = unit_builder_new();
  uint32_t name = unit_builder_string(builder, "name");
  uint32_t file = unit_builder_add_file(builder, &(struct unit_file){.path = name});
  unit_builder_add_info(builder, &(struct unit_info){.file = file});
  uint32_t routine = unit_builder_add_routine(builder, &(struct unit_routine){.name = name});
  uint32_t object = unit_builder_add_object(
      builder, &(struct unit_object){.name = name, .routine = routine, .record = UNIT_NONE});
  uint32_t path = unit_builder_path(builder, 0, UNIT_NONE);
  uint32_t node = unit_builder_node(builder, UNIT_NODE_OBJECT, object, path);
  uint32_t guard = unit_builder_add_guard(
      builder, &(struct unit_guard){
                   .routine = routine, .parent = UNIT_NONE, .object = object, .integer = 1});
  unit_builder_add_edge(
      builder, &(struct unit_edge){
                   .to = node, .from = object, .path = path, .record = UNIT_NONE, .guard = guard});
  unit_builder_add_call(builder, &(struct unit_call){.pointer = node,
                                                     .slot_object = object,
                                                     .loop = UNIT_NONE,
                                                     .arm = UNIT_NONE,
                                                     .guard = guard});
  GBytes *bytes = unit_builder_freeze(builder);
  unit_builder_free(builder);
  return bytes;
}

static void walk(GBytes *bytes)
{
  g_autoptr(GError) error = NULL;
  struct unit *unit = unit_open(bytes, &error);
  if (unit == NULL) {
    g_assert_nonnull(error);
    return;
  }
  for (uint32_t i = 0; i < unit->n_nodes; i++) {
    g_autofree char *text = unit_path_text(unit, unit->nodes[i].path);
    g_assert_nonnull(text);
  }
  for (uint32_t i = 0; i < unit->n_calls; i++)
    g_assert_nonnull(unit_string(unit, unit->calls[i].expression));
  unit_free(unit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autoptr(GBytes) raw = g_bytes_new(data, size);
  walk(raw);
  g_autoptr(GBytes) sound = sound_unit();
  gsize length = 0;
  const void *bytes = g_bytes_get_data(sound, &length);
  guint8 *copy = g_memdup2(bytes, length);
  for (size_t at = 0; at + 6 <= size && at < 60; at += 6) {
    uint16_t offset = 0;
    memcpy(&offset, data + at, sizeof offset);
    memcpy(copy + (offset % (length / 4)) * 4, data + at + 2, 4);
  }
  g_autoptr(GBytes) changed = g_bytes_new_take(copy, length);
  walk(changed);
  return 0;
}
