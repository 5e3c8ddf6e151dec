#include "analyzer/visit.h"

#include "analyzer/declarations.h"

#include <string.h>

/* Where a declaration stands, as a key that another process finds again. */
static bool place_of(struct visit *visit, CXCursor declaration, struct unit_declaration *place)
{
  CXSourceLocation location = clang_getCursorLocation(clang_getCanonicalCursor(declaration));
  CXFile file = NULL;
  clang_getExpansionLocation(location, &file, NULL, NULL, &place->offset);
  if (file == NULL)
    return false;
  clang_getSpellingLocation(location, NULL, NULL, NULL, &place->spelled);
  place->file = visit_file_row(visit, file);
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

void visit_put(struct visit *visit, GHashTable *table, CXCursor declaration, uint32_t row)
{
  declarations_put(table, declaration, row);
  if (!visit->is_early && visit->unseen == NULL)
    return;
  CXFile file = NULL;
  CXCursor canonical = clang_getCanonicalCursor(declaration);
  clang_getExpansionLocation(clang_getCursorLocation(canonical), &file, NULL, NULL, NULL);
  if (file != NULL && visit->is_early)
    visit_file(visit, file);
  else if (file != NULL)
    visit_refer(visit, file);
}

/* ---- of the prefix itself ---- */

static void list_table(struct visit *visit, enum unit_declaration_kind kind, GHashTable *table)
{
  GHashTableIter iterator;
  gpointer key = NULL;
  gpointer row = NULL;
  g_hash_table_iter_init(&iterator, table);
  while (g_hash_table_iter_next(&iterator, &key, &row)) {
    struct unit_declaration added = {.kind = kind, .row = GPOINTER_TO_UINT(row)};
    bool is_local = kind == UNIT_DECLARES_OBJECT &&
                    visit_object_row(visit, added.row)->kind > UNIT_OBJECT_STATIC;
    if (!is_local && place_of(visit, *(const CXCursor *)key, &added))
      unit_builder_add_declaration(visit->builder, &added);
  }
}

bool visit_base_list(struct visit *visit)
{
  GArray *all = visit->builder->declarations;
  list_table(visit, UNIT_DECLARES_ROUTINE, visit->routines);
  list_table(visit, UNIT_DECLARES_OBJECT, visit->objects);
  list_table(visit, UNIT_DECLARES_TYPE, visit->types);
  list_table(visit, UNIT_DECLARES_FIELD, visit->fields);
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
  CXFile file = NULL;
  clang_getExpansionLocation(clang_getCursorLocation(definition), &file, NULL, NULL, NULL);
  return file == NULL || visit_know(visit, file)->is_early;
}

/* ---- of its users ---- */

static int compare_with(const void *key, const void *element)
{
  return compare_places(key, element);
}

uint32_t visit_base_find(struct visit *visit, enum unit_declaration_kind kind, CXCursor declaration)
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
  /* A header of the tree that is read again may declare something else at the same place. */
  if (visit->entered_again[place.file] && (base->files[place.file].flags & UNIT_FILE_SYSTEM) == 0)
    visit->is_lacking = true;
  return found->row;
}
