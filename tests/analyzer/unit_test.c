/* The frozen facts of a unit: what is written comes back, what is damaged is refused. */
#include "analyzer/unit_builder.h"

#include <string.h>

static GBytes *small_unit(void)
{
  struct unit_builder *builder = unit_builder_new();
  uint32_t file = unit_builder_add_file(
      builder, &(struct unit_file){.path = unit_builder_string(builder, "src/main.c"),
                                   .flags = UNIT_FILE_MAIN | UNIT_FILE_INSIDE});
  unit_builder_add_info(builder, &(struct unit_info){.file = file});
  uint32_t type = unit_builder_add_type(
      builder, &(struct unit_type){.name = unit_builder_string(builder, "shop"),
                                   .file = file,
                                   .n_fields = 2,
                                   .record = UNIT_NONE,
                                   .owner = UNIT_NONE});
  uint32_t items = unit_builder_add_field(
      builder, &(struct unit_field){.type_id = type,
                                    .name = unit_builder_string(builder, "items"),
                                    .record = UNIT_NONE});
  uint32_t price = unit_builder_add_field(
      builder, &(struct unit_field){.type_id = type,
                                    .name = unit_builder_string(builder, "price"),
                                    .record = UNIT_NONE});
  uint32_t path = unit_builder_path(builder, 0, items);
  path = unit_builder_path(builder, path, UNIT_NONE);
  path = unit_builder_path(builder, path, price);
  g_assert_cmpuint(path, ==, 3);
  g_assert_cmpuint(unit_builder_path(builder, 0, items), ==, 1);
  uint32_t object = unit_builder_add_object(
      builder, &(struct unit_object){.name = unit_builder_string(builder, "shop"),
                                     .file = file,
                                     .routine = UNIT_NONE,
                                     .record = type});
  uint32_t node = unit_builder_node(builder, UNIT_NODE_OBJECT, object, path);
  g_assert_cmpuint(unit_builder_node(builder, UNIT_NODE_OBJECT, object, path), ==, node);
  unit_builder_add_edge(builder, &(struct unit_edge){.kind = UNIT_EDGE_ADDRESS,
                                                     .to = node,
                                                     .from = object,
                                                     .file = file,
                                                     .routine = UNIT_NONE,
                                                     .guard = UNIT_NONE});
  GBytes *bytes = unit_builder_freeze(builder);
  unit_builder_free(builder);
  return bytes;
}

static void test_round_trip(void)
{
  g_autoptr(GBytes) bytes = small_unit();
  g_autoptr(GBytes) again = small_unit();
  g_assert_true(g_bytes_equal(bytes, again));

  g_autoptr(GError) error = NULL;
  struct unit *unit = unit_open(bytes, &error);
  g_assert_no_error(error);
  g_assert_cmpuint(unit->n_files, ==, 1);
  g_assert_cmpstr(unit_string(unit, unit->files[0].path), ==, "src/main.c");
  g_assert_cmpuint(unit->n_objects, ==, 1);
  g_assert_cmpuint(unit->objects[0].record, ==, 0);
  g_autofree char *text = unit_path_text(unit, unit->nodes[unit->edges[0].to].path);
  g_assert_cmpstr(text, ==, "items[].price");
  g_autofree char *empty = unit_path_text(unit, 0);
  g_assert_cmpstr(empty, ==, "");
  unit_free(unit);
}

static void test_bad_text(void)
{
  struct unit_builder *builder = unit_builder_new();
  uint32_t once = unit_builder_string(builder, "caf\xe9");
  g_assert_cmpuint(once, ==, unit_builder_string(builder, "caf\xe9"));
  g_assert_true(g_utf8_validate(builder->string_bytes->str + 1, -1, NULL));
  g_assert_cmpuint(unit_builder_string(builder, NULL), ==, 0);
  unit_builder_free(builder);
}

/* Every single word of the unit replaced by hostile numbers: it is refused or it can be walked. */
static void test_damaged(void)
{
  g_autoptr(GBytes) bytes = small_unit();
  size_t size = 0;
  const guint8 *data = g_bytes_get_data(bytes, &size);
  static const uint32_t hostile[] = {0, 1, 7, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
  unsigned n_refused = 0;
  for (size_t at = 0; at + 4 <= size; at += 4) {
    for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
      guint8 *copy = g_memdup2(data, size);
      memcpy(copy + at, &hostile[i], 4);
      g_autoptr(GBytes) changed = g_bytes_new_take(copy, size);
      g_autoptr(GError) error = NULL;
      struct unit *unit = unit_open(changed, &error);
      if (unit == NULL) {
        g_assert_nonnull(error);
        n_refused++;
        continue;
      }
      for (uint32_t edge = 0; edge < unit->n_edges; edge++) {
        const struct unit_node *node = &unit->nodes[unit->edges[edge].to];
        g_autofree char *text = unit_path_text(unit, node->path);
        g_assert_nonnull(text);
        if (node->kind == UNIT_NODE_OBJECT)
          g_assert_nonnull(unit_string(unit, unit->objects[node->index].name));
      }
      unit_free(unit);
    }
  }
  g_assert_cmpuint(n_refused, >, 100);
  for (size_t length = 0; length < size; length++) {
    g_autoptr(GBytes) cut = g_bytes_new(data, length);
    g_assert_null(unit_open(cut, NULL));
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/unit/round-trip", test_round_trip);
  g_test_add_func("/unit/bad-text", test_bad_text);
  g_test_add_func("/unit/damaged", test_damaged);
  return g_test_run();
}
