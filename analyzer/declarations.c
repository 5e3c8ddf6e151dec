#include "analyzer/declarations.h"

static guint declaration_hash(gconstpointer key)
{
  return clang_hashCursor(*(const CXCursor *)key);
}

static gboolean declaration_equal(gconstpointer a, gconstpointer b)
{
  return clang_equalCursors(*(const CXCursor *)a, *(const CXCursor *)b) != 0;
}

GHashTable *declarations_new(void)
{
  return g_hash_table_new_full(declaration_hash, declaration_equal, g_free, NULL);
}

void declarations_put(GHashTable *declarations, CXCursor declaration, uint32_t row)
{
  CXCursor canonical = clang_getCanonicalCursor(declaration);
  g_hash_table_replace(declarations, g_memdup2(&canonical, sizeof canonical),
                       GUINT_TO_POINTER(row));
}

uint32_t declarations_get(GHashTable *declarations, CXCursor declaration)
{
  CXCursor canonical = clang_getCanonicalCursor(declaration);
  gpointer row = NULL;
  if (!g_hash_table_lookup_extended(declarations, &canonical, NULL, &row))
    return UNIT_NONE;
  return GPOINTER_TO_UINT(row);
}
