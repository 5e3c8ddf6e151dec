#include "analyzer/file_shape.h"

#include "base/sha256.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

struct scan {
  const char *at;
  const char *end;
  GString *kept;
  char last;         /* what stood there last but blanks and comments; ';' behind a directive */
  int n_open;        /* parentheses and brackets */
  bool is_directive; /* on a line that begins with "#" */
};

static bool is_blank(char byte)
{
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\f' || byte == '\v';
}

static bool is_spliced(const struct scan *scan)
{
  const char *at = scan->at + 1;
  if (at < scan->end && *at == '\r')
    at++;
  return *scan->at == '\\' && at < scan->end && *at == '\n';
}

static void trim_line(GString *kept)
{
  while (kept->len > 0 && is_blank(kept->str[kept->len - 1]))
    g_string_truncate(kept, kept->len - 1);
}

static const char *behind_comment(const struct scan *scan)
{
  const char *at = scan->at + 2;
  if (scan->at[1] == '*') {
    const char *close = memmem(at, (size_t)(scan->end - at), "*/", 2);
    return close != NULL ? close + 2 : scan->end;
  }
  while (at < scan->end && *at != '\n')
    at += *at == '\\' && scan->end - at >= 2 ? 2 : 1;
  return at;
}

static bool ends_line(const struct scan *scan, const char *at)
{
  while (at < scan->end && is_blank(*at))
    at++;
  return at == scan->end || *at == '\n';
}

/* Only its lines count, unless something may quote it. */
static void scan_comment(struct scan *scan)
{
  const char *stop = behind_comment(scan);
  bool is_between = scan->last == ';' || scan->last == '}';
  bool is_nothing = is_between && scan->n_open == 0 && !scan->is_directive && ends_line(scan, stop);
  if (!is_nothing)
    g_string_append_len(scan->kept, scan->at, stop - scan->at);
  for (; is_nothing && scan->at < stop; scan->at++) {
    if (*scan->at != '\n')
      continue;
    trim_line(scan->kept);
    g_string_append_c(scan->kept, '\n');
  }
  scan->at = stop;
}

static void scan_literal(struct scan *scan)
{
  const char *start = scan->at;
  char quote = *scan->at++;
  while (scan->at < scan->end && *scan->at != quote && *scan->at != '\n')
    scan->at += *scan->at == '\\' && scan->end - scan->at >= 2 ? 2 : 1;
  if (scan->at < scan->end && *scan->at == quote)
    scan->at++;
  g_string_append_len(scan->kept, start, scan->at - start);
  scan->last = quote;
}

static void scan_line_end(struct scan *scan)
{
  trim_line(scan->kept);
  g_string_append_c(scan->kept, '\n');
  scan->at++;
  if (scan->is_directive)
    scan->last = ';';
  scan->is_directive = false;
}

/* Nothing but blanks stands before it on its line. */
static bool is_first(const struct scan *scan)
{
  gsize at = scan->kept->len;
  while (at > 0 && is_blank(scan->kept->str[at - 1]))
    at--;
  return at == 0 || scan->kept->str[at - 1] == '\n';
}

static void scan_byte(struct scan *scan)
{
  char byte = *scan->at;
  if (byte == '#' && is_first(scan))
    scan->is_directive = true;
  if (byte == '\\' && is_spliced(scan)) {
    const char *stop = memchr(scan->at, '\n', (size_t)(scan->end - scan->at)) + 1;
    g_string_append_len(scan->kept, scan->at, stop - scan->at);
    scan->at = stop;
    return;
  }
  if (byte == '(' || byte == '[')
    scan->n_open++;
  else if ((byte == ')' || byte == ']') && scan->n_open > 0)
    scan->n_open--;
  if (!is_blank(byte) && !scan->is_directive)
    scan->last = byte;
  g_string_append_c(scan->kept, byte);
  scan->at++;
}

uint64_t file_shape(const char *text, size_t size)
{
  if (memmem(text, size, "__TIMESTAMP__", strlen("__TIMESTAMP__")) != NULL)
    return 0;
  struct scan scan = {
      .at = text, .end = text + size, .kept = g_string_sized_new(size + 1), .last = ';'};
  while (scan.at < scan.end) {
    bool is_pair = scan.end - scan.at >= 2 && *scan.at == '/';
    if (is_pair && (scan.at[1] == '*' || scan.at[1] == '/'))
      scan_comment(&scan);
    else if (*scan.at == '"' || *scan.at == '\'')
      scan_literal(&scan);
    else if (*scan.at == '\n')
      scan_line_end(&scan);
    else
      scan_byte(&scan);
  }
  while (scan.kept->len > 0 && (is_blank(scan.kept->str[scan.kept->len - 1]) ||
                                scan.kept->str[scan.kept->len - 1] == '\n'))
    g_string_truncate(scan.kept, scan.kept->len - 1);
  uint64_t shape = sha256_word(scan.kept->str, scan.kept->len);
  g_string_free(scan.kept, TRUE);
  return shape != 0 ? shape : 1;
}
