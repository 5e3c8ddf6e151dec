#include "analyzer/visit.h"

#include <string.h>

uint32_t visit_string(struct visit *visit, CXString text)
{
  uint32_t row = unit_builder_string(visit->builder, clang_getCString(text));
  clang_disposeString(text);
  return row;
}

static char *absolute_path(CXFile file)
{
  CXString real = clang_File_tryGetRealPathName(file);
  CXString name = clang_getFileName(file);
  const char *path = clang_getCString(real);
  if (path == NULL || *path == '\0')
    path = clang_getCString(name);
  char *canonical = g_canonicalize_filename(path != NULL ? path : "", "/");
  clang_disposeString(real);
  clang_disposeString(name);
  return canonical;
}

static struct unit_file describe_file(struct visit *visit, const char *path)
{
  size_t root_length = strlen(visit->root);
  bool is_inside = strncmp(path, visit->root, root_length) == 0 && path[root_length] == '/';
  uint32_t flags = is_inside ? UNIT_FILE_INSIDE : 0;
  if (strcmp(path, visit->main_path) == 0)
    flags |= UNIT_FILE_MAIN;
  const char *shown = is_inside ? path + root_length + 1 : path;
  return (struct unit_file){.path = unit_builder_string(visit->builder, shown), .flags = flags};
}

void visit_main_file(struct visit *visit, CXFile file)
{
  g_autofree char *path = file != NULL ? absolute_path(file) : g_strdup(visit->main_path);
  struct unit_file main_file = {.flags = UNIT_FILE_MAIN};
  if (file != NULL)
    main_file = describe_file(visit, path);
  else
    main_file.path = unit_builder_string(visit->builder, path);
  if (visit->builder->files->len == 0)
    unit_builder_add_file(visit->builder, &main_file);
  else
    g_array_index(visit->builder->files, struct unit_file, 0) = main_file;
  if (file == NULL)
    return;
  g_hash_table_insert(visit->file_paths, g_steal_pointer(&path), GUINT_TO_POINTER(1));
  g_hash_table_insert(visit->files, file, GUINT_TO_POINTER(1));
}

uint32_t visit_file(struct visit *visit, CXFile file)
{
  if (file == NULL)
    return UNIT_NONE;
  gpointer known = g_hash_table_lookup(visit->files, file);
  if (known != NULL)
    return GPOINTER_TO_UINT(known) - 1;

  g_autofree char *path = absolute_path(file);
  known = g_hash_table_lookup(visit->file_paths, path);
  uint32_t row = GPOINTER_TO_UINT(known) - 1;
  if (known == NULL) {
    struct unit_file added = describe_file(visit, path);
    row = unit_builder_add_file(visit->builder, &added);
    g_hash_table_insert(visit->file_paths, g_strdup(path), GUINT_TO_POINTER(row + 1));
  }
  g_hash_table_insert(visit->files, file, GUINT_TO_POINTER(row + 1));
  return row;
}

uint32_t visit_file_at(struct visit *visit, CXFile file, CXSourceLocation location)
{
  if (file == visit->last_seen)
    return visit->last_seen_row;
  uint32_t row = visit_file(visit, file);
  if (row == UNIT_NONE)
    return row;
  if (g_hash_table_add(visit->seen, file) && clang_Location_isInSystemHeader(location))
    g_array_index(visit->builder->files, struct unit_file, row).flags |= UNIT_FILE_SYSTEM;
  visit->last_seen = file;
  visit->last_seen_row = row;
  return row;
}

bool visit_file_is_ours(const struct visit *visit, uint32_t file)
{
  if (file == UNIT_NONE)
    return false;
  uint32_t flags = g_array_index(visit->builder->files, struct unit_file, file).flags;
  return (flags & (UNIT_FILE_MAIN | UNIT_FILE_INSIDE)) != 0 || (flags & UNIT_FILE_SYSTEM) == 0;
}

struct spot visit_location(struct visit *visit, CXSourceLocation location)
{
  struct spot spot = {.file = UNIT_NONE};
  clang_getExpansionLocation(location, &spot.handle, &spot.line, &spot.column, &spot.offset);
  spot.file = visit_file_at(visit, spot.handle, location);
  return spot;
}

struct spot visit_spot(struct visit *visit, CXCursor cursor)
{
  return visit_location(visit, clang_getCursorLocation(cursor));
}

struct file_text {
  const char *text;
  size_t size;
};

const char *visit_file_text(struct visit *visit, CXFile file, size_t *size)
{
  *size = 0;
  if (file == NULL)
    return NULL;
  if (file != visit->last_file) {
    struct file_text *known = g_hash_table_lookup(visit->texts, file);
    if (known == NULL) {
      known = g_new0(struct file_text, 1);
      known->text = clang_getFileContents(visit->tu, file, &known->size);
      g_hash_table_insert(visit->texts, file, known);
    }
    visit->last_file = file;
    visit->last_text = known->text;
    visit->last_size = known->size;
  }
  *size = visit->last_size;
  return visit->last_text;
}

uint32_t visit_macro(struct visit *visit, CXCursor cursor)
{
  CXSourceLocation location = clang_getCursorLocation(cursor);
  CXFile file = NULL;
  unsigned offset = 0;
  clang_getExpansionLocation(location, &file, NULL, NULL, &offset);
  CXFile spelled_file = NULL;
  unsigned spelled_offset = 0;
  clang_getSpellingLocation(location, &spelled_file, NULL, NULL, &spelled_offset);
  if (file == NULL || (file == spelled_file && offset == spelled_offset))
    return 0;
  size_t size = 0;
  const char *text = visit_file_text(visit, file, &size);
  if (text == NULL)
    return 0;
  size_t end = offset;
  while (end < size && (g_ascii_isalnum(text[end]) || text[end] == '_'))
    end++;
  g_autofree char *name = g_strndup(text + offset, end - offset);
  return unit_builder_string(visit->builder, name);
}

uint32_t visit_text(struct visit *visit, CXCursor cursor)
{
  enum { LIMIT = 200 };
  CXSourceRange range = clang_getCursorExtent(cursor);
  CXFile file = NULL;
  CXFile end_file = NULL;
  unsigned start = 0;
  unsigned end = 0;
  clang_getExpansionLocation(clang_getRangeStart(range), &file, NULL, NULL, &start);
  clang_getExpansionLocation(clang_getRangeEnd(range), &end_file, NULL, NULL, &end);
  size_t size = 0;
  const char *text = visit_file_text(visit, file, &size);
  if (text == NULL || file != end_file || end < start || end > size)
    return 0;
  g_autoptr(GString) joined = g_string_new(NULL);
  for (unsigned at = start; at < end && joined->len < LIMIT; at++) {
    if (!g_ascii_isspace(text[at]))
      g_string_append_c(joined, text[at]);
    else if (joined->len > 0 && joined->str[joined->len - 1] != ' ')
      g_string_append_c(joined, ' ');
  }
  return unit_builder_string(visit->builder, joined->str);
}
