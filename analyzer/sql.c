#include "analyzer/sql.h"

#include <string.h>

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_HOLE, TOKEN_SIGN };

struct token {
  enum token_kind kind;
  char *text; /* lower case for words, without quotes for quoted names, one sign otherwise */
};

struct reader {
  GArray *tokens;
  guint at;
  GHashTable *tables; /* name -> struct sql_table */
  GHashTable *common; /* names that WITH defines */
};

static void token_clear(gpointer data)
{
  g_free(((struct token *)data)->text);
}

static bool is_word_start(char c)
{
  return g_ascii_isalpha(c) || c == '_';
}

static bool is_word_part(char c)
{
  return g_ascii_isalnum(c) || c == '_' || c == '$';
}

static void add_token(GArray *tokens, enum token_kind kind, char *text)
{
  struct token token = {kind, text};
  g_array_append_val(tokens, token);
}

/* The end of a quoted stretch; doubled quotes stand for one. */
static const char *skip_quoted(const char *from, char close)
{
  for (from++; *from != '\0'; from++) {
    if (*from != close)
      continue;
    if (from[1] != close)
      return from + 1;
    from++;
  }
  return from;
}

static const char *skip_format(const char *from)
{
  from++;
  while (*from != '\0' && strchr("-+ #0123456789.*'hlLjzt", *from) != NULL)
    from++;
  return *from != '\0' ? from + 1 : from;
}

/* A word that runs into a format is a name with a hole in it: none. */
static const char *read_word(GArray *tokens, const char *from)
{
  const char *end = from;
  while (is_word_part(*end))
    end++;
  if (*end == '%' && (g_ascii_isalpha(end[1]) || g_ascii_isdigit(end[1]))) {
    while (is_word_part(*end) || *end == '%')
      end = *end == '%' ? skip_format(end) : end + 1;
    add_token(tokens, TOKEN_HOLE, NULL);
    return end;
  }
  add_token(tokens, TOKEN_WORD, g_ascii_strdown(from, end - from));
  return end;
}

static const char *read_token(GArray *tokens, const char *from)
{
  if (g_ascii_isspace(*from))
    return from + 1;
  if (from[0] == '-' && from[1] == '-')
    return from + strcspn(from, "\n");
  if (from[0] == '/' && from[1] == '*') {
    const char *end = strstr(from + 2, "*/");
    return end != NULL ? end + 2 : from + strlen(from);
  }
  if (*from == '\'')
    return skip_quoted(from, '\'');
  if (*from == '"' || *from == '`' || *from == '[') {
    const char *end = skip_quoted(from, *from == '[' ? ']' : *from);
    gsize length = end - from > 2 ? (gsize)(end - from) - 2 : 0;
    char *name = g_ascii_strdown(from + 1, (gssize)length);
    bool is_hole = strchr(name, '%') != NULL;
    add_token(tokens, is_hole ? TOKEN_HOLE : TOKEN_QUOTED, name);
    return end;
  }
  if (is_word_start(*from))
    return read_word(tokens, from);
  if (*from == '%' && from[1] != ' ' && from[1] != '\0') {
    const char *end = skip_format(from);
    while (is_word_part(*end))
      end++;
    add_token(tokens, TOKEN_HOLE, NULL);
    return end;
  }
  add_token(tokens, TOKEN_SIGN, g_strndup(from, 1));
  return from + 1;
}

static GArray *tokenise(const char *text)
{
  GArray *tokens = g_array_new(FALSE, TRUE, sizeof(struct token));
  g_array_set_clear_func(tokens, token_clear);
  while (*text != '\0')
    text = read_token(tokens, text);
  add_token(tokens, TOKEN_END, NULL);
  return tokens;
}

static const struct token *peek(const struct reader *reader, guint ahead)
{
  guint at = MIN(reader->at + ahead, reader->tokens->len - 1);
  return &g_array_index(reader->tokens, struct token, at);
}

