/* Regular expressions of rule files, with limits on what they may cost.
 *
 * The only place that knows PCRE2. Patterns match names, files and literals, never source text. */
#ifndef CLEAVE_ANALYZER_PATTERN_H
#define CLEAVE_ANALYZER_PATTERN_H

#include <glib.h>
#include <stdbool.h>

struct pattern;

/* Compiles an expression. Lengths over 4,000 bytes, deep nesting and \C are refused; `message`
 * receives what is wrong and where, to be released with g_free(). */
struct pattern *pattern_new(const char *text, char **message);
void pattern_free(struct pattern *pattern);

/* True when the expression matches somewhere in the subject; a match that would cost more than
 * the limit counts as none. A NULL pattern matches everything, a NULL subject nothing. Plain
 * alternations of names, `^(a|b|c)$`, are looked up in a table instead: O(length). */
bool pattern_matches(const struct pattern *pattern, const char *subject);

/* The same without remembering the answer: for subjects that come once. */
bool pattern_matches_once(const struct pattern *pattern, const char *subject);

/* The source of the expression. */
const char *pattern_text(const struct pattern *pattern);

#endif
