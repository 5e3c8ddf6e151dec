#include "analyzer/visit.h"

#include <string.h>

/* Declarations of one entity have one row, which the canonical one keeps. The parser's own address
 * of a declaration tells it from all others of the unit. */

struct declared *visit_declared(struct visit *visit, CXCursor cursor)
{
  struct declared **recent = &visit->recent_declared[recent_slot(cursor.data[0])];
  if (*recent != NULL && (*recent)->cursor.data[0] == cursor.data[0])
    return *recent;
  struct declared *declaration = g_hash_table_lookup(visit->declared, cursor.data[0]);
  if (declaration != NULL)
    return *recent = declaration;
  declaration = g_new(struct declared, 1);
  *declaration = (struct declared){.cursor = cursor, .row = UNIT_NONE};
  g_hash_table_insert(visit->declared, (gpointer)(uintptr_t)cursor.data[0], declaration);
  CXCursor canonical = clang_getCanonicalCursor(cursor);
  bool is_canonical = canonical.data[0] == cursor.data[0] || canonical.data[0] == NULL;
  declaration->canonical = is_canonical ? declaration : visit_declared(visit, canonical);
  return declaration;
}

uint32_t visit_name(struct visit *visit, struct declared *declaration)
{
  if (declaration->name == 0)
    declaration->name = visit_string(visit, clang_getCursorSpelling(declaration->cursor)) + 1;
  return declaration->name - 1;
}

static CXFile file_of(struct visit *visit, struct declared *declaration)
{
  struct declared *canonical = declaration->canonical;
  if (!canonical->has_place)
    canonical->file =
        visit_file_at(visit, clang_getCursorLocation(canonical->cursor), &canonical->offset);
  canonical->has_place = true;
  return canonical->file;
}

/* Where a declaration stands, as a key that another process finds again. */
static bool place_of(struct visit *visit, struct declared *declaration,
                     struct unit_declaration *place)
{
  CXFile file = file_of(visit, declaration);
  if (file == NULL)
    return false;
  place->file = visit_file_row(visit, file);
  place->offset = declaration->canonical->offset;
  visit_spelled_at(visit, clang_getCursorLocation(declaration->canonical->cursor), &place->spelled);
  return true;
}

static int compare_numbers(uint32_t left, uint32_t right)
{
  return (left > right) - (left < right);
}

static int compare_places(const struct unit_declaration *a, const struct unit_declaration *b)
{
  int order = compare_numbers(a->kind, b->kind);
  if (order == 0)
    order = compare_numbers(a->file, b->file);
  if (order == 0)
    order = compare_numbers(a->offset, b->offset);
  return order != 0 ? order : compare_numbers(a->spelled, b->spelled);
}

static gint compare_declarations(gconstpointer left, gconstpointer right)
{
  const struct unit_declaration *a = left;
  const struct unit_declaration *b = right;
  int order = compare_places(a, b);
  return order != 0 ? order : compare_numbers(a->row, b->row);
}

void visit_put(struct visit *visit, struct declared *declaration, uint32_t row)
{
  declaration->canonical->row = row;
  if (!visit->is_early && visit->unseen == NULL)
    return;
  CXFile file = file_of(visit, declaration);
  if (file != NULL && visit->is_early)
    visit_file(visit, file);
  else if (file != NULL)
    visit_refer(visit, file);
}

/* ---- of the prefix itself ---- */

static enum unit_declaration_kind kind_of(const struct declared *declaration)
{
  switch (declaration->cursor.kind) {
  case CXCursor_FunctionDecl:
    return UNIT_DECLARES_ROUTINE;
  case CXCursor_VarDecl:
  case CXCursor_ParmDecl:
    return UNIT_DECLARES_OBJECT;
  case CXCursor_FieldDecl:
    return UNIT_DECLARES_FIELD;
  default:
    return UNIT_DECLARES_TYPE;
  }
}

bool visit_base_list(struct visit *visit)
{
  GArray *all = visit->builder->declarations;
  GHashTableIter iterator;
  gpointer data = NULL;
  g_hash_table_iter_init(&iterator, visit->declared);
  while (g_hash_table_iter_next(&iterator, NULL, &data)) {
    struct declared *declaration = data;
    if (declaration->row == UNIT_NONE)
      continue;
    struct unit_declaration added = {.kind = kind_of(declaration), .row = declaration->row};
    bool is_local = added.kind == UNIT_DECLARES_OBJECT &&
                    visit_object_row(visit, added.row)->kind > UNIT_OBJECT_STATIC;
    if (!is_local && place_of(visit, declaration, &added))
      unit_builder_add_declaration(visit->builder, &added);
  }
  g_array_sort(all, compare_declarations);
  for (guint i = 1; i < all->len; i++)
    if (compare_places(&g_array_index(all, struct unit_declaration, i - 1),
                       &g_array_index(all, struct unit_declaration, i)) == 0)
      return false;
  return true;
}

bool visit_sees(struct visit *visit, CXCursor definition)
{
  if (clang_Cursor_isNull(definition) || clang_isInvalid(clang_getCursorKind(definition)))
    return false;
  if (!visit->is_early)
    return true;
  unsigned offset = 0;
  CXFile file = visit_file_at(visit, clang_getCursorLocation(definition), &offset);
  return file == NULL || visit_know(visit, file)->is_early;
}

/* ---- of its users ---- */

static int compare_with(const void *key, const void *element)
{
  return compare_places(key, element);
}

uint32_t visit_base_find(struct visit *visit, enum unit_declaration_kind kind,
                         struct declared *declaration)
{
  const struct unit *base = visit->base;
  struct unit_declaration place = {.kind = kind};
  if (base == NULL || !place_of(visit, declaration, &place) || place.file == 0 ||
      place.file >= base->n_files)
    return UNIT_NONE;
  const struct unit_declaration *found =
      base->n_declarations == 0 ? NULL
                                : bsearch(&place, base->declarations, base->n_declarations,
                                          sizeof *base->declarations, compare_with);
  if (found == NULL)
    return UNIT_NONE;
  /* A header that is read again may declare something else at the same place. */
  if (visit->is_nested_again[place.file])
    visit->is_lacking = true;
  return found->row;
}
