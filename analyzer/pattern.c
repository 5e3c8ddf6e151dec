#define PCRE2_CODE_UNIT_WIDTH 8
#include "analyzer/pattern.h"

#include <pcre2.h>
#include <string.h>

#define LENGTH_LIMIT 4000
#define NEST_LIMIT 50
#define MATCH_LIMIT 20000
#define DEPTH_LIMIT 500
#define HEAP_LIMIT_KB 1024
#define KNOWN_LIMIT 20000

struct pattern {
  char *text;
  pcre2_code *code;
  pcre2_match_context *context;
  pcre2_match_data *match;
  bool has_first; /* a match can only begin with one of the bytes in `first` */
  bool first[256];
  GHashTable *names; /* of a plain alternation, looked up instead of matched */
  GHashTable *known; /* subject -> 1 + whether it matches: the same names come again and again */
};

static bool is_plain_name(const char *name)
{
  if (*name == '\0')
    return false;
  for (; *name != '\0'; name++) {
    if (!g_ascii_isalnum(*name) && *name != '_')
      return false;
  }
  return true;
}

/* The names of `^name$` or `^(name|name)$`, or NULL when the expression is anything else. */
static GHashTable *plain_names(const char *text)
{
  size_t length = strlen(text);
  if (length < 3 || text[0] != '^' || text[length - 1] != '$')
    return NULL;
  g_autofree char *body = g_strndup(text + 1, length - 2);
  size_t n_body = strlen(body);
  char *inside = body;
  if (n_body > 2 && body[0] == '(' && body[n_body - 1] == ')') {
    body[n_body - 1] = '\0';
    inside = body + 1;
  }
  g_auto(GStrv) parts = g_strsplit(inside, "|", -1);
  if (inside == body && g_strv_length(parts) > 1)
    return NULL;
  g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  for (char **part = parts; *part != NULL; part++) {
    if (!is_plain_name(*part))
      return NULL;
    g_hash_table_add(names, g_strdup(*part));
  }
  return g_steal_pointer(&names);
}

static bool is_literal(const char *at)
{
  return (g_ascii_isalnum(*at) || *at == '_' || *at == '/') && strchr("?*{", at[1]) == NULL;
}

/* The bytes that the alternatives of a group begin with. Returns the end of the group; NULL where
 * one does not begin with a plain character. */
static const char *first_of_group(const char *at, bool first[256])
{
  unsigned depth = 0;
  bool is_start = true;
  for (; *at != '\0'; at++) {
    if (is_start && depth == 0) {
      if (!is_literal(at) || at[1] == '\0')
        return NULL;
      first[(unsigned char)*at] = true;
      is_start = false;
    } else if (*at == '\\' || *at == '[') {
      return NULL;
    } else if (*at == '(') {
      depth++;
    } else if (*at == ')' && depth-- == 0) {
      return at + 1;
    } else if (*at == '|' && depth == 0) {
      is_start = true;
    }
  }
  return NULL;
}

/* What every match of the expression begins with: most names begin with something else, and are not
 * looked at further. False where that is not plain to see. */
static bool find_first(const char *text, bool first[256])
{
  if (*text != '^')
    return false;
  const char *rest = text + 1;
  if (*rest == '(') {
    rest = first_of_group(rest + 1, first);
    if (rest == NULL || (*rest != '\0' && strchr("?*{", *rest) != NULL))
      return false;
  } else if (is_literal(rest) && rest[1] != '\0') {
    first[(unsigned char)*rest] = true;
  } else {
    return false;
  }
  return strpbrk(rest, "|(") == NULL;
}

static pcre2_code *compile(const char *text, char **message)
{
  pcre2_compile_context *context = pcre2_compile_context_create(NULL);
  pcre2_set_parens_nest_limit(context, NEST_LIMIT);
  int code = 0;
  PCRE2_SIZE offset = 0;
  uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C |
                     PCRE2_NO_AUTO_CAPTURE | PCRE2_DOLLAR_ENDONLY;
  pcre2_code *compiled =
      pcre2_compile((PCRE2_SPTR)text, strlen(text), options, &code, &offset, context);
  pcre2_compile_context_free(context);
  if (compiled == NULL) {
    char reason[256];
    pcre2_get_error_message(code, (PCRE2_UCHAR *)reason, sizeof reason);
    *message = g_strdup_printf("bad expression '%s': %s at character %zu", text, reason,
                               (size_t)offset + 1);
  }
  return compiled;
}

struct pattern *pattern_new(const char *text, char **message)
{
  if (strlen(text) > LENGTH_LIMIT) {
    *message = g_strdup_printf("the expression is longer than %d bytes", LENGTH_LIMIT);
    return NULL;
  }
  pcre2_code *code = compile(text, message);
  if (code == NULL)
    return NULL;
  struct pattern *pattern = g_new0(struct pattern, 1);
  pattern->text = g_strdup(text);
  pattern->code = code;
  pattern->names = plain_names(text);
  pattern->has_first = find_first(text, pattern->first);
  if (pattern->names != NULL)
    return pattern;
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
  pattern->context = pcre2_match_context_create(NULL);
  pcre2_set_match_limit(pattern->context, MATCH_LIMIT);
  pcre2_set_depth_limit(pattern->context, DEPTH_LIMIT);
  pcre2_set_heap_limit(pattern->context, HEAP_LIMIT_KB);
  pattern->match = pcre2_match_data_create_from_pattern(code, NULL);
  pattern->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return pattern;
}

void pattern_free(struct pattern *pattern)
{
  if (pattern == NULL)
    return;
  pcre2_match_data_free(pattern->match);
  pcre2_match_context_free(pattern->context);
  pcre2_code_free(pattern->code);
  g_clear_pointer(&pattern->names, g_hash_table_unref);
  g_clear_pointer(&pattern->known, g_hash_table_unref);
  g_free(pattern->text);
  g_free(pattern);
}

static bool run(const struct pattern *pattern, const char *subject)
{
  return pcre2_match(pattern->code, (PCRE2_SPTR)subject, strlen(subject), 0, 0, pattern->match,
                     pattern->context) >= 0;
}

static bool matches(const struct pattern *pattern, const char *subject, bool is_kept)
{
  if (pattern == NULL)
    return true;
  if (subject == NULL)
    return false;
  if (pattern->has_first && !pattern->first[(unsigned char)*subject])
    return false;
  if (pattern->names != NULL)
    return g_hash_table_contains(pattern->names, subject);
  if (!is_kept)
    return run(pattern, subject);
  gpointer known = g_hash_table_lookup(pattern->known, subject);
  if (known != NULL)
    return GPOINTER_TO_INT(known) == 2;
  bool is_match = run(pattern, subject);
  if (g_hash_table_size(pattern->known) < KNOWN_LIMIT)
    g_hash_table_insert(pattern->known, g_strdup(subject), GINT_TO_POINTER(is_match ? 2 : 1));
  return is_match;
}

bool pattern_matches(const struct pattern *pattern, const char *subject)
{
  return matches(pattern, subject, true);
}

bool pattern_matches_once(const struct pattern *pattern, const char *subject)
{
  return matches(pattern, subject, false);
}

const char *pattern_text(const struct pattern *pattern)
{
  return pattern->text;
}