static bool is_word(const struct reader *reader, guint ahead, const char *word)
{
  const struct token *token = peek(reader, ahead);
  return token->kind == TOKEN_WORD && strcmp(token->text, word) == 0;
}

static bool is_sign(const struct reader *reader, guint ahead, char sign)
{
  const struct token *token = peek(reader, ahead);
  return token->kind == TOKEN_SIGN && token->text[0] == sign;
}

static bool take_word(struct reader *reader, const char *word)
{
  if (!is_word(reader, 0, word))
    return false;
  reader->at++;
  return true;
}

static void note(struct reader *reader, const char *name, bool is_read, bool is_written)
{
  if (g_hash_table_contains(reader->common, name))
    return;
  struct sql_table *table = g_hash_table_lookup(reader->tables, name);
  if (table == NULL) {
    table = g_new0(struct sql_table, 1);
    table->name = g_strdup(name);
    g_hash_table_insert(reader->tables, table->name, table);
  }
  table->is_read = table->is_read || is_read;
  table->is_written = table->is_written || is_written;
}

static bool is_reserved(const char *word)
{
  static const char *const reserved[] = {
      "select", "where",  "set",     "values", "as",    "on",      "using",   "join",
      "left",   "inner",  "from",    "into",   "order", "group",   "having",  "limit",
      "only",   "unnest", "lateral", "all",    "and",   "default", "cascade", "restrict",
      "by",     "for",    "in",      "is",     "no",    "nowait",  "not",     "of",
      "or",     "skip",   "the",     "this",   "to",    NULL};
  return g_strv_contains(reserved, word);
}

/* What may stand behind the name of a table in some statement. */
static bool is_keyword(const char *word)
{
  static const char *const keywords[] = {
      "add",        "alter",         "as",          "change",  "check",
      "collate",    "constraint",    "continue",    "cross",   "cascade",
      "default",    "deferrable",    "disable",     "drop",    "enable",
      "except",     "for",           "force",       "from",    "full",
      "group",      "generated",     "having",      "ignore",  "indexed",
      "inherits",   "inner",         "intersect",   "join",    "left",
      "like",       "limit",         "match",       "modify",  "natural",
      "not",        "null",          "offset",      "on",      "order",
      "overriding", "owner",         "partition",   "primary", "rename",
      "restart",    "restrict",      "returning",   "right",   "select",
      "set",        "straight_join", "tablesample", "to",      "union",
      "unique",     "use",           "using",       "values",  "where",
      "window",     "with",          "without",     NULL};
  return g_strv_contains(keywords, word);
}

static bool ends_name(const struct reader *reader, guint ahead)
{
  const struct token *token = peek(reader, ahead);
  return token->kind == TOKEN_END || token->kind == TOKEN_HOLE ||
         (token->kind == TOKEN_WORD && is_keyword(token->text)) ||
         (token->kind == TOKEN_SIGN && strchr(",;()", token->text[0]) != NULL);
}

/* Whether SQL goes on behind the name of a table, or behind a second name of its own: English does
 * not. */
static bool goes_on(const struct reader *reader, bool may_rename)
{
  const struct token *token = peek(reader, 0);
  if (ends_name(reader, 0))
    return true;
  return may_rename && ends_name(reader, 1) &&
         (token->kind == TOKEN_QUOTED || (token->kind == TOKEN_WORD && !is_reserved(token->text)));
}

/* Reads `name`, `schema.name`, with quotes or without; false when there is no plain name. What is
 * read from may be a routine that makes rows: no table. */
