#include "analyzer/visit.h"

struct known_file *visit_note_read(struct visit *visit, CXFile file, enum read_role role)
{
  struct known_file *known = visit_know(visit, file);
  const char *shown = visit_shown_path(visit, known);
  if (!g_hash_table_contains(visit->read, shown) || role == READ_NAMED)
    g_hash_table_insert(visit->read, g_strdup(shown), GINT_TO_POINTER(role));
  if ((known->flags & (UNIT_FILE_INSIDE | UNIT_FILE_MAIN)) != 0)
    visit_file(visit, file);
  return known;
}

/* Places from one on to another one in a file. */
struct stretch {
  CXFile file;
  unsigned first;
  unsigned last;
};

/* Where the declarations of the source itself stand: structs of stretch. */
static GArray *list_stretches(const struct visit *visit, const GArray *declarations)
{
  GArray *stretches = g_array_new(FALSE, FALSE, sizeof(struct stretch));
  for (guint i = 0; i < declarations->len; i++) {
    struct stretch stretch;
    CXSourceRange range = clang_getCursorExtent(g_array_index(declarations, CXCursor, i));
    stretch.file = visit_file_at(visit, clang_getRangeStart(range), &stretch.first);
    CXFile end_file = visit_file_at(visit, clang_getRangeEnd(range), &stretch.last);
    if (end_file != stretch.file) /* it goes on in another file */
      stretch.last = UINT_MAX;
    g_array_append_val(stretches, stretch);
  }
  return stretches;
}

static bool is_inside(const struct visit *visit, const GArray *stretches, CXSourceLocation location)
{
  unsigned offset = 0;
  CXFile file = visit_file_at(visit, location, &offset);
  for (guint i = 0; i < stretches->len; i++) {
    const struct stretch *stretch = &g_array_index(stretches, struct stretch, i);
    if (stretch->file == file && stretch->first <= offset && offset <= stretch->last)
      return true;
  }
  return false;
}

static bool stands_in(const GArray *stretches, CXFile file)
{
  for (guint i = 0; i < stretches->len; i++)
    if (g_array_index(stretches, struct stretch, i).file == file)
      return true;
  return false;
}

/* What is read while the inclusions are listed. */
struct inclusions {
  struct visit *visit;
  const GArray *declarations;
  GArray *stretches; /* of them, once that is asked for */
};

/* A header of the tree that is entered again behind the prefix need not declare anything then.
 * Where it does, a plain walk would take that for a part of the prefix, or, where it is included
 * inside of a declaration, places may be mistaken for those of the prefix. */
static void note_entered_again(struct inclusions *inclusions, uint32_t row, CXFile file,
                               const CXSourceLocation *stack, unsigned n)
{
  struct visit *visit = inclusions->visit;
  if (inclusions->stretches == NULL)
    inclusions->stretches = list_stretches(visit, inclusions->declarations);
  visit->is_lacking = visit->is_lacking || stands_in(inclusions->stretches, file);
  for (unsigned i = 0; i < n; i++)
    visit->is_nested_again[row] =
        visit->is_nested_again[row] || is_inside(visit, inclusions->stretches, stack[i]);
}

static void note_inclusion(CXFile file, CXSourceLocation *stack, unsigned n, CXClientData data)
{
  struct inclusions *inclusions = data;
  struct visit *visit = inclusions->visit;
  struct known_file *known = visit_note_read(visit, file, READ_NESTED);
  visit->is_main_again = visit->is_main_again || (n > 0 && (known->flags & UNIT_FILE_MAIN) != 0);
  if (visit->base == NULL)
    return;
  uint32_t row = visit_file_row(visit, file);
  bool is_of_base = row != UNIT_NONE && row != 0 && row < visit->base->n_files;
  if (is_of_base && (visit->base->files[row].flags & UNIT_FILE_SYSTEM) == 0)
    note_entered_again(inclusions, row, file, stack, n);
  /* What the prefix itself names was guarded, and is no longer: a plain parse would differ. */
  visit->is_lacking =
      visit->is_lacking || g_hash_table_contains(visit->named, visit_shown_path(visit, known));
}

void visit_inclusions(struct visit *visit, const GArray *declarations)
{
  struct inclusions inclusions = {.visit = visit, .declarations = declarations};
  visit_main_file(visit, clang_getFile(visit->tu, visit->main_path));
  clang_getInclusions(visit->tu, note_inclusion, &inclusions);
  if (inclusions.stretches != NULL)
    g_array_unref(inclusions.stretches);
}
