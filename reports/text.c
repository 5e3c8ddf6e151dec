#include "reports/text.h"

#include <string.h>

#define MIN_COLUMN 8
#define GAP 2

static bool is_safe(gunichar c)
{
  switch (g_unichar_type(c)) {
  case G_UNICODE_CONTROL:
  case G_UNICODE_FORMAT: /* direction marks, zero-width joiners */
  case G_UNICODE_SURROGATE:
  case G_UNICODE_UNASSIGNED:
  case G_UNICODE_PRIVATE_USE:
  case G_UNICODE_LINE_SEPARATOR:
  case G_UNICODE_PARAGRAPH_SEPARATOR:
    return false;
  default:
    return true;
  }
}

char *text_escape(const char *text, bool keep_lines)
{
  GString *safe = g_string_sized_new(strlen(text) + 1);
  for (const char *p = text; *p;) {
    gunichar c = g_utf8_get_char_validated(p, -1);
    if (c == (gunichar)-1 || c == (gunichar)-2) {
      g_string_append_printf(safe, "\\x%02x", (unsigned)(unsigned char)*p);
      p++;
      continue;
    }
    const char *next = g_utf8_next_char(p);
    if (is_safe(c) || (keep_lines && (c == '\n' || c == '\t'))) {
      g_string_append_len(safe, p, next - p);
    } else if (c < 0x80) {
      g_string_append_printf(safe, "\\x%02x", (unsigned)c);
    } else {
      g_string_append_printf(safe, "\\u{%x}", (unsigned)c);
    }
    p = next;
  }
  return g_string_free(safe, FALSE);
}

/* Terminal columns of safe text. */
static unsigned width_of(const char *text)
{
  unsigned width = 0;
  for (const char *p = text; *p; p = g_utf8_next_char(p)) {
    gunichar c = g_utf8_get_char(p);
    width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
  }
  return width;
}

static char *cell_string(const struct cell *cell)
{
  switch (cell->type) {
  case CELL_INT:
    return g_strdup_printf("%" G_GINT64_FORMAT, cell->integer);
  case CELL_REAL: {
    char buffer[G_ASCII_DTOSTR_BUF_SIZE];
    return g_strdup(g_ascii_formatd(buffer, sizeof buffer, "%.6g", cell->real));
  }
  case CELL_TEXT:
    return text_escape(cell->text, false);
  }
  g_assert_not_reached();
}

static unsigned total_of(const unsigned *widths, const bool *is_left_out, unsigned n)
{
  unsigned total = 0;
  for (unsigned i = 0; i < n; i++) {
    total += is_left_out[i] ? 0 : widths[i] + (total > 0 ? GAP : 0);
  }
  return total;
}

static bool is_id(const char *column)
{
  return strcmp(column, "id") == 0 || strcmp(column, "site") == 0 ||
         g_str_has_suffix(column, "_id");
}

/* Leaves out columns that do not fit even at their least: ids, which tell people nothing, then from
 * the right; the first two stay. */
static unsigned leave_out(const struct view_rows *rows, const unsigned *least, bool *is_left_out,
                          unsigned width)
{
  unsigned n = rows->n_columns;
  unsigned n_left_out = 0;
  for (unsigned i = 0; i < n && total_of(least, is_left_out, n) > width; i++) {
    if (is_id(rows->columns[i])) {
      is_left_out[i] = true;
      n_left_out++;
    }
  }
  for (unsigned i = n; i > 2 && total_of(least, is_left_out, n) > width; i--) {
    if (!is_left_out[i - 1]) {
      is_left_out[i - 1] = true;
      n_left_out++;
    }
  }
  return n_left_out;
}

/* Takes from the widest column, one at a time, until the line fits or all are at their least. */
static void fit(unsigned *widths, const unsigned *least, const bool *is_left_out, unsigned n,
                unsigned width)
{
  unsigned total = total_of(widths, is_left_out, n);
  while (total > width) {
    unsigned widest = n;
    for (unsigned i = 0; i < n; i++) {
      if (!is_left_out[i] && widths[i] > least[i] && (widest == n || widths[i] > widths[widest])) {
        widest = i;
      }
    }
    if (widest == n) {
      return;
    }
    widths[widest]--;
    total--;
  }
}