static bool take_table(struct reader *reader, bool is_read, bool is_written, bool may_rename)
{
  const struct token *token = peek(reader, 0);
  bool is_name =
      token->kind == TOKEN_QUOTED || (token->kind == TOKEN_WORD && !is_reserved(token->text));
  bool is_call = may_rename && !is_written && is_sign(reader, 1, '(');
  if (!is_name || is_call)
    return false;
  g_autofree char *name = g_strdup(token->text);
  reader->at++;
  while (is_sign(reader, 0, '.')) {
    const struct token *part = peek(reader, 1);
    if (part->kind != TOKEN_WORD && part->kind != TOKEN_QUOTED)
      return false;
    bool is_usual = strcmp(name, "main") == 0 || strcmp(name, "public") == 0;
    char *longer = is_usual ? g_strdup(part->text) : g_strconcat(name, ".", part->text, NULL);
    g_free(name);
    name = longer;
    reader->at += 2;
  }
  if (!goes_on(reader, may_rename))
    return false;
  note(reader, name, is_read, is_written);
  return true;
}

/* "from a, b as c, (select ...)": the names up to what is none. */
static void read_list(struct reader *reader)
{
  for (;;) {
    take_word(reader, "only");
    if (!take_table(reader, true, false, true))
      return;
    if (take_word(reader, "as") || (peek(reader, 0)->kind == TOKEN_WORD && is_sign(reader, 1, ',')))
      reader->at++;
    if (!is_sign(reader, 0, ','))
      return;
    reader->at++;
  }
}

static void take_if_exists(struct reader *reader)
{
  if (take_word(reader, "if")) {
    take_word(reader, "not");
    take_word(reader, "exists");
  }
}

/* "with [recursive] x as (...), y as (...)": x and y are no tables. */
static void read_with(struct reader *reader)
{
  take_word(reader, "recursive");
  if (peek(reader, 0)->kind == TOKEN_WORD)
    g_hash_table_add(reader->common, g_strdup(peek(reader, 0)->text));
  for (guint ahead = 0; peek(reader, ahead)->kind != TOKEN_END; ahead++) {
    bool follows = is_sign(reader, ahead, ',') && peek(reader, ahead + 1)->kind == TOKEN_WORD &&
                   is_word(reader, ahead + 2, "as") && is_sign(reader, ahead + 3, '(');
    if (follows)
      g_hash_table_add(reader->common, g_strdup(peek(reader, ahead + 1)->text));
  }
}

static void read_insert(struct reader *reader)
{
  if (take_word(reader, "or"))
    reader->at++;
  take_word(reader, "ignore");
  if (take_word(reader, "into"))
    take_table(reader, false, true, false);
}

static void read_update(struct reader *reader)
{
  if (take_word(reader, "or"))
    reader->at++;
  take_word(reader, "only");
  if (is_word(reader, 0, "set"))
    return;
  take_table(reader, true, true, true);
}

static void read_definition(struct reader *reader, bool is_create)
{
  take_word(reader, "temporary");
  take_word(reader, "temp");
  take_word(reader, "unique");
  take_word(reader, "virtual");
  if (take_word(reader, "table")) {
    take_if_exists(reader);
    take_table(reader, false, true, false);
  } else if (take_word(reader, "index") && is_create) {
    while (peek(reader, 0)->kind != TOKEN_END && !is_word(reader, 0, "on"))
      reader->at++;
    if (take_word(reader, "on"))
      take_table(reader, false, true, false);
  }
}

static void read_word_of_statement(struct reader *reader)
{
  if (take_word(reader, "from") || take_word(reader, "join"))
    read_list(reader);
  else if (take_word(reader, "insert") || take_word(reader, "replace"))
    read_insert(reader);
  else if (take_word(reader, "update"))
    read_update(reader);
  else if (is_word(reader, 0, "delete") && is_word(reader, 1, "from")) {
    reader->at += 2;
    /* A second name is for what follows: "delete from disk failed" needs none. */
    take_table(reader, false, true, peek(reader, 2)->kind != TOKEN_END);
  } else if (take_word(reader, "truncate")) {
    take_word(reader, "table");
    while (take_table(reader, false, true, false) && is_sign(reader, 0, ','))
      reader->at++;
  } else if (take_word(reader, "create"))
    read_definition(reader, true);
  else if (take_word(reader, "drop") || take_word(reader, "alter"))
    read_definition(reader, false);
  else if (take_word(reader, "references"))
    take_table(reader, true, false, false);
  else if (take_word(reader, "copy"))
    take_table(reader, true, true, false);
  else if (take_word(reader, "with"))
    read_with(reader);
  else
    reader->at++;
}

