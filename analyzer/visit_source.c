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

void known_file_free(gpointer data)
{
  struct known_file *known = data;
  g_free(known->path);
  g_free(known);
}

/* Whether a place is one of the source, outside of macros, and which. */
static bool is_in_main(const struct visit *visit, CXSourceLocation location, unsigned *offset)
{
  *offset = location.int_data - visit->main_begin;
  return visit->main != NULL && *offset <= visit->main_size;
}

CXFile visit_file_at(const struct visit *visit, CXSourceLocation location, unsigned *offset)
{
  CXFile file = NULL;
  if (is_in_main(visit, location, offset))
    return visit->main_handle;
  clang_getExpansionLocation(location, &file, NULL, NULL, offset);
  return file;
}

CXFile visit_spelled_at(const struct visit *visit, CXSourceLocation location, unsigned *offset)
{
  CXFile file = NULL;
  if (is_in_main(visit, location, offset))
    return visit->main_handle;
  clang_getSpellingLocation(location, &file, NULL, NULL, offset);
  return file;
}

static uint32_t find_row(const struct visit *visit, const char *path)
{
  return GPOINTER_TO_UINT(g_hash_table_lookup(visit->file_paths, path)) - 1;
}

const char *visit_shown_path(const struct visit *visit, const struct known_file *file)
{
  return (file->flags & UNIT_FILE_INSIDE) != 0 ? file->path + strlen(visit->root) + 1 : file->path;
}

struct known_file *visit_know(struct visit *visit, CXFile file)
{
  struct known_file *known = g_hash_table_lookup(visit->files, file);
  if (known != NULL)
    return known;
  known = g_new0(struct known_file, 1);
  known->path = file != NULL ? absolute_path(file) : g_strdup(visit->main_path);
  known->row = find_row(visit, known->path);
  size_t root_length = strlen(visit->root);
  bool is_inside =
      strncmp(known->path, visit->root, root_length) == 0 && known->path[root_length] == '/';
  known->flags = (is_inside ? UNIT_FILE_INSIDE : 0u) |
                 (strcmp(known->path, visit->main_path) == 0 ? UNIT_FILE_MAIN : 0u);
  g_hash_table_insert(visit->files, file, known);
  return known;
}

static void take_row(struct visit *visit, struct known_file *file, uint32_t row)
{
  file->row = row;
  g_hash_table_insert(visit->file_paths, g_strdup(file->path), GUINT_TO_POINTER(row + 1));
}

/* Where lines begin. As the parser does: "\n", "\r" and "\r\n" end one. */
static void list_lines(GArray *lines, const char *text, size_t size)
{
  const char *stop = text + size;
  bool has_returns = memchr(text, '\r', size) != NULL;
  uint32_t begin = 0;
  g_array_set_size(lines, 0);
  g_array_append_val(lines, begin);
  for (const char *at = text; at < stop; at = text + begin) {
    const char *end = memchr(at, '\n', (size_t)(stop - at));
    end = end != NULL ? end : stop;
    const char *back = has_returns ? memchr(at, '\r', (size_t)(end - at)) : NULL;
    if (back != NULL && back + 1 != end)
      end = back;
    if (end == stop)
      break;
    begin = (uint32_t)(end + 1 - text);
    g_array_append_val(lines, begin);
  }
}

/* The parser numbers the places of a file one after another. Where the numbers of both ends keep to
 * that, places in the source are reckoned: asking costs a thousand instructions each. */
static void know_places(struct visit *visit, struct known_file *main, CXFile file)
{
  size_t size = 0;
  const char *text = visit_file_text(visit, file, &size);
  CXSourceRange all = clang_getCursorExtent(clang_getTranslationUnitCursor(visit->tu));
  bool is_in_order = all.begin_int_data != 0 && all.end_int_data > all.begin_int_data &&
                     all.end_int_data - all.begin_int_data == size;
  if (text == NULL || !is_in_order)
    return;
  visit->main = main;
  visit->main_handle = file;
  visit->main_begin = all.begin_int_data;
  visit->main_size = (uint32_t)size;
  list_lines(visit->lines, text, size);
}

void visit_main_file(struct visit *visit, CXFile file)
{
  struct known_file *known = visit_know(visit, file);
  known->flags |= UNIT_FILE_MAIN;
  struct unit_file main_file = {
      .path = unit_builder_string(visit->builder, visit_shown_path(visit, known)),
      .flags = known->flags};
  if (visit->builder->files->len == 0)
    unit_builder_add_file(visit->builder, &main_file);
  else
    g_array_index(visit->builder->files, struct unit_file, 0) = main_file;
  take_row(visit, known, 0);
  if (file != NULL)
    know_places(visit, known, file);
}

