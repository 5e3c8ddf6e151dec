#include "analyzer/inventory.h"

#include <string.h>

/* ---- programs ---- */

static void add_programs(struct findings *findings)
{
  for (guint p = 0; p < findings->linkage->programs->len; p++) {
    const struct link_program *program = g_ptr_array_index(findings->linkage->programs, p);
    for (guint i = 0; i < program->own->len; i++) {
      uint32_t index = g_array_index(program->own, uint32_t, i);
      const struct unit *unit = linkage_unit(findings->linkage, index);
      struct fact_program row = {
          .program = program->name,
          .file = unit_string(unit, unit->files[unit->infos[0].file].path),
          .source = program->source,
          .unit = findings->linkage->units[index].id,
      };
      rows_add(findings->programs, &row);
    }
  }
}

/* ---- routines ---- */

static const char *attributes_of(struct findings *findings, const struct link_routine *known)
{
  const struct unit *unit = linkage_unit(findings->linkage, known->unit);
  const struct unit_routine *routine = &unit->routines[known->row];
  static const struct {
    uint32_t flag;
    const char *word;
  } words[] = {
      {UNIT_ROUTINE_CONSTRUCTOR, "constructor"}, {UNIT_ROUTINE_DESTRUCTOR, "destructor"},
      {UNIT_ROUTINE_NORETURN, "noreturn"},       {UNIT_ROUTINE_PURE, "pure"},
      {UNIT_ROUTINE_ASSEMBLY, "assembly"},       {UNIT_ROUTINE_NO_PROTOTYPE, "no-prototype"},
      {UNIT_ROUTINE_IMPLICIT, "implicit"},       {UNIT_ROUTINE_USED, "used"},
  };
  g_autoptr(GString) text = g_string_new(NULL);
  for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
    if ((routine->flags & words[i].flag) != 0)
      g_string_append_printf(text, "%s%s", text->len != 0 ? "," : "", words[i].word);
  }
  if (known->is_assembly)
    g_string_append_printf(text, "%sin-assembly", text->len != 0 ? "," : "");
  if ((routine->flags & (UNIT_ROUTINE_ALIAS | UNIT_ROUTINE_IFUNC)) != 0)
    g_string_append_printf(text, "%s%s=%s", text->len != 0 ? "," : "",
                           (routine->flags & UNIT_ROUTINE_ALIAS) != 0 ? "alias" : "ifunc",
                           unit_string(unit, routine->target));
  return linkage_string(findings->linkage, text->str);
}

void inventory_add_words(struct rows *rows, GStringChunk *strings, int64_t routine,
                         const char *words)
{
  g_autoptr(GString) word = g_string_new(NULL);
  for (const char *pair = words, *end; *pair != '\0'; pair = *end == '\0' ? end : end + 1) {
    const char *colon = NULL;
    for (end = pair; *end != '\0' && *end != ' '; end++)
      colon = *end == ':' ? end : colon;
    if (colon == NULL)
      continue;
    g_string_truncate(word, 0);
    g_string_append_len(word, pair, colon - pair);
    struct fact_word row = {
        .routine = routine,
        .word = g_string_chunk_insert_const(strings, word->str),
        .n_uses = g_ascii_strtoll(colon + 1, NULL, 10),
    };
    rows_add(rows, &row);
  }
}

static void add_routine(struct findings *findings, const struct link_routine *known)
{
  const struct unit *unit = linkage_unit(findings->linkage, known->unit);
  const struct unit_routine *routine = &unit->routines[known->row];
  bool is_placed = *known->file != '\0';
  struct fact_routine row = {
      .id = known->id,
      .name = known->name,
      .symbol = known->symbol,
      .file = known->file,
      .line = is_placed ? routine->line : 0,
      .column = is_placed ? routine->column : 0,
      .end_line = known->is_defined ? routine->end_line : 0,
      .is_static = (routine->flags & UNIT_ROUTINE_STATIC) != 0,
      .is_inline = (routine->flags & UNIT_ROUTINE_INLINE) != 0,
      .is_weak = (routine->flags & UNIT_ROUTINE_WEAK) != 0,
      .is_variadic = (routine->flags & UNIT_ROUTINE_VARIADIC) != 0,
      .is_defined = known->is_defined,
      .is_incomplete = (routine->flags & UNIT_ROUTINE_INCOMPLETE) != 0,
      .attributes = attributes_of(findings, known),
      .signature = unit_string(unit, routine->signature),
      .n_statements = routine->n_statements,
  };
  rows_add(findings->routines, &row);
}

