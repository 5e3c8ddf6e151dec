#include "analyzer/visit.h"

#include <string.h>

/* The parser keeps most attributes of C without a name, and their place may be inside a macro that
 * pastes names together. Its printer writes them out in full: that text is what is read here. */
static char *print_declaration(CXCursor declaration)
{
  CXPrintingPolicy policy = clang_getCursorPrintingPolicy(declaration);
  clang_PrintingPolicy_setProperty(policy, CXPrintingPolicy_TerseOutput, 1);
  clang_PrintingPolicy_setProperty(policy, CXPrintingPolicy_SuppressInitializers, 1);
  CXString printed = clang_getCursorPrettyPrinted(declaration, policy);
  const char *text = clang_getCString(printed);
  char *copy = g_strdup(text != NULL ? text : "");
  clang_disposeString(printed);
  clang_PrintingPolicy_dispose(policy);
  return copy;
}

static bool word_is(const char *at, size_t length, const char *word)
{
  return strlen(word) == length && strncmp(at, word, length) == 0;
}

/* What stands between the parentheses behind the name, without quotes; NULL where there are none.
 * The printer does not escape quotes, so the end is the last quote before "))" or "]]". */
static char *argument_of(const char *at)
{
  if (*at != '(')
    return NULL;
  at++;
  if (*at == '"') {
    const char *end = strstr(at + 1, "\")");
    return end != NULL ? g_strndup(at + 1, (size_t)(end - at - 1)) : NULL;
  }
  const char *end = strchr(at, ')');
  return end != NULL ? g_strndup(at, (size_t)(end - at)) : NULL;
}

static void set_text(char **field, const char *at)
{
  g_free(*field);
  *field = argument_of(at);
}

static void note_attribute(struct attributes *attributes, const char *at)
{
  static const char *const vendors[] = {"gnu::", "clang::"};
  for (size_t i = 0; i < G_N_ELEMENTS(vendors); i++)
    at += g_str_has_prefix(at, vendors[i]) ? strlen(vendors[i]) : 0;
  size_t length = 0;
  while (g_ascii_isalnum(at[length]) || at[length] == '_')
    length++;
  const char *behind = at + length;
  if (word_is(at, length, "weak"))
    attributes->is_weak = true;
  else if (word_is(at, length, "constructor"))
    attributes->is_constructor = true;
  else if (word_is(at, length, "destructor"))
    attributes->is_destructor = true;
  else if (word_is(at, length, "gnu_inline"))
    attributes->is_gnu_inline = true;
  else if (word_is(at, length, "used") || word_is(at, length, "retain"))
    attributes->is_used = true;
  else if (word_is(at, length, "pure") || word_is(at, length, "const"))
    attributes->is_pure = true;
  else if (word_is(at, length, "noreturn"))
    attributes->is_noreturn = true;
  else if (word_is(at, length, "alias"))
    set_text(&attributes->alias, behind);
  else if (word_is(at, length, "ifunc"))
    set_text(&attributes->ifunc, behind);
  else if (word_is(at, length, "section"))
    set_text(&attributes->section, behind);
  else if (word_is(at, length, "cleanup"))
    set_text(&attributes->cleanup, behind);
  else if (word_is(at, length, "annotate")) {
    g_autofree char *text = argument_of(behind);
    if (attributes->annotations->len > 0)
      g_string_append_c(attributes->annotations, '\n');
    g_string_append(attributes->annotations, text != NULL ? text : "");
  }
}

/* Of the printed declaration of a routine, what does not belong to its parameters: everything but
 * the parentheses behind its name. A new string. */
static char *without_params(const char *text, const char *name)
{
  g_autofree char *head = g_strconcat(name, "(", NULL);
  const char *start = strstr(text, head);
  while (start != NULL && start != text && (g_ascii_isalnum(start[-1]) || start[-1] == '_'))
    start = strstr(start + 1, head);
  if (start == NULL)
    return g_strdup(text);
  const char *end = start + strlen(head);
  for (int depth = 1; *end != '\0' && depth > 0; end++)
    depth += (*end == '(') - (*end == ')');
  g_autofree char *before = g_strndup(text, (gsize)(start - text));
  return g_strconcat(before, end, NULL);
}

void attributes_read(struct visit *visit, CXCursor declaration, struct attributes *attributes)
{
  (void)visit;
  *attributes = (struct attributes){.annotations = g_string_new(NULL)};
  if (!clang_Cursor_hasAttrs(declaration))
    return;
  g_autofree char *text = print_declaration(declaration);
  if (clang_getCursorKind(declaration) == CXCursor_FunctionDecl) {
    CXString name = clang_getCursorSpelling(declaration);
    char *own = without_params(text, clang_getCString(name));
    clang_disposeString(name);
    g_free(text);
    text = own;
  }
  attributes->is_noreturn = strstr(text, "_Noreturn") != NULL;
  for (const char *at = text; *at != '\0'; at++) {
    static const char gnu[] = "__attribute__((";
    if (strncmp(at, gnu, sizeof gnu - 1) == 0)
      note_attribute(attributes, at + sizeof gnu - 1);
    else if (strncmp(at, "[[", 2) == 0)
      note_attribute(attributes, at + 2);
  }
}

void attributes_clear(struct attributes *attributes)
{
  g_free(attributes->alias);
  g_free(attributes->ifunc);
  g_free(attributes->section);
  g_free(attributes->cleanup);
  g_string_free(attributes->annotations, TRUE);
}
