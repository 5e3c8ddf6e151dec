/* Whatever reads C source without the parser: tokens, the directives at the start, the shape. */
#include <stdint.h>
#include <string.h>

#include "analyzer/c_tokens.h"
#include "analyzer/file_shape.h"
#include "analyzer/prefixes_directives.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_tokens(const char *text, size_t size)
{
  struct c_tokens tokens = {.at = text, .end = text + size, .is_broken = false};
  const char *before = text;
  for (;;) {
    struct c_token token = c_tokens_next(&tokens);
    g_assert_true(token.text >= before && token.text + token.length <= tokens.end);
    g_assert_true(token.text + token.length == tokens.at || token.kind == C_END);
    if (token.kind == C_END)
      break;
    g_assert_cmpuint(token.length, >, 0);
    before = tokens.at;
  }
  tokens = (struct c_tokens){.at = text, .end = text + size, .is_broken = false};
  struct c_token rest = c_tokens_rest(&tokens);
  g_assert_true(rest.text >= text && rest.text + rest.length <= tokens.end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autofree char *text = g_memdup2(data, size);
  text = text != NULL ? text : g_strdup("");
  walk_tokens(text, size);
  g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(guint));
  g_autoptr(GPtrArray) directives = prefixes_directives(text, size, lines);
  g_assert_cmpuint(directives->len, <=, lines->len);
  g_assert_cmpuint(file_shape(text, size), ==, file_shape(text, size));
  return 0;
}
