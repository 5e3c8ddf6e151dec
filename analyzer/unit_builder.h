/* Fills the facts of one unit, row by row, and freezes them: see unit.h. */
#ifndef CLEAVE_ANALYZER_UNIT_BUILDER_H
#define CLEAVE_ANALYZER_UNIT_BUILDER_H

#include "analyzer/id_set.h"
#include "analyzer/unit.h"

/* Owns everything until it is frozen. */
struct unit_builder {
#define UNIT_GROW(row, array) GArray *array;
  UNIT_ARRAYS(UNIT_GROW)
#undef UNIT_GROW
  GArray *string_offsets;
  GString *string_bytes;
  struct id_map string_ids;
  struct id_map path_ids;
  struct id_map node_ids;
};

struct unit_builder *unit_builder_new(void);
/* One that begins with the rows of frozen facts, each where it was. */
struct unit_builder *unit_builder_thaw(const struct unit *unit);
void unit_builder_free(struct unit_builder *builder);

/* Appends a row and returns its index: unit_builder_add_call(builder, &call). */
#define UNIT_ADD(row, array)                                                                       \
  uint32_t unit_builder_add_##row(struct unit_builder *builder, const struct unit_##row *row);
UNIT_ARRAYS(UNIT_ADD)
#undef UNIT_ADD

/* Interned: the same text, step or node gives the same index. NULL is the empty string. Bytes that
 * are not UTF-8 are replaced. */
uint32_t unit_builder_string(struct unit_builder *builder, const char *text);
const char *unit_builder_text(const struct unit_builder *builder, uint32_t string);
uint32_t unit_builder_path(struct unit_builder *builder, uint32_t parent, uint32_t field);
uint32_t unit_builder_node(struct unit_builder *builder, enum unit_node_kind kind, uint32_t index,
                           uint32_t path);
uint32_t unit_builder_temp(struct unit_builder *builder);

/* The facts as bytes, position independent and the same for the same rows. */
GBytes *unit_builder_freeze(struct unit_builder *builder);

#endif