bool sql_is_statement(const char *text)
{
  static const char *const verbs[] = {"select", "insert", "update", "delete",   "replace", "create",
                                      "drop",   "alter",  "with",   "truncate", "copy",    NULL};
  while (g_ascii_isspace(*text) || *text == '(' || *text == ';')
    text++;
  gsize length = 0;
  while (is_word_part(text[length]))
    length++;
  if (length == 0 || !g_ascii_isspace(text[length]))
    return false;
  g_autofree char *verb = g_ascii_strdown(text, (gssize)length);
  return g_strv_contains(verbs, verb);
}

static bool is_statement_part(const char *text)
{
  g_autofree char *lower = g_ascii_strdown(text, -1);
  static const char *const parts[] = {" from ",       " join ",     "insert into ", "replace into ",
                                      "delete from ", " set ",      "create table", "alter table",
                                      " index ",      "drop table", "truncate ",    NULL};
  for (const char *const *part = parts; *part != NULL; part++) {
    if (strstr(lower, *part) != NULL)
      return true;
  }
  return false;
}

static void table_free(gpointer data)
{
  struct sql_table *table = data;
  g_free(table->name);
  g_free(table);
}

static gint compare_tables(gconstpointer left, gconstpointer right)
{
  const struct sql_table *a = *(struct sql_table *const *)left;
  const struct sql_table *b = *(struct sql_table *const *)right;
  return strcmp(a->name, b->name);
}

/* English begins with the same verbs: "Delete the file", "update failed". */
static bool looks_like_sql(const char *text)
{
  if (!sql_is_statement(text))
    return false;
  while (g_ascii_isspace(*text) || *text == '(' || *text == ';')
    text++;
  bool needs_more = g_ascii_strncasecmp(text, "insert", 6) != 0;
  return !needs_more || is_statement_part(text);
}

static bool has_word(const struct reader *reader, const char *word)
{
  for (guint ahead = 0; peek(reader, ahead)->kind != TOKEN_END; ahead++) {
    if (is_word(reader, ahead, word))
      return true;
  }
  return false;
}

/* "select from menu" has no list, and "delete file from disk" names what is deleted: as MySQL does
 * where it joins tables. */
static bool begins_well(const struct reader *reader)
{
  guint ahead = 0;
  while (is_sign(reader, ahead, '(') || is_sign(reader, ahead, ';'))
    ahead++;
  bool names_from = is_word(reader, ahead + 1, "from");
  if (is_word(reader, ahead, "select"))
    return !names_from;
  if (is_word(reader, ahead, "delete"))
    return names_from || has_word(reader, "join") || has_word(reader, "where");
  return true;
}

GPtrArray *sql_tables(const char *text)
{
  GPtrArray *tables = g_ptr_array_new_with_free_func(table_free);
  if (!looks_like_sql(text))
    return tables;
  struct reader reader = {
      .tokens = tokenise(text),
      .tables = g_hash_table_new(g_str_hash, g_str_equal),
      .common = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
  };
  bool is_sql = begins_well(&reader);
  while (is_sql && peek(&reader, 0)->kind != TOKEN_END)
    read_word_of_statement(&reader);
  GHashTableIter iterator;
  gpointer table;
  g_hash_table_iter_init(&iterator, reader.tables);
  while (g_hash_table_iter_next(&iterator, NULL, &table))
    g_ptr_array_add(tables, table);
  g_ptr_array_sort(tables, compare_tables);
  g_hash_table_unref(reader.tables);
  g_hash_table_unref(reader.common);
  g_array_unref(reader.tokens);
  return tables;
}
