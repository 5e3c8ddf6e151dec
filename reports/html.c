#include "reports/html.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "reports/text.h"

struct html {
  GString *out;
  GPtrArray *open; /* const char *: tags, the innermost last */
};

struct html *html_new(void)
{
  struct html *html = g_new0(struct html, 1);
  html->out = g_string_new("<!DOCTYPE html>\n");
  html->open = g_ptr_array_new();
  return html;
}

char *html_finish(struct html *html)
{
  g_assert(html->open->len == 0);
  g_string_append_c(html->out, '\n');
  char *text = g_string_free(html->out, FALSE);
  g_ptr_array_unref(html->open);
  g_free(html);
  return text;
}

static void append_escaped(GString *out, const char *text)
{
  g_autofree char *safe = text_escape(text, true);
  for (const char *p = safe; *p; p++) {
    switch (*p) {
    case '&':
      g_string_append(out, "&amp;");
      break;
    case '<':
      g_string_append(out, "&lt;");
      break;
    case '>':
      g_string_append(out, "&gt;");
      break;
    case '"':
      g_string_append(out, "&quot;");
      break;
    default:
      g_string_append_c(out, *p);
    }
  }
}

static void append_tag(struct html *html, const char *tag, va_list attributes)
{
  g_string_append_c(html->out, '<');
  g_string_append(html->out, tag);
  const char *name;
  while ((name = va_arg(attributes, const char *))) {
    const char *value = va_arg(attributes, const char *);
    g_string_append_c(html->out, ' ');
    g_string_append(html->out, name);
    if (value) {
      g_string_append(html->out, "=\"");
      append_escaped(html->out, value);
      g_string_append_c(html->out, '"');
    }
  }
  g_string_append_c(html->out, '>');
}

void html_open(struct html *html, const char *tag, ...)
{
  va_list attributes;
  va_start(attributes, tag);
  append_tag(html, tag, attributes);
  va_end(attributes);
  g_ptr_array_add(html->open, (gpointer)tag);
}

void html_leaf(struct html *html, const char *tag, const char *text, ...)
{
  va_list attributes;
  va_start(attributes, text);
  append_tag(html, tag, attributes);
  va_end(attributes);
  g_ptr_array_add(html->open, (gpointer)tag);
  html_text(html, text);
  html_close(html);
}

void html_close(struct html *html)
{
  g_assert(html->open->len > 0);
  const char *tag = g_ptr_array_steal_index(html->open, html->open->len - 1);
  g_string_append(html->out, "</");
  g_string_append(html->out, tag);
  g_string_append(html->out, ">");
  static const char *const lines[] = {"head", "body", "section", "header", "footer", "main",
                                      "nav",  "div",  "ul",      "script", "style",  "title",
                                      "p",    "li",   "html",    NULL};
  if (g_strv_contains(lines, tag)) {
    g_string_append_c(html->out, '\n');
  }
}

void html_void(struct html *html, const char *tag, ...)
{
  va_list attributes;
  va_start(attributes, tag);
  append_tag(html, tag, attributes);
  va_end(attributes);
}

void html_text(struct html *html, const char *text)
{
  append_escaped(html->out, text);
}

void html_code(struct html *html, const char *code)
{
  const char *tag = g_ptr_array_index(html->open, html->open->len - 1);
  g_assert(strcmp(tag, "script") == 0 || strcmp(tag, "style") == 0);
  g_autofree char *end = g_strconcat("</", tag, NULL);
  g_assert(strstr(code, end) == NULL && strstr(code, "<!--") == NULL);
  g_string_append(html->out, code);
}

char *html_hash(const char *code)
{
  guint8 digest[32];
  gsize size = sizeof digest;
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  g_checksum_update(checksum, (const guchar *)code, (gssize)strlen(code));
  g_checksum_get_digest(checksum, digest, &size);
  g_autofree char *text = g_base64_encode(digest, size);
  return g_strconcat("sha256-", text, NULL);
}
