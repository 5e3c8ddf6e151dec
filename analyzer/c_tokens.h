/* The tokens of a C source, raw: no preprocessing, no keywords told apart. */
#ifndef CLEAVE_ANALYZER_C_TOKENS_H
#define CLEAVE_ANALYZER_C_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum c_token_kind { C_END, C_NEWLINE, C_WORD, C_NUMBER, C_LITERAL, C_OTHER };

struct c_token {
  enum c_token_kind kind;
  const char *text; /* into the source; a comment is none */
  size_t length;    /* of C_OTHER: 1, 2 for "##" and "->" */
};

struct c_tokens {
  const char *at;
  const char *end;
  bool is_broken; /* a word goes on behind a backslash at the end of its line */
};

/* The next token. A line that ends with a backslash goes on in the next one. */
struct c_token c_tokens_next(struct c_tokens *tokens);

/* The rest of the line, from the next token on, without blanks at its ends. */
struct c_token c_tokens_rest(struct c_tokens *tokens);

static inline bool c_token_is(const struct c_token *token, const char *text)
{
  size_t length = strlen(text);
  return token->length == length && memcmp(token->text, text, length) == 0;
}

#endif
