#include "analyzer/c_tokens.h"

#include <string.h>

static bool is_word_byte(char byte)
{
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || byte == '_' || byte == '$' || (byte & 0x80) != 0;
}

static bool is_digit(char byte)
{
  return byte >= '0' && byte <= '9';
}

/* Length of a backslash with the line's end behind it, or 0. */
static size_t splice(const char *at, const char *end)
{
  if (end - at >= 2 && at[0] == '\\' && at[1] == '\n')
    return 2;
  return end - at >= 3 && at[0] == '\\' && at[1] == '\r' && at[2] == '\n' ? 3 : 0;
}

/* Behind a slash that has a star before it. */
static const char *behind_block(const char *text, const char *end)
{
  const char *at = text;
  while ((at = memchr(at, '/', (size_t)(end - at))) != NULL) {
    at++;
    if (at - text >= 2 && at[-2] == '*')
      return at;
  }
  return end;
}

static const char *behind_comment(const char *at, const char *end)
{
  if (at[1] == '*')
    return behind_block(at + 2, end);
  while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
    if (at[-1] != '\\' && (at[-1] != '\r' || at[-2] != '\\'))
      return at;
    at++;
  }
  return end;
}

static const char *behind_blanks(const char *at, const char *end)
{
  while (at < end) {
    if (*at == ' ' || (*at <= '\r' && *at >= '\t' && *at != '\n')) {
      at++;
      continue;
    }
    if (*at != '\\' && *at != '/')
      break;
    size_t spliced = splice(at, end);
    if (spliced != 0)
      at += spliced;
    else if (end - at >= 2 && at[0] == '/' && (at[1] == '*' || at[1] == '/'))
      at = behind_comment(at, end);
    else
      break;
  }
  return at;
}

static const char *behind_literal(const char *at, const char *end)
{
  char quote = *at++;
  while (at < end && *at != quote && *at != '\n') {
    size_t spliced = splice(at, end);
    if (spliced != 0)
      at += spliced;
    else
      at += *at == '\\' && end - at >= 2 ? 2 : 1;
  }
  return at < end && *at == quote ? at + 1 : at;
}

struct c_token c_tokens_next(struct c_tokens *tokens)
{
  const char *end = tokens->end;
  const char *start = behind_blanks(tokens->at, end);
  const char *at = start;
  enum c_token_kind kind = C_OTHER;
  if (at >= end) {
    kind = C_END;
  } else if (*at == '\n') {
    kind = C_NEWLINE;
    at++;
  } else if (is_digit(*at) || (*at == '.' && end - at >= 2 && is_digit(at[1]))) {
    kind = C_NUMBER;
    while (at < end && (is_word_byte(*at) || *at == '.' ||
                        ((*at == '+' || *at == '-') && strchr("eEpP", at[-1]) != NULL)))
      at++;
  } else if (is_word_byte(*at)) {
    kind = C_WORD;
    while (at < end && is_word_byte(*at))
      at++;
  } else if (*at == '"' || *at == '\'') {
    kind = C_LITERAL;
    at = behind_literal(at, end);
  } else {
    bool is_pair =
        end - at >= 2 && ((at[0] == '#' && at[1] == '#') || (at[0] == '-' && at[1] == '>'));
    at += is_pair ? 2 : 1;
  }
  if (kind == C_WORD || kind == C_NUMBER) {
    size_t spliced = splice(at, end);
    if (spliced != 0 && at + spliced < end && is_word_byte(at[spliced]))
      tokens->is_broken = true;
  }
  tokens->at = at;
  return (struct c_token){.kind = kind, .text = start, .length = (size_t)(at - start)};
}

struct c_token c_tokens_rest(struct c_tokens *tokens)
{
  const char *start = behind_blanks(tokens->at, tokens->end);
  const char *stop = start;
  while (stop < tokens->end && *stop != '\n')
    stop++;
  tokens->at = stop;
  while (stop > start && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r'))
    stop--;
  return (struct c_token){.kind = C_OTHER, .text = start, .length = (size_t)(stop - start)};
}
