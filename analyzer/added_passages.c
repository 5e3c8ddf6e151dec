#include "analyzer/added_parts.h"

static void passage_free(gpointer data)
{
  struct passage *passage = data;
  g_array_unref(passage->words);
  g_free(passage);
}

GHashTable *passages_new(void)
{
  return g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, passage_free);
}

unsigned word_slot(const char *text, size_t length)
{
  unsigned hash = 0;
  for (size_t i = 0; i < length; i++)
    hash = hash * 31 + (unsigned char)text[i];
  return (hash ^ hash >> 12) % N_MET;
}

bool word_is(const char *text, size_t length, const struct c_token *token)
{
  return length == token->length && memcmp(text, token->text, length) == 0;
}

enum use word_use(const struct c_tokens *tokens, const struct c_token *before)
{
  if (c_token_is(before, "struct") || c_token_is(before, "union"))
    return USE_TAG;
  if (before->kind == C_OTHER && (c_token_is(before, ".") || c_token_is(before, "->")))
    return USE_MEMBER;
  const char *next = tokens->at;
  while (next < tokens->end && (*next == ' ' || *next == '\t'))
    next++;
  return next < tokens->end && *next == '(' ? USE_CALL : USE_PLAIN;
}

/* What a declaration begins with. A word and "(" is a macro, which may declare what follows. */
enum beginning { BEGINS_NOTHING, BEGINS_WORD, BEGINS_MACRO, BEGINS_OTHER };

/* Where a declaration may stand. */
struct nesting {
  int n_open;     /* braces and parentheses */
  bool is_extern; /* behind "extern", up to the end of the declaration */
  enum beginning beginning;
};

static bool may_declare(const struct nesting *nesting)
{
  return nesting->is_extern || nesting->n_open <= 0 || nesting->beginning == BEGINS_MACRO;
}

static void note_nesting(struct nesting *nesting, const struct c_token *token)
{
  char sign = token->kind == C_OTHER ? *token->text : '\0';
  if (sign == ';' || sign == '{' || sign == '}')
    nesting->beginning = BEGINS_NOTHING;
  else if (nesting->beginning == BEGINS_NOTHING)
    nesting->beginning = token->kind == C_WORD ? BEGINS_WORD : BEGINS_OTHER;
  else if (nesting->beginning == BEGINS_WORD)
    nesting->beginning = sign == '(' ? BEGINS_MACRO : BEGINS_OTHER;
  nesting->is_extern =
      nesting->beginning != BEGINS_NOTHING && (nesting->is_extern || c_token_is(token, "extern"));
  nesting->n_open += (sign == '{') + (sign == '(') - (sign == '}') - (sign == ')');
}

/* Rows that words with like slots end at. */
enum { N_ROWS = 256 };

/* Once for each use. ROWS: row + 1 of the last word of each. */
static void add_word(struct passage *passage, guint *rows, const struct c_token *token,
                     enum use use, bool is_declarable)
{
  unsigned slot = word_slot(token->text, token->length);
  struct passage_word word = {.text = token->text,
                              .length = token->length,
                              .slot = slot,
                              .use = use,
                              .may_declare = is_declarable};
  for (guint row = rows[slot % N_ROWS]; row != 0;) {
    const struct passage_word *other = &g_array_index(passage->words, struct passage_word, row - 1);
    if (other->use == use && other->may_declare == is_declarable &&
        word_is(other->text, other->length, token))
      return;
    row = other->previous;
  }
  word.previous = rows[slot % N_ROWS];
  g_array_append_val(passage->words, word);
  rows[slot % N_ROWS] = passage->words->len;
}

static struct passage *read_passage(struct c_tokens tokens)
{
  struct passage *passage = g_new0(struct passage, 1);
  guint rows[N_ROWS] = {0};
  struct c_token before = {.kind = C_NEWLINE, .text = "", .length = 0};
  struct c_token token = c_tokens_next(&tokens);
  bool is_start = true;
  struct nesting nesting = {0, false, BEGINS_NOTHING};
  passage->words = g_array_new(FALSE, FALSE, sizeof(struct passage_word));
  tokens.is_broken = false;
  for (; token.kind != C_END; token = c_tokens_next(&tokens)) {
    if (is_start && c_token_is(&token, "#"))
      break;
    is_start = token.kind == C_NEWLINE;
    if (is_start)
      continue;
    if (token.kind == C_WORD)
      add_word(passage, rows, &token, word_use(&tokens, &before), may_declare(&nesting));
    else if (c_token_is(&token, "{") || c_token_is(&token, "}"))
      passage->n_open += *token.text == '{' ? 1 : -1;
    note_nesting(&nesting, &token);
    before = token;
  }
  passage->end = tokens.at;
  passage->is_last = token.kind == C_END;
  passage->is_broken = tokens.is_broken;
  return passage;
}

const struct passage *passage_at(struct added *added, const struct c_tokens *tokens)
{
  struct passage *passage = g_hash_table_lookup(added->passages, tokens->at);
  if (passage == NULL) {
    passage = read_passage(*tokens);
    g_hash_table_insert(added->passages, (gpointer)tokens->at, passage);
  }
  return passage;
}
