#include "splitter/generate/annotation.h"

#include <string.h>

#include "splitter/generate/shape.h"

/* "count(n_items)" -> "count" and "n_items"; words are split at commas outside parentheses. */
static GPtrArray *split_words(const char *text)
{
  GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
  int depth = 0;
  const char *start = text;
  for (const char *c = text;; c++) {
    depth += *c == '(' ? 1 : *c == ')' ? -1 : 0;
    if (*c && ((*c != ',' && *c != ';') || depth > 0)) {
      continue;
    }
    char *word = g_strstrip(g_strndup(start, (gsize)(c - start)));
    if (*word) {
      g_ptr_array_add(words, word);
    } else {
      g_free(word);
    }
    if (!*c) {
      return words;
    }
    start = c + 1;
  }
}

/* What stands in the parentheses of WORD when it is called NAME, else NULL. */
static char *argument_of(const char *word, const char *name)
{
  size_t n = strlen(name);
  if (strncmp(word, name, n) != 0 || word[n] != '(') {
    return NULL;
  }
  char *inside = g_strdup(word + n + 1);
  char *end = strrchr(inside, ')');
  if (end) {
    *end = '\0';
  }
  return g_strstrip(inside);
}

static void set_text(char **to, char *value)
{
  g_free(*to);
  *to = value;
}

/* "kind, CIRCLE=circle, 'x'=text" */
static void read_tag(struct annotation *out, const char *inside)
{
  g_auto(GStrv) parts = g_strsplit(inside, ",", -1);
  for (size_t i = 0; parts[i]; i++) {
    char *part = g_strstrip(parts[i]);
    char *equals = strrchr(part, '=');
    if (i == 0) {
      set_text(&out->tag, g_strdup(part));
    } else if (equals) {
      struct arm *arm = g_new0(struct arm, 1);
      arm->member = g_strstrip(g_strdup(equals + 1));
      *equals = '\0';
      arm->value = g_strstrip(g_strdup(part));
      g_ptr_array_add(out->arms, arm);
    }
  }
}

/* "next, back=previous" */
static void read_list(struct annotation *out, const char *inside)
{
  g_auto(GStrv) parts = g_strsplit(inside, ",", 2);
  if (parts[0]) {
    set_text(&out->link, g_strdup(g_strstrip(parts[0])));
  }
  if (parts[0] && parts[1] && g_str_has_prefix(g_strstrip(parts[1]), "back=")) {
    set_text(&out->back, g_strdup(parts[1] + strlen("back=")));
  }
}

static void read_transfer(struct annotation *out, const char *inside)
{
  const char *routine = strstr(inside, "free=");
  out->has_transfer = true;
  g_clear_pointer(&out->free, g_free);
  if (!g_str_has_prefix(inside, "none")) {
    out->free = g_strstrip(g_strdup(routine ? routine + strlen("free=") : "free"));
  }
}

/* A word with something in parentheses; false when it is none of these. */
static bool read_argument(struct annotation *out, const char *word)
{
  static const char *const names[] = {"count", "size", "cap",     "terminated",
                                      "list",  "tag",  "transfer"};
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    char *inside = argument_of(word, names[i]);
    if (!inside) {
      continue;
    }
    char **const texts[] = {&out->count, &out->size, &out->capacity, &out->sentinel};
    if (i < G_N_ELEMENTS(texts)) {
      set_text(texts[i], inside);
      out->is_terminated = out->is_terminated || texts[i] == &out->sentinel;
      return true;
    }
    (strcmp(names[i], "list") == 0  ? read_list
     : strcmp(names[i], "tag") == 0 ? read_tag
                                    : read_transfer)(out, inside);
    g_free(inside);
    return true;
  }
  return false;
}

static void read_word(struct annotation *out, const char *word)
{
  struct {
    const char *word;
    bool *flag;
  } const flags[] = {
      {"in", &out->is_in},           {"out", &out->is_out},
      {"string", &out->is_text},     {"bytes", &out->is_bytes},
      {"skip", &out->is_skipped},    {"nullable", &out->is_nullable},
      {"errno", &out->has_errno},    {"optional", &out->is_nullable},
      {"nonnull", &out->is_nonnull}, {"inout", &out->is_in},
      {"inout", &out->is_out},       {"terminated", &out->is_terminated},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
    if (strcmp(flags[i].word, word) == 0) {
      *flags[i].flag = true;
    }
  }
}

void annotation_read(const char *words, struct annotation *out)
{
  memset(out, 0, sizeof *out);
  out->words = g_strdup(words);
  out->arms = g_ptr_array_new_with_free_func(arm_free);
  g_autoptr(GPtrArray) list = split_words(words);
  for (guint i = 0; i < list->len; i++) {
    if (!read_argument(out, list->pdata[i])) {
      read_word(out, list->pdata[i]);
    }
  }
}

bool annotation_allows_null(const struct annotation *annotation, bool found)
{
  return annotation->is_nullable || (found && !annotation->is_nonnull);
}

void annotation_clear(struct annotation *annotation)
{
  g_free(annotation->words);
  g_free(annotation->count);
  g_free(annotation->size);
  g_free(annotation->capacity);
  g_free(annotation->sentinel);
  g_free(annotation->link);
  g_free(annotation->back);
  g_free(annotation->tag);
  g_free(annotation->free);
  g_clear_pointer(&annotation->arms, g_ptr_array_unref);
}

char *annotation_argument(const char *words, const char *word)
{
  g_autoptr(GPtrArray) list = split_words(words);
  for (guint i = 0; i < list->len; i++) {
    char *inside = argument_of(list->pdata[i], word);
    if (inside || strcmp(list->pdata[i], word) == 0) {
      return inside ? inside : g_strdup("");
    }
  }
  return NULL;
}
