/* Writing HTML: elements are opened and closed in order, texts and attributes are escaped. The only
 * place where markup is made. */
#ifndef CLEAVE_REPORTS_HTML_H
#define CLEAVE_REPORTS_HTML_H

#include <glib.h>

struct html;

/* Starts a document with its doctype. */
struct html *html_new(void);

/* Frees HTML; its text is a new string. All elements must be closed. */
char *html_finish(struct html *html);

/* Opens TAG with attributes as pairs of name and value up to NULL. A NULL value gives an attribute
 * without value. Tags and names are ours; values are escaped. */
void html_open(struct html *html, const char *tag, ...) G_GNUC_NULL_TERMINATED;

/* Opens, writes TEXT and closes. */
void html_leaf(struct html *html, const char *tag, const char *text, ...) G_GNUC_NULL_TERMINATED;

/* Closes the innermost element. */
void html_close(struct html *html);

/* An element without content and end tag: meta, input. */
void html_void(struct html *html, const char *tag, ...) G_GNUC_NULL_TERMINATED;

/* TEXT, escaped; control characters and direction marks are shown as \u{N}. */
void html_text(struct html *html, const char *text);

/* Content of the open script or style element, as it is. Must not hold its end tag (an assertion).
 */
void html_code(struct html *html, const char *code);

/* "sha256-..." of CODE for a content security policy. New string. */
char *html_hash(const char *code);

#endif