uint32_t visit_file(struct visit *visit, CXFile file)
{
  struct known_file *known = visit_know(visit, file);
  if (known->row == UNIT_NONE)
    known->row = find_row(visit, known->path);
  if (known->row != UNIT_NONE)
    return known->row;
  const char *shown = visit_shown_path(visit, known);
  struct unit_file added = {.path = unit_builder_string(visit->builder, shown),
                            .flags = known->flags};
  take_row(visit, known, unit_builder_add_file(visit->builder, &added));
  return known->row;
}

uint32_t visit_file_row(struct visit *visit, CXFile file)
{
  struct known_file *known = visit_know(visit, file);
  return known->row != UNIT_NONE ? known->row : find_row(visit, known->path);
}

void visit_refer(struct visit *visit, CXFile file)
{
  if (visit->unseen != NULL && g_hash_table_contains(visit->unseen, visit_know(visit, file)->path))
    visit->is_lacking = true;
}

/* Any place in a file tells whether it is the system's. */
static struct known_file *place_file(struct visit *visit, CXFile file, CXSourceLocation location)
{
  struct known_file *known = visit_know(visit, file);
  if (known->is_placed)
    return known;
  known->is_placed = true;
  if (!clang_Location_isInSystemHeader(location))
    return known;
  known->flags |= UNIT_FILE_SYSTEM;
  uint32_t row = visit_file_row(visit, file);
  if (row != UNIT_NONE)
    g_array_index(visit->builder->files, struct unit_file, row).flags |= UNIT_FILE_SYSTEM;
  return known;
}

bool visit_is_ours(struct visit *visit, CXFile file, CXSourceLocation location)
{
  uint32_t flags = place_file(visit, file, location)->flags;
  return (flags & (UNIT_FILE_MAIN | UNIT_FILE_INSIDE)) != 0 || (flags & UNIT_FILE_SYSTEM) == 0;
}

static struct spot spot_in_main(struct visit *visit, uint32_t offset)
{
  const uint32_t *lines = (const uint32_t *)(const void *)visit->lines->data;
  uint32_t low = visit->last_line;
  uint32_t high = visit->lines->len;
  if (lines[low] > offset) {
    high = low;
    low = 0;
  } else if (low + 8 < high && lines[low + 8] > offset) {
    high = low + 8;
  }
  while (high - low > 1) {
    uint32_t middle = low + (high - low) / 2;
    if (lines[middle] <= offset)
      low = middle;
    else
      high = middle;
  }
  visit->last_line = low;
  return (struct spot){.file = 0, .line = low + 1, .column = offset - lines[low] + 1};
}

unsigned visit_line_at(struct visit *visit, CXSourceLocation location)
{
  unsigned line = 0;
  unsigned offset = 0;
  if (is_in_main(visit, location, &offset))
    return spot_in_main(visit, offset).line;
  clang_getExpansionLocation(location, NULL, &line, NULL, NULL);
  return line;
}

struct spot visit_location(struct visit *visit, CXSourceLocation location)
{
  /* The parser is asked for one such place, which tells what kind of file it is. */
  unsigned offset = 0;
  if (is_in_main(visit, location, &offset) && visit->main->is_placed)
    return spot_in_main(visit, offset);
  struct spot spot = {.file = UNIT_NONE};
  CXFile file = NULL;
  clang_getExpansionLocation(location, &file, &spot.line, &spot.column, NULL);
  if (file == NULL)
    return spot;
  if (file != visit->last_seen) {
    place_file(visit, file, location);
    visit_refer(visit, file);
    visit->last_seen = file;
    visit->last_seen_row = visit_file(visit, file);
  }
  spot.file = visit->last_seen_row;
  return spot;
}

struct spot visit_spot(struct visit *visit, CXCursor cursor)
{
  return visit_location(visit, clang_getCursorLocation(cursor));
}

const struct spot *syntax_spot(struct visit *visit, struct syntax *syntax)
{
  if (!syntax->has_spot)
    syntax->spot = visit_spot(visit, syntax->cursor);
  syntax->has_spot = true;
  return &syntax->spot;
}

struct file_text {
  const char *text;
  size_t size;
  char *bytes; /* that are ours, or NULL */
};

