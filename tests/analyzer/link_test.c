/* The small parts of linking: SQL in literals, signatures, rules and models as data. */
#include "analyzer/effects.h"
#include "analyzer/models.h"
#include "analyzer/pattern.h"
#include "analyzer/rules.h"
#include "analyzer/signature.h"
#include "analyzer/sql.h"

#include <glib.h>
#include <string.h>

static char *tables_text(const char *sql)
{
  g_autoptr(GPtrArray) tables = sql_tables(sql);
  GString *text = g_string_new(NULL);
  for (guint i = 0; i < tables->len; i++) {
    const struct sql_table *table = g_ptr_array_index(tables, i);
    g_string_append_printf(text, "%s%s:%s%s", i != 0 ? " " : "", table->name,
                           table->is_read ? "r" : "", table->is_written ? "w" : "");
  }
  return g_string_free(text, FALSE);
}

static void test_sql(void)
{
  static const struct {
    const char *sql;
    const char *tables;
  } cases[] = {
      {"SELECT id, name FROM products WHERE id = ?", "products:r"},
      {"select a.x from orders a, lines as l where a.id = l.o", "lines:r orders:r"},
      {"SELECT * FROM a LEFT JOIN b ON a.id=b.id JOIN main.c USING (id)", "a:r b:r c:r"},
      {"INSERT INTO orders (id) VALUES (%d)", "orders:w"},
      {"INSERT OR REPLACE INTO \"Cart Items\" SELECT * FROM tmp", "cart items:w tmp:r"},
      {"UPDATE stock SET n = n - ? WHERE id IN (SELECT product FROM lines)", "lines:r stock:rw"},
      {"DELETE FROM sessions WHERE last < %ld; DELETE FROM carts", "carts:w sessions:w"},
      {"REPLACE INTO kv VALUES (?, ?)", "kv:w"},
      {"CREATE TABLE IF NOT EXISTS users (id INTEGER REFERENCES groups(id))", "groups:r users:w"},
      {"CREATE UNIQUE INDEX i ON users (name)", "users:w"},
      {"WITH t AS (SELECT 1 FROM real) SELECT * FROM t", "real:r"},
      {"SELECT * FROM %s WHERE a = 'from nowhere'", ""},
      {"SELECT * FROM t_%s", ""},
      {"SELECT count(*) FROM log -- FROM comment\n", "log:r"},
      {"TRUNCATE TABLE public.events", "events:w"},
      {"DELETE FROM a USING b WHERE a.id = b.id", "a:w"},
      {"DELETE FROM carts AS c WHERE c.id = 1", "carts:w"},
      {"DELETE a FROM a JOIN b ON a.id = b.id", "a:r b:r"},
      {"INSERT INTO orders ", "orders:w"},
      {"SELECT id FROM jobs ORDER BY id FOR UPDATE SKIP LOCKED", "jobs:r"},
      {"CREATE TABLE a (b INTEGER REFERENCES c ON DELETE CASCADE ON UPDATE CASCADE)", "a:w c:r"},
      {"ALTER TABLE users ADD COLUMN age", "users:w"},
      {"DROP TABLE IF EXISTS users", "users:w"},
      {"truncate events, visits restart identity", "events:w visits:w"},
      {"UPDATE stock s SET n = 1", "stock:rw"},
      {"SELECT a FROM t1 AS x LEFT JOIN t2 y ON x.i = y.i", "t1:r t2:r"},
      {"SELECT 1 FROM (SELECT 2 FROM inner_one) AS x", "inner_one:r"},
      {"truncate of config check log failed", ""},
      {"Truncate nothing in AOF %s to timestamp", ""},
      {"select from menu %d", ""},
      {"Delete slots information from current node.", ""},
      {"delete from disk failed", ""},
      {"delete file from disk", ""},
      {"select something from menu.", ""},
      {"create table of contents", ""},
      {"update of the set failed", ""},
      {"update failed", ""},
      {"select a product", ""},
      {"", ""},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *tables = tables_text(cases[i].sql);
    g_assert_cmpstr(tables, ==, cases[i].tables);
  }
}