static unsigned columns_of(gunichar c)
{
  return g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
}

/* TEXT in at most WIDTH columns. Of a path the end tells more, of everything else the beginning. */
static char *shorten(const char *text, unsigned width, bool is_path)
{
  unsigned has = width_of(text);
  if (has <= width || width == 0) {
    return g_strdup(text);
  }
  if (is_path) {
    const char *p = text;
    while (has > width - 1) {
      has -= columns_of(g_utf8_get_char(p));
      p = g_utf8_next_char(p);
    }
    return g_strconcat("…", p, NULL);
  }
  unsigned taken = 0;
  const char *p = text;
  while (taken + columns_of(g_utf8_get_char(p)) <= width - 1) {
    taken += columns_of(g_utf8_get_char(p));
    p = g_utf8_next_char(p);
  }
  g_autofree char *start = g_strndup(text, (gsize)(p - text));
  return g_strconcat(start, "…", NULL);
}

static void append_cell(GString *out, const char *text, unsigned width, bool is_right, bool is_last)
{
  unsigned padding = width - MIN(width, width_of(text));
  if (is_right) {
    g_string_append_printf(out, "%*s", (int)padding, "");
  }
  g_string_append(out, text);
  if (!is_last) {
    g_string_append_printf(out, "%*s", (int)(is_right ? 0 : padding) + GAP, "");
  }
}

/* One line of the table: CELLS (of all columns), with IS_RIGHT for numbers. */
static void append_line(GString *out, const struct view_rows *rows, char *const *cells,
                        const unsigned *widths, const bool *is_left_out, size_t row)
{
  unsigned last = rows->n_columns;
  for (unsigned i = 0; i < rows->n_columns; i++) {
    last = is_left_out[i] ? last : i;
  }
  for (unsigned i = 0; i < rows->n_columns; i++) {
    if (is_left_out[i]) {
      continue;
    }
    bool is_right = rows->n_rows > 0 && view_cell(rows, row, i)->type != CELL_TEXT;
    bool is_path = g_str_has_suffix(rows->columns[i], "file") || is_right;
    g_autofree char *text = shorten(cells[i], widths[i], is_path);
    append_cell(out, text, widths[i], is_right, i == last);
  }
}

char *text_table(const struct view_rows *rows, unsigned width, bool has_color, unsigned *n_left_out)
{
  unsigned n = rows->n_columns;
  g_autofree unsigned *widths = g_new0(unsigned, n);
  g_autofree unsigned *least = g_new0(unsigned, n);
  g_autofree bool *is_left_out = g_new0(bool, n);
  g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
  for (unsigned i = 0; i < n; i++) {
    widths[i] = width_of(rows->columns[i]);
  }
  for (size_t row = 0; row < rows->n_rows; row++) {
    for (unsigned i = 0; i < n; i++) {
      char *text = cell_string(view_cell(rows, row, i));
      widths[i] = MAX(widths[i], width_of(text));
      g_ptr_array_add(cells, text);
    }
  }
  for (unsigned i = 0; i < n; i++) {
    bool is_number = rows->n_rows > 0 && view_cell(rows, 0, i)->type != CELL_TEXT;
    least[i] = is_number ? widths[i] : MIN(widths[i], MAX(width_of(rows->columns[i]), MIN_COLUMN));
  }
  unsigned n_hidden = width > 0 ? leave_out(rows, least, is_left_out, width) : 0;
  if (width > 0) {
    fit(widths, least, is_left_out, n, width);
  }
  if (n_left_out) {
    *n_left_out = n_hidden;
  }
  GString *out = g_string_new(has_color ? "\033[1m" : "");
  append_line(out, rows, rows->columns, widths, is_left_out, 0);
  g_string_append(out, has_color ? "\033[0m\n" : "\n");
  for (size_t row = 0; row < rows->n_rows; row++) {
    append_line(out, rows, (char *const *)cells->pdata + row * n, widths, is_left_out, row);
    g_string_append_c(out, '\n');
  }
  return g_string_free(out, FALSE);
}