void file_text_free(gpointer data)
{
  struct file_text *text = data;
  g_free(text->bytes);
  g_free(text);
}

/* The parser knows where the source lies. Any other file it looks up by walking over every
 * inclusion and macro expansion, so that reading it once more is a hundred times cheaper. */
static struct file_text *read_text(struct visit *visit, CXFile file)
{
  struct file_text *text = g_new0(struct file_text, 1);
  const struct known_file *known = visit_know(visit, file);
  if ((known->flags & UNIT_FILE_MAIN) == 0 &&
      g_file_get_contents(known->path, &text->bytes, &text->size, NULL))
    text->text = text->bytes;
  else
    text->text = clang_getFileContents(visit->tu, file, &text->size);
  return text;
}

const char *visit_file_text(struct visit *visit, CXFile file, size_t *size)
{
  *size = 0;
  if (file == NULL)
    return NULL;
  if (file != visit->last_file) {
    struct file_text *known = g_hash_table_lookup(visit->texts, file);
    if (known == NULL) {
      known = read_text(visit, file);
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
  unsigned offset = 0, spelled = 0;
  if (is_in_main(visit, location, &offset))
    return 0;
  CXFile file = visit_file_at(visit, location, &offset);
  /* Nothing else lies in the source without standing there, unless it includes itself. */
  bool is_macro = visit->main != NULL && file == visit->main_handle && !visit->is_main_again;
  if (file == NULL ||
      (!is_macro && file == visit_spelled_at(visit, location, &spelled) && offset == spelled))
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

/* An end of a cursor: where it is spelled in the file, and where the outermost macro is used that
 * it comes out of; the same place outside of macros and for what stands in the text of one. */
struct end {
  CXFile file;
  unsigned spelled, used;
};

static struct end end_at(const struct visit *visit, CXSourceLocation location)
{
  struct end end = {0};
  end.file = visit_file_at(visit, location, &end.used);
  if (is_in_main(visit, location, &end.spelled))
    return end;
  clang_getFileLocation(location, NULL, NULL, NULL, &end.spelled);
  return end;
}

static int nesting(char character)
{
  return (character == '(') - (character == ')');
}

/* Whether a text closes the parentheses that it opens, and no other. */
static bool is_balanced(const char *text, size_t start, size_t end)
{
  int depth = 0;
  for (size_t i = start; i < end && depth >= 0; i++)
    depth += nesting(text[i]);
  return depth == 0;
}

/* Behind the name and the arguments of a macro that is used at a place. */
static size_t behind_macro(const char *text, size_t size, size_t at)
{
  while (at < size && (g_ascii_isalnum(text[at]) || text[at] == '_'))
    at++;
  size_t open = at;
  while (open < size && g_ascii_isspace(text[open]))
    open++;
  if (open == size || text[open] != '(')
    return at;
  int depth = 0;
  for (size_t i = open; i < size; i++) {
    depth += nesting(text[i]);
    if (depth == 0)
      return i + 1;
  }
  return at;
}

uint32_t visit_text(struct visit *visit, CXCursor cursor)
{
  enum { LIMIT = 200 };
  CXSourceRange range = clang_getCursorExtent(cursor);
  struct end first = end_at(visit, clang_getRangeStart(range));
  struct end last = end_at(visit, clang_getRangeEnd(range));
  size_t size = 0;
  const char *text = visit_file_text(visit, first.file, &size);
  if (text == NULL || first.file != last.file || last.spelled > size || last.used > size)
    return 0;
  bool is_first_argument = first.spelled != first.used;
  bool is_last_argument = last.spelled != last.used;
  size_t start = first.spelled, end = last.spelled;
  /* What is made of arguments and of a macro's text is told by the use of the macro. */
  if (is_first_argument && !is_last_argument)
    start = first.used;
  else if (is_last_argument && !is_first_argument)
    end = behind_macro(text, size, last.used);
  else if (is_first_argument && !is_balanced(text, start, end))
    start = end = first.used;
  if (end <= start)
    end = behind_macro(text, size, start);
  g_autoptr(GString) joined = g_string_new(NULL);
  for (size_t at = start; at < end && joined->len < LIMIT; at++) {
    if (!g_ascii_isspace(text[at]))
      g_string_append_c(joined, text[at]);
    else if (joined->len > 0 && joined->str[joined->len - 1] != ' ')
      g_string_append_c(joined, ' ');
  }
  return unit_builder_string(visit->builder, joined->str);
}
