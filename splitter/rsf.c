#include "splitter/rsf.h"

#include <string.h>

G_DEFINE_QUARK(cleave - rsf - error, rsf_error)

static void fact_free(gpointer data)
{
  struct rsf_fact *fact = data;
  g_free(fact->left);
  g_free(fact->right);
  g_free(fact);
}

static gboolean is_blank(char byte)
{
  return byte == ' ' || byte == '\t' || byte == '\r';
}

/* Text with every byte that is not UTF-8 or a control character written as \xNN. */
static char *clean_token(const GString *token)
{
  if (g_utf8_validate(token->str, (gssize)token->len, NULL)) {
    return g_strndup(token->str, token->len);
  }
  GString *clean = g_string_new(NULL);
  const char *at = token->str;
  const char *end = token->str + token->len;
  while (at < end) {
    const char *bad = NULL;
    if (g_utf8_validate(at, end - at, &bad)) {
      g_string_append_len(clean, at, end - at);
      break;
    }
    g_string_append_len(clean, at, bad - at);
    g_string_append_printf(clean, "\\x%02x", (guint)(guint8)*bad);
    at = bad + 1;
  }
  return g_string_free(clean, FALSE);
}

/* Takes the next token of a line; FALSE at its end. A quote that is not closed ends with it. */
static gboolean take_token(const char **at, const char *end, char **token)
{
  while (*at < end && is_blank(**at)) {
    (*at)++;
  }
  if (*at == end) {
    return FALSE;
  }
  g_autoptr(GString) text = g_string_new(NULL);
  if (**at == '"' && memchr(*at + 1, '"', (gsize)(end - *at - 1)) != NULL) {
    for ((*at)++; *at < end && **at != '"'; (*at)++) {
      if (**at == '\\' && *at + 1 < end && ((*at)[1] == '"' || (*at)[1] == '\\')) {
        (*at)++;
      }
      g_string_append_c(text, **at);
    }
    *at += *at < end;
  } else {
    for (; *at < end && !is_blank(**at); (*at)++) {
      g_string_append_c(text, **at);
    }
  }
  *token = clean_token(text);
  return TRUE;
}

static gboolean parse_line(struct rsf *rsf, const char *at, const char *end, const char *name,
                           guint64 line, GError **error)
{
  enum { N_TOKENS = 3 };
  char *token[N_TOKENS + 1] = {NULL};
  guint n_tokens = 0;
  while (n_tokens <= N_TOKENS && take_token(&at, end, &token[n_tokens])) {
    n_tokens++;
  }
  gboolean is_done = TRUE;
  gboolean is_contain = n_tokens > 0 && strcmp(token[0], "contain") == 0;
  gboolean is_depends = n_tokens > 0 && strcmp(token[0], "depends") == 0;
  if (n_tokens == 0 || token[0][0] == '#') {
    is_done = TRUE;
  } else if (!is_contain && !is_depends) {
    g_set_error(error, RSF_ERROR, RSF_ERROR_SYNTAX,
                "%s:%" G_GUINT64_FORMAT ": unknown relation '%s', expected contain or depends",
                name, line, token[0]);
    is_done = FALSE;
  } else if (n_tokens != N_TOKENS) {
    g_set_error(error, RSF_ERROR, RSF_ERROR_SYNTAX,
                "%s:%" G_GUINT64_FORMAT ": expected three tokens, found %s", name, line,
                n_tokens > N_TOKENS ? "more" : (n_tokens == 1 ? "one" : "two"));
    is_done = FALSE;
  } else {
    struct rsf_fact *fact = g_new0(struct rsf_fact, 1);
    fact->left = g_steal_pointer(&token[1]);
    fact->right = g_steal_pointer(&token[2]);
    fact->line = line;
    g_ptr_array_add(is_contain ? rsf->contains : rsf->depends, fact);
  }
  for (guint i = 0; i <= N_TOKENS; i++) {
    g_free(token[i]);
  }
  return is_done;
}

struct rsf *rsf_parse(const char *text, gsize n_bytes, const char *name, GError **error)
{
  struct rsf *rsf = g_new0(struct rsf, 1);
  rsf->contains = g_ptr_array_new_with_free_func(fact_free);
  rsf->depends = g_ptr_array_new_with_free_func(fact_free);
  const char *at = text;
  const char *end = text + n_bytes;
  if (n_bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
    at += 3;
  }
  for (guint64 line = 1; at < end; line++) {
    const char *stop = memchr(at, '\n', (gsize)(end - at));
    stop = stop != NULL ? stop : end;
    if (memchr(at, '\0', (gsize)(stop - at)) != NULL) {
      g_set_error(error, RSF_ERROR, RSF_ERROR_SYNTAX, "%s:%" G_GUINT64_FORMAT ": NUL byte", name,
                  line);
      rsf_free(rsf);
      return NULL;
    }
    if (!parse_line(rsf, at, stop, name, line, error)) {
      rsf_free(rsf);
      return NULL;
    }
    at = stop + (stop < end);
  }
  return rsf;
}

struct rsf *rsf_read(const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize n_bytes = 0;
  GError *cause = NULL;
  if (!g_file_get_contents(path, &text, &n_bytes, &cause)) {
    g_set_error(error, RSF_ERROR, RSF_ERROR_READ, "cannot read '%s': %s", path,
                cause->code == G_FILE_ERROR_NOENT ? "no such file" : cause->message);
    g_error_free(cause);
    return NULL;
  }
  return rsf_parse(text, n_bytes, path, error);
}

void rsf_free(struct rsf *rsf)
{
  if (rsf == NULL) {
    return;
  }
  g_ptr_array_unref(rsf->contains);
  g_ptr_array_unref(rsf->depends);
  g_free(rsf);
}

static void append_token(GString *out, const char *token)
{
  g_string_append_c(out, ' ');
  if (*token != '\0' && *token != '#' && strpbrk(token, " \t\r\n\"") == NULL) {
    g_string_append(out, token);
    return;
  }
  g_string_append_c(out, '"');
  for (; *token != '\0'; token++) {
    if (*token == '"' || *token == '\\') {
      g_string_append_c(out, '\\');
    }
    g_string_append_c(out, *token == '\n' ? ' ' : *token);
  }
  g_string_append_c(out, '"');
}

void rsf_append(GString *out, const char *relation, const char *left, const char *right)
{
  g_string_append(out, relation);
  append_token(out, left);
  append_token(out, right);
  g_string_append_c(out, '\n');
}
