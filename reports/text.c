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

/* Takes from the widest column, one at a time, until the line fits or all are at their least. */
static void fit(unsigned *widths, const unsigned *least, unsigned n, unsigned width)
{
  unsigned total = n > 0 ? GAP * (n - 1) : 0;
  for (unsigned i = 0; i < n; i++) {
    total += widths[i];
  }
  while (total > width) {
    unsigned widest = n;
    for (unsigned i = 0; i < n; i++) {
      if (widths[i] > least[i] && (widest == n || widths[i] > widths[widest])) {
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

/* Appends TEXT in WIDTH columns; a longer one keeps its end, which tells more (paths, lines). */
static void append_cell(GString *out, const char *text, unsigned width, bool is_right, bool is_last)
{
  unsigned has = width_of(text);
  if (has > width) {
    const char *p = text;
    while (has > width - 1) {
      gunichar c = g_utf8_get_char(p);
      has -= g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
      p = g_utf8_next_char(p);
    }
    g_string_append(out, "…");
    g_string_append(out, p);
    has++;
    text = NULL;
  }
  unsigned padding = width - has;
  if (text && is_right) {
    g_string_append_printf(out, "%*s", (int)padding, "");
  }
  if (text) {
    g_string_append(out, text);
  }
  if (!is_last && !(text && is_right)) {
    g_string_append_printf(out, "%*s", (int)padding, "");
  }
  if (!is_last) {
    g_string_append_printf(out, "%*s", GAP, "");
  }
}

char *text_table(const struct view_rows *rows, unsigned width, bool has_color)
{
  unsigned n = rows->n_columns;
  g_autofree unsigned *widths = g_new0(unsigned, n);
  g_autofree unsigned *least = g_new0(unsigned, n);
  g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
  for (unsigned i = 0; i < n; i++) {
    widths[i] = width_of(rows->columns[i]);
    least[i] = MAX(widths[i], MIN_COLUMN);
  }
  for (size_t row = 0; row < rows->n_rows; row++) {
    for (unsigned i = 0; i < n; i++) {
      char *text = cell_string(view_cell(rows, row, i));
      widths[i] = MAX(widths[i], width_of(text));
      g_ptr_array_add(cells, text);
    }
  }
  if (width > 0) {
    fit(widths, least, n, width);
  }
  GString *out = g_string_new(NULL);
  g_string_append(out, has_color ? "\033[1m" : "");
  for (unsigned i = 0; i < n; i++) {
    bool is_right = rows->n_rows > 0 && view_cell(rows, 0, i)->type != CELL_TEXT;
    append_cell(out, rows->columns[i], widths[i], is_right, i + 1 == n);
  }
  g_string_append(out, has_color ? "\033[0m\n" : "\n");
  for (size_t row = 0; row < rows->n_rows; row++) {
    for (unsigned i = 0; i < n; i++) {
      bool is_right = view_cell(rows, row, i)->type != CELL_TEXT;
      append_cell(out, g_ptr_array_index(cells, row * n + i), widths[i], is_right, i + 1 == n);
    }
    g_string_append_c(out, '\n');
  }
  return g_string_free(out, FALSE);
}