static void test_signature(void)
{
  static const struct {
    const char *call;
    const char *routine;
    bool fits;
  } cases[] = {
      {"i4(p,i8)", "i4(p,i8)", true},
      {"i4(p,i8)", "i4(p)", true},
      {"i4(p)", "i4(p,i8)", false},
      {"v(p)", "i4(p)", true},
      {"i4(p)", "v(p)", false},
      {"i4(p)", "i4(i8)", false},
      {"i4(?)", "i4(p,p)", true},
      {"i4(p,p,p)", "i4(p,...)", true},
      {"p()", "p()", true},
      {"p()", "p(p)", false},
      {"", "i4(p)", true},
      {"?", "v()", true},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
    g_assert_cmpint(signature_fits(cases[i].call, cases[i].routine), ==, cases[i].fits);
}

static void test_bad_rules(void)
{
  static const struct {
    const char *text;
    const char *message;
  } cases[] = {
      {"version: 1\neffects:\n  - {efect: file, call: \"^open$\"}\n",
       "bad.yaml:3:6: unknown key 'efect', did you mean 'effect'?"},
      {"version: 2\n", "bad.yaml:1:10: version 2 is not known, only 1 is"},
      {"version: 1\neffects:\n  - {effect: file, call: \"(\"}\n",
       "bad.yaml:3:27: bad expression '(': missing closing parenthesis at character 2"},
      {"version: 1\neffects:\n  - {effect: file}\n",
       "bad.yaml:3:6: one of 'call' and 'variable' is expected"},
      {"version: 1\nentries:\n  - {id: a, trigger: http, call: x}\n",
       "bad.yaml:3:6: one of 'handler_arg' and 'handler: caller' is expected"},
      {"version: 1\nentries:\n  - {id: a, trigger: http, call: x, handler_arg: 99}\n",
       "bad.yaml:3:50: 99 is not between 0 and 31"},
      {"version: 1\nentries: 3\n", "bad.yaml:2:10: 'entries' must be a list"},
      {"version: 1\nspans:\n  - {kind: span, begin: a, end: b}\n",
       "bad.yaml:3:12: 'kind' is lock or transaction"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(rules_owner) rules = rules_new();
    g_autoptr(GError) error = NULL;
    g_assert_false(rules_read_text(rules, "bad.yaml", cases[i].text, &error));
    g_assert_cmpstr(error->message, ==, cases[i].message);
    g_assert_cmpuint(rules->effects->len + rules->entries->len, ==, 0);
  }
}

/* What the tool ships must read, and every rule must have an id of its own. */
static void test_shipped_data(void)
{
  g_autofree char *rules_folder =
      g_build_filename(g_getenv("CLEAVE_SOURCE_DIR"), "analyzer", "rules", NULL);
  g_autofree char *models_folder =
      g_build_filename(g_getenv("CLEAVE_SOURCE_DIR"), "analyzer", "models", NULL);
  g_autoptr(rules_owner) rules = rules_new();
  g_autoptr(models_owner) models = models_new();
  g_autoptr(GError) error = NULL;
  rules_read_folder(rules, rules_folder, &error);
  g_assert_no_error(error);
  models_read_folder(models, models_folder, &error);
  g_assert_no_error(error);
  g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < rules->entries->len; i++) {
    const struct entry_rule *rule = g_ptr_array_index(rules->entries, i);
    g_assert_true(g_hash_table_add(ids, rule->id));
  }
  g_assert_cmpuint(rules->effects->len, >, 20);
  g_assert_cmpuint(models->models->len, >, 50);
}

/* A pattern that would run for ever on a text does not match it. */
static void test_pattern_limits(void)
{
  g_autofree char *message = NULL;
  struct pattern *pattern = pattern_new("^(a+)+$", &message);
  g_assert_nonnull(pattern);
  g_autofree char *text = g_strnfill(5000, 'a');
  text[4999] = 'b';
  g_assert_false(pattern_matches(pattern, text));
  g_assert_true(pattern_matches(pattern, "aaa"));
  pattern_free(pattern);
  g_assert_null(pattern_new("\\C", &message));
  g_assert_nonnull(message);
  struct pattern *names = pattern_new("^(open|close)$", &message);
  g_assert_true(pattern_matches(names, "open"));
  g_assert_false(pattern_matches(names, "open64"));
  pattern_free(names);
}

static void test_plain_names(void)
{
  static const char *const cases[][2] = {
      {"__printf_chk", "printf"},
      {"fopen64", "fopen"},
      {"__isoc99_sscanf", "sscanf"},
      {"__builtin_memcpy", "memcpy"},
      {"__errno_location", "__errno_location"},
      {"int64", "int64"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *plain = effects_plain_name(cases[i][0]);
    g_assert_cmpstr(plain, ==, cases[i][1]);
  }
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/link/sql", test_sql);
  g_test_add_func("/link/signature", test_signature);
  g_test_add_func("/link/bad_rules", test_bad_rules);
  g_test_add_func("/link/shipped_data", test_shipped_data);
  g_test_add_func("/link/pattern_limits", test_pattern_limits);
  g_test_add_func("/link/plain_names", test_plain_names);
  return g_test_run();
}
