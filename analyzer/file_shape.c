#include "analyzer/file_shape.h"

#include "base/sha256.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

struct scan {
  const char *at;
  const char *end;
  char *kept;        /* never more than the text */
  char *to;          /* behind what was kept so far */
  char last;         /* what stood there last but blanks and comments; ';' behind a directive */
  int n_open;        /* parentheses and brackets */
  bool is_directive; /* on a line that begins with "#" */
};

enum kind { PLAIN, BLANK, SPECIAL };

static const unsigned char kinds[256] = {
    [' '] = BLANK,    ['\t'] = BLANK,   ['\r'] = BLANK,  ['\f'] = BLANK,  ['\v'] = BLANK,
    ['\n'] = SPECIAL, ['\\'] = SPECIAL, ['#'] = SPECIAL, ['/'] = SPECIAL, ['"'] = SPECIAL,
    ['\''] = SPECIAL, ['('] = SPECIAL,  [')'] = SPECIAL, ['['] = SPECIAL, [']'] = SPECIAL,
};

static bool is_blank(char byte)
{
  return kinds[(unsigned char)byte] == BLANK;
}

static void keep(struct scan *scan, const char *stop)
{
  size_t size = (size_t)(stop - scan->at);
  memcpy(scan->to, scan->at, size);
  scan->to += size;
  scan->at = stop;
}

static bool is_spliced(const struct scan *scan)
{
  const char *at = scan->at + 1;
  if (at < scan->end && *at == '\r')
    at++;
  return *scan->at == '\\' && at < scan->end && *at == '\n';
}

/* Blanks at the end of a line count for nothing. */
static void keep_line_end(struct scan *scan)
{
  while (scan->to > scan->kept && is_blank(scan->to[-1]))
    scan->to--;
  *scan->to++ = '\n';
}

static const char *behind_comment(const struct scan *scan)
{
  const char *at = scan->at + 2;
  if (scan->at[1] == '*') {
    const char *close = at;
    do
      close = memchr(close, '/', (size_t)(scan->end - close));
    while (close != NULL && (close++ == at || close[-2] != '*'));
    return close != NULL ? close : scan->end;
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
  if (!is_nothing) {
    keep(scan, stop);
    return;
  }
  while ((scan->at = memchr(scan->at, '\n', (size_t)(stop - scan->at))) != NULL) {
    keep_line_end(scan);
    scan->at++;
  }
  scan->at = stop;
}

static void scan_literal(struct scan *scan)
{
  const char *at = scan->at + 1;
  char quote = *scan->at;
  while (at < scan->end && *at != quote && *at != '\n')
    at += *at == '\\' && scan->end - at >= 2 ? 2 : 1;
  if (at < scan->end && *at == quote)
    at++;
  keep(scan, at);
  scan->last = quote;
}

static void scan_line_end(struct scan *scan)
{
  keep_line_end(scan);
  scan->at++;
  if (scan->is_directive)
    scan->last = ';';
  scan->is_directive = false;
}

/* Nothing but blanks stands before it on its line. */
static bool is_first(const struct scan *scan)
{
  const char *at = scan->to;
  while (at > scan->kept && is_blank(at[-1]))
    at--;
  return at == scan->kept || at[-1] == '\n';
}

static void scan_special(struct scan *scan)
{
  char byte = *scan->at;
  if (byte == '#' && is_first(scan))
    scan->is_directive = true;
  if (byte == '\\' && is_spliced(scan)) {
    keep(scan, (const char *)memchr(scan->at, '\n', (size_t)(scan->end - scan->at)) + 1);
    return;
  }
  if (byte == '(' || byte == '[')
    scan->n_open++;
  else if ((byte == ')' || byte == ']') && scan->n_open > 0)
    scan->n_open--;
  if (!scan->is_directive)
    scan->last = byte;
  keep(scan, scan->at + 1);
}

/* Most of a text: what is neither special nor means anything by itself. */
static void scan_plain(struct scan *scan)
{
  const char *at = scan->at;
  char *to = scan->to;
  unsigned char kind = PLAIN;
  char last = scan->last;
  for (; at < scan->end && (kind = kinds[(unsigned char)*at]) != SPECIAL; at++) {
    last = kind == PLAIN ? *at : last;
    *to++ = *at;
  }
  scan->at = at;
  scan->to = to;
  if (!scan->is_directive)
    scan->last = last;
}

static void scan_next(struct scan *scan)
{
  bool is_pair = *scan->at == '/' && scan->end - scan->at >= 2;
  if (is_pair && (scan->at[1] == '*' || scan->at[1] == '/'))
    scan_comment(scan);
  else if (*scan->at == '"' || *scan->at == '\'')
    scan_literal(scan);
  else if (*scan->at == '\n')
    scan_line_end(scan);
  else if (kinds[(unsigned char)*scan->at] == SPECIAL)
    scan_special(scan);
  else
    scan_plain(scan);
}

uint64_t file_shape(const char *text, size_t size)
{
  if (memmem(text, size, "__TIMESTAMP__", strlen("__TIMESTAMP__")) != NULL)
    return 0;
  char *kept = g_malloc(size + 1);
  struct scan scan = {.at = text, .end = text + size, .kept = kept, .to = kept, .last = ';'};
  while (scan.at < scan.end)
    scan_next(&scan);
  while (scan.to > kept && (is_blank(scan.to[-1]) || scan.to[-1] == '\n'))
    scan.to--;
  uint64_t shape = sha256_word(kept, (size_t)(scan.to - kept));
  g_free(kept);
  return shape != 0 ? shape : 1;
}
