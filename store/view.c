#include "store/view.h"

#include <string.h>

#include "store/internal.h"

static const char *const names[] = {
    "v_file",    "v_diagnostic", "v_program",  "v_routine",  "v_type",        "v_field", "v_param",
    "v_call",    "v_unresolved", "v_state",    "v_access",   "v_effect",      "v_entry", "v_span",
    "v_service", "v_member",     "v_function", "v_cut",      "v_invocation",  "v_bill",  "v_range",
    "v_step",    "v_unit",       "v_setup",    "v_decision", "v_measurement", NULL};

static const char *const abouts[] = {"files that were read",
                                     "what the parser said",
                                     "translation units of each executable or library",
                                     "routines, defined in the tree or only used by it",
                                     "records, enums and typedefs",
                                     "members of records",
                                     "parameters and results, and how they are used",
                                     "possible callees of every call site",
                                     "indirect call sites for which no target is known",
                                     "what outlives a call",
                                     "reads, writes and address-taking of state",
                                     "what routines do to the outside",
                                     "routines that the outside world reaches",
                                     "lines under one lock or in one transaction",
                                     "proposed services",
                                     "what belongs to each service",
                                     "deployable functions",
                                     "calls and state accesses that cross services",
                                     "recorded runs of functions",
                                     "lines of the bills",
                                     "how far what is uncertain moves the bills of the functions",
                                     "the order in which services can be taken out",
                                     "which functions are built as one",
                                     "ways to put a service into functions: cost and latency",
                                     "what people decided, and what each line costs",
                                     "durations, cold starts and memory of functions",
                                     NULL};

const char *const *view_names(void)
{
  return names;
}

const char *view_about(const char *name)
{
  for (size_t i = 0; names[i]; i++) {
    if (strcmp(names[i], name) == 0) {
      return abouts[i];
    }
  }
  return NULL;
}

void view_rows_free(struct view_rows *rows)
{
  if (!rows) {
    return;
  }
  g_strfreev(rows->columns);
  g_array_unref(rows->cells);
  g_string_chunk_free(rows->strings);
  g_free(rows);
}

const struct cell *view_cell(const struct view_rows *rows, size_t row, unsigned column)
{
  return &g_array_index(rows->cells, struct cell, row * rows->n_columns + column);
}

int view_column(const struct view_rows *rows, const char *name)
{
  for (unsigned i = 0; i < rows->n_columns; i++) {
    if (strcmp(rows->columns[i], name) == 0) {
      return (int)i;
    }
  }
  return -1;
}

const char *view_text(const struct view_rows *rows, size_t row, const char *column)
{
  int index = view_column(rows, column);
  if (index < 0) {
    return "";
  }
  const struct cell *cell = view_cell(rows, row, (unsigned)index);
  return cell->type == CELL_TEXT ? cell->text : "";
}

static struct cell read_cell(sqlite3_stmt *statement, int column, GStringChunk *strings)
{
  struct cell cell = {.type = CELL_TEXT, .text = ""};
  switch (sqlite3_column_type(statement, column)) {
  case SQLITE_INTEGER:
    cell.type = CELL_INT;
    cell.integer = sqlite3_column_int64(statement, column);
    break;
  case SQLITE_FLOAT:
    cell.type = CELL_REAL;
    cell.real = sqlite3_column_double(statement, column);
    break;
  case SQLITE_NULL:
    break;
  default:
    cell.text =
        g_string_chunk_insert_const(strings, (const char *)sqlite3_column_text(statement, column));
    break;
  }
  return cell;
}

static struct view_rows *read_rows(struct store *store, sqlite3_stmt *statement, GError **error)
{
  struct view_rows *rows = g_new0(struct view_rows, 1);
  rows->n_columns = (unsigned)sqlite3_column_count(statement);
  rows->columns = g_new0(char *, rows->n_columns + 1);
  for (unsigned i = 0; i < rows->n_columns; i++) {
    rows->columns[i] = g_strdup(sqlite3_column_name(statement, (int)i));
  }
  rows->cells = g_array_new(FALSE, FALSE, sizeof(struct cell));
  rows->strings = g_string_chunk_new(64 * 1024);
  int code;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    for (unsigned i = 0; i < rows->n_columns; i++) {
      struct cell cell = read_cell(statement, (int)i, rows->strings);
      g_array_append_val(rows->cells, cell);
    }
    rows->n_rows++;
  }
  sqlite3_reset(statement);
  if (code != SQLITE_DONE) {
    store_set_error(store, code, "read", error);
    view_rows_free(rows);
    return NULL;
  }
  return rows;
}

static sqlite3_stmt *shape_of(struct store *store, const char *name, GError **error)
{
  g_autofree char *probe = g_strdup_printf("SELECT * FROM %s LIMIT 0", name);
  return store_statement(store, probe, error);
}

char **view_columns(struct store *store, const char *name, GError **error)
{
  g_return_val_if_fail(view_about(name), NULL);
  sqlite3_stmt *shape = shape_of(store, name, error);
  if (!shape) {
    return NULL;
  }
  int n = sqlite3_column_count(shape);
  char **columns = g_new0(char *, (size_t)n + 1);
  for (int i = 0; i < n; i++) {
    columns[i] = g_strdup(sqlite3_column_name(shape, i));
  }
  return columns;
}

static bool is_hash(const char *column)
{
  return strcmp(column, "id") == 0 || strcmp(column, "site") == 0 ||
         g_str_has_suffix(column, "_id");
}

/* Names before hashes, so that people find what belongs together in one place. */
static void append_order(GString *sql, sqlite3_stmt *shape)
{
  int n_columns = sqlite3_column_count(shape);
  const char *separator = " ORDER BY ";
  for (int pass = 0; pass < 2; pass++) {
    for (int i = 0; i < n_columns; i++) {
      if (is_hash(sqlite3_column_name(shape, i)) == (pass == 1)) {
        g_string_append_printf(sql, "%s%d", separator, i + 1);
        separator = ",";
      }
    }
  }
}

struct view_rows *view_read(struct store *store, const char *name,
                            const struct view_filter *filters, size_t n_filters, GError **error)
{
  g_return_val_if_fail(view_about(name), NULL);
  sqlite3_stmt *shape = shape_of(store, name, error);
  if (!shape) {
    return NULL;
  }
  g_autoptr(GString) sql = g_string_new(NULL);
  g_string_printf(sql, "SELECT * FROM %s", name);
  for (size_t i = 0; i < n_filters; i++) {
    g_string_append_printf(sql, " %s CAST(\"%s\" AS TEXT) = ?%zu", i == 0 ? "WHERE" : "AND",
                           filters[i].column, i + 1);
  }
  append_order(sql, shape);
  sqlite3_stmt *statement = store_statement(store, sql->str, error);
  if (!statement) {
    return NULL;
  }
  for (size_t i = 0; i < n_filters; i++) {
    sqlite3_bind_text(statement, (int)i + 1, filters[i].value, -1, SQLITE_TRANSIENT);
  }
  return read_rows(store, statement, error);
}
