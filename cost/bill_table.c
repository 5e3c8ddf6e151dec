/* The bill as a table for people: one block per section, aligned columns, notes below. */
#include <string.h>

#include "cost/bill.h"

#define N_COLUMNS 6

static const char *const headings[N_COLUMNS] = {"name", "item",       "quantity",
                                                "unit", "unit price", "USD"};
static const bool is_right[N_COLUMNS] = {false, false, true, false, true, true};

/* "12345678.9" as "12,345,678.9", at most four digits after the point. */
static char *grouped(const struct decimal *value)
{
  g_autofree char *exact = decimal_text(value);
  const char *point = strchr(exact, '.');
  g_autofree char *text =
      point != NULL && strlen(point) > 5 ? decimal_fixed(value, 4) : g_strdup(exact);
  GString *result = g_string_new(text);
  char *end = strchr(result->str, '.');
  gssize position = end != NULL ? end - result->str : (gssize)result->len;
  for (position -= 3; position > (result->str[0] == '-' ? 1 : 0); position -= 3) {
    g_string_insert_c(result, position, ',');
  }
  return g_string_free(result, FALSE);
}

/* Control characters of a scenario's names never reach the terminal. */
static char *printable(const char *text)
{
  GString *result = g_string_new(NULL);
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
    gunichar character = g_utf8_get_char(at);
    if (g_unichar_isprint(character)) {
      g_string_append_unichar(result, character);
    } else {
      g_string_append_c(result, '?');
    }
  }
  return g_string_free(result, FALSE);
}

static char **line_cells(const struct bill_line *line)
{
  char **cells = g_new0(char *, N_COLUMNS + 1);
  cells[0] = printable(line->name);
  cells[1] = line->tier > 1 ? g_strdup_printf("%s (tier %u)", line->item, line->tier)
                            : g_strdup(line->item);
  cells[2] = grouped(line->quantity);
  cells[3] = g_strdup(line->unit);
  cells[4] = decimal_text(line->unit_price);
  cells[5] = decimal_fixed(line->rounded, 2);
  return cells;
}

static void append_row(GString *text, char *const *cells, const size_t *widths)
{
  for (int i = 0; i < N_COLUMNS; i++) {
    size_t length = (size_t)g_utf8_strlen(cells[i], -1);
    size_t padding = widths[i] > length ? widths[i] - length : 0;
    if (i > 0) {
      g_string_append(text, "  ");
    }
    g_string_append_printf(text, "%*s%s", is_right[i] ? (int)padding : 0, "", cells[i]);
    if (!is_right[i] && i + 1 < N_COLUMNS) {
      g_string_append_printf(text, "%*s", (int)padding, "");
    }
  }
  g_string_append_c(text, '\n');
}

static void append_rule(GString *text, const size_t *widths)
{
  size_t length = 2 * (N_COLUMNS - 1);
  for (int i = 0; i < N_COLUMNS; i++) {
    length += widths[i];
  }
  for (size_t i = 0; i < length; i++) {
    g_string_append_c(text, '-');
  }
  g_string_append_c(text, '\n');
}

static void append_total(GString *text, const struct bill *bill, enum section section,
                         const size_t *widths)
{
  struct bill_total total = bill_total(bill, section);
  g_autofree char *amount = decimal_fixed(total.rounded, 2);
  g_autofree char *label = g_strdup_printf("total %s", section_names[section]);
  char *cells[N_COLUMNS] = {label, "", "", "", "", amount};
  append_rule(text, widths);
  append_row(text, cells, widths);
  if (decimal_compare(total.rounded, total.sum_of_rounded) != 0) {
    g_autofree char *sum = decimal_fixed(total.sum_of_rounded, 2);
    g_string_append_printf(text, "  (the rounded lines add up to %s)\n", sum);
  }
  g_string_append_c(text, '\n');
}

/* Each source once, in the order of the lines, and what the lines want to say. */
static void append_notes(GString *text, const struct bill *bill)
{
  g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  g_string_append(text, "prices:\n");
  for (unsigned int i = 0; i < bill->lines->len; i++) {
    const struct bill_line *line = bill->lines->pdata[i];
    char *key = g_strdup_printf("%s, %s", line->source, line->as_of);
    if (g_hash_table_add(seen, key)) {
      g_string_append_printf(text, "  %s\n", key);
    }
  }
  for (unsigned int i = 0; i < bill->lines->len; i++) {
    const struct bill_line *line = bill->lines->pdata[i];
    char *key = g_strdup_printf("note: %s: %s", line->plan, line->note);
    if (line->note[0] != '\0' && g_hash_table_add(seen, key)) {
      g_string_append_printf(text, "%s\n", key);
    } else if (line->note[0] == '\0') {
      g_free(key);
    }
  }
}

char *bill_table(const struct bill *bill)
{
  GString *text = g_string_new(NULL);
  size_t widths[N_COLUMNS];
  g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
  for (int i = 0; i < N_COLUMNS; i++) {
    widths[i] = strlen(headings[i]);
  }
  widths[0] = MAX(widths[0], strlen("total infrastructure"));
  for (unsigned int i = 0; i < bill->lines->len; i++) {
    char **cells = line_cells(bill->lines->pdata[i]);
    g_ptr_array_add(rows, cells);
    for (int j = 0; j < N_COLUMNS; j++) {
      widths[j] = MAX(widths[j], (size_t)g_utf8_strlen(cells[j], -1));
    }
  }
  g_autofree char *hours = grouped(bill->hours);
  g_string_append_printf(text, "bill for %s hours, USD, free tier %s\n\n", hours,
                         bill->has_free_tier ? "applied once per account" : "not applied");
  for (int section = 0; section < N_SECTIONS; section++) {
    const char *plan = "";
    for (unsigned int i = 0; i < bill->lines->len; i++) {
      const struct bill_line *line = bill->lines->pdata[i];
      if (line->section != (enum section)section) {
        continue;
      }
      if (plan[0] == '\0') {
        g_string_append_printf(text, "%s\n", section_names[section]);
        append_row(text, (char *const *)headings, widths);
        append_rule(text, widths);
      }
      if (strcmp(plan, line->plan) != 0) {
        plan = line->plan;
        g_string_append_printf(text, "[%s, %s]\n", plan, line->region);
      }
      append_row(text, rows->pdata[i], widths);
    }
    if (plan[0] != '\0') {
      append_total(text, bill, (enum section)section, widths);
    }
  }
  append_notes(text, bill);
  return g_string_free(text, FALSE);
}