/* ---- types ---- */

static void add_fields(struct findings *findings, int64_t type, uint32_t unit,
                       const struct unit_type *owner)
{
  const struct link_unit *here = &findings->linkage->units[unit];
  for (uint32_t i = 0; i < owner->n_fields; i++) {
    const struct unit_field *field = &here->unit->fields[owner->first_field + i];
    struct fact_field row = {
        .type_id = type,
        .field = unit_string(here->unit, field->name),
        .position = field->position,
        .type = unit_string(here->unit, field->type),
        .is_pointer = (field->flags & (UNIT_VALUE_POINTER | UNIT_VALUE_ROUTINE_POINTER)) != 0,
        .array_length = field->n_elements,
        .bit_width = (field->flags & UNIT_VALUE_BIT_FIELD) != 0 ? field->bit_size : 0,
        .offset = field->bit_offset / 8,
        .annotation = unit_string(here->unit, field->annotations),
    };
    if (field->record != UNIT_NONE)
      row.field_type =
          g_array_index(findings->linkage->types, struct link_type, here->types[field->record]).id;
    rows_add(findings->fields, &row);
  }
}

static void add_type(struct findings *findings, const struct link_type *known)
{
  static const char *const kinds[] = {"struct", "union", "enum", "typedef"};
  const struct unit *unit = linkage_unit(findings->linkage, known->unit);
  const struct unit_type *type = &unit->types[known->row];
  bool is_sized = type->is_complete != 0 || type->kind == UNIT_TYPEDEF;
  struct fact_type row = {
      .id = known->id,
      .name = unit_string(unit, type->name),
      .kind = kinds[type->kind],
      .file = findings_file(unit, type->file),
      .line = *findings_file(unit, type->file) != '\0' ? type->line : 0,
      .size = is_sized ? (int64_t)type->size : -1,
      .underlying = unit_string(unit, type->underlying),
  };
  rows_add(findings->types, &row);
  add_fields(findings, known->id, known->unit, type);
  for (uint32_t i = 0; i < type->n_enumerators; i++) {
    const struct unit_enumerator *enumerator = &unit->enumerators[type->first_enumerator + i];
    struct fact_enumerator value = {
        .type_id = known->id,
        .name = unit_string(unit, enumerator->name),
        .value = enumerator->value,
    };
    rows_add(findings->enumerators, &value);
  }
}

void inventory_add(struct findings *findings)
{
  struct linkage *linkage = findings->linkage;
  add_programs(findings);
  for (guint i = 0; i < linkage->routines->len; i++)
    add_routine(findings, linkage_routine(linkage, i));
}

void inventory_add_early(struct findings *findings, const struct link_routine *routines, guint n,
                         GStringChunk *texts)
{
  const struct linkage *linkage = findings->linkage;
  for (guint i = 0; i < n; i++) {
    const struct unit *unit = linkage_unit(linkage, routines[i].unit);
    if (routines[i].is_defined)
      inventory_add_words(findings->words, texts, routines[i].id,
                          unit_string(unit, unit->routines[routines[i].row].words));
  }
  for (guint i = 0; i < linkage->types->len; i++)
    add_type(findings, &g_array_index(linkage->types, struct link_type, i));
  struct rows *all[] = {findings->words, findings->types, findings->fields, findings->enumerators};
  for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
    rows_prepare(all[i]);
}
