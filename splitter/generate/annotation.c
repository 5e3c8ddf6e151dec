#include "splitter/generate/annotation.h"

#include <string.h>

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

static void apply_shape(struct shape *shape, const char *word)
{
  char *count = argument_of(word, "count");
  char *size = argument_of(word, "size");
  char *tag = argument_of(word, "tag");
  if (count || size) {
    set_text(&shape->count, count ? count : size);
    if (shape->kind == SHAPE_STRING) {
      shape->kind = SHAPE_TEXT;
    } else if (shape->kind == SHAPE_POINTER) {
      shape->kind = SHAPE_COUNTED;
    } else if (size) {
      shape->kind = SHAPE_BYTES;
    }
  } else if (strcmp(word, "string") == 0) {
    shape->kind = SHAPE_STRING;
  } else if (strcmp(word, "bytes") == 0 && shape->count) {
    shape->kind = SHAPE_BYTES;
  } else if (strcmp(word, "nullable") == 0 || strcmp(word, "optional") == 0) {
    shape->is_nullable = true;
  } else if (strcmp(word, "skip") == 0) {
    shape->kind = SHAPE_OMITTED;
  } else if (tag) {
    set_text(&shape->tag, g_steal_pointer(&tag));
  }
  g_free(tag);
}

static void apply_transfer(struct contract_param *param, const char *inside)
{
  const char *free_word = strstr(inside, "free=");
  g_clear_pointer(&param->free, g_free);
  if (g_str_has_prefix(inside, "none")) {
    return;
  }
  param->free = g_strdup(free_word ? free_word + strlen("free=") : "free");
  g_strstrip(param->free);
}

void annotation_apply_param(struct contract_param *param, const char *words)
{
  g_autoptr(GPtrArray) list = split_words(words);
  bool has_direction = false;
  for (guint i = 0; i < list->len; i++) {
    const char *word = list->pdata[i];
    g_autofree char *transfer = argument_of(word, "transfer");
    g_autofree char *room = argument_of(word, "cap");
    bool is_in = strcmp(word, "in") == 0 || strcmp(word, "inout") == 0;
    bool is_out = strcmp(word, "out") == 0 || strcmp(word, "inout") == 0;
    if (is_in || is_out) {
      param->is_in = (has_direction && param->is_in) || is_in;
      param->is_out = (has_direction && param->is_out) || is_out;
      has_direction = true;
    } else if (transfer) {
      apply_transfer(param, transfer);
    } else if (room) {
      set_text(&param->capacity, g_steal_pointer(&room));
    } else {
      apply_shape(param->shape, word);
    }
  }
  if (list->len > 0) {
    g_autofree char *reason = param->reason;
    param->reason = g_strdup_printf("declared: %s", words);
  }
}

void annotation_apply_member(struct member *member, const char *words)
{
  g_autoptr(GPtrArray) list = split_words(words);
  for (guint i = 0; i < list->len; i++) {
    apply_shape(member->shape, list->pdata[i]);
  }
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
