#include "analyzer/prefixes_nested.h"

#include "analyzer/c_tokens.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEAD_BYTES = 64 * 1024, MAX_DEPTH = 8 };

static void nested_free(struct nested_prefix *nested)
{
  g_ptr_array_unref(nested->guards);
  g_free(nested->header);
  g_free(nested);
}

void nested_prefix_free(gpointer data)
{
  if (data != NULL)
    nested_free(data);
}

static size_t read_head(const char *path, char *head)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  ssize_t size = fd >= 0 ? read(fd, head, HEAD_BYTES) : -1;
  if (fd >= 0)
    close(fd);
  return size > 0 ? (size_t)size : 0;
}

static struct c_token next_word(struct c_tokens *tokens)
{
  struct c_token token = c_tokens_next(tokens);
  while (token.kind == C_NEWLINE)
    token = c_tokens_next(tokens);
  return token;
}

/* "#ifndef X", "#define X"; tokens stay where they are when that is not what follows. */
static char *read_guard(struct c_tokens *tokens)
{
  struct c_tokens ahead = *tokens;
  struct c_token hash = next_word(&ahead);
  struct c_token word = c_tokens_next(&ahead);
  struct c_token guard = c_tokens_next(&ahead);
  struct c_token end = c_tokens_next(&ahead);
  if (!c_token_is(&hash, "#") || !c_token_is(&word, "ifndef") || guard.kind != C_WORD ||
      end.kind != C_NEWLINE)
    return NULL;
  hash = next_word(&ahead);
  word = c_tokens_next(&ahead);
  struct c_token name = c_tokens_next(&ahead);
  end = c_tokens_next(&ahead);
  if (!c_token_is(&hash, "#") || !c_token_is(&word, "define") || end.kind != C_NEWLINE ||
      name.length != guard.length || memcmp(name.text, guard.text, name.length) != 0)
    return NULL;
  *tokens = ahead;
  return g_strndup(guard.text, guard.length);
}

/* "#include "NAME"" of a name without folders, which lies beside its includer. */
static char *read_include(struct c_tokens *tokens, const char *folder)
{
  struct c_token hash = next_word(tokens);
  struct c_token word = c_tokens_next(tokens);
  struct c_token name = c_tokens_next(tokens);
  struct c_token end = c_tokens_next(tokens);
  if (!c_token_is(&hash, "#") || !c_token_is(&word, "include") || name.kind != C_LITERAL ||
      name.text[0] != '"' || name.length < 3 || end.kind != C_NEWLINE || tokens->is_broken ||
      memchr(name.text, '/', name.length) != NULL || memchr(name.text, '\\', name.length) != NULL)
    return NULL;
  g_autofree char *file = g_strndup(name.text + 1, name.length - 2);
  g_autofree char *path = g_build_filename(folder, file, NULL);
  char *real = realpath(path, NULL);
  char *found = real != NULL && g_file_test(real, G_FILE_TEST_IS_REGULAR) ? g_strdup(real) : NULL;
  free(real);
  return found;
}

/* The header that a file begins with, behind its guard if it has one. */
static char *first_header(const char *path, bool is_source, GPtrArray *guards)
{
  g_autofree char *head = g_malloc(HEAD_BYTES);
  size_t size = read_head(path, head);
  struct c_tokens tokens = {.at = head, .end = head + size, .is_broken = false};
  char *guard = is_source ? NULL : read_guard(&tokens);
  if (guard == NULL && !is_source)
    return NULL;
  g_autofree char *folder = g_path_get_dirname(path);
  char *header = read_include(&tokens, folder);
  if (header != NULL && guard != NULL)
    g_ptr_array_add(guards, g_steal_pointer(&guard));
  g_free(guard);
  return header;
}

struct nested_prefix *nested_prefix_find(const char *source, GHashTable *headers)
{
  struct nested_prefix *nested = g_new0(struct nested_prefix, 1);
  nested->guards = g_ptr_array_new_with_free_func(g_free);
  nested->header = first_header(source, true, nested->guards);
  for (guint depth = 0; nested->header != NULL && depth < MAX_DEPTH; depth++) {
    if (depth > 0 && g_hash_table_contains(headers, nested->header))
      return nested;
    char *next = first_header(nested->header, false, nested->guards);
    g_free(nested->header);
    nested->header = next;
  }
  nested_free(nested);
  return NULL;
}
