/* What the files that read single calls back share. Not for others: source_text.h is the door. */
#ifndef CLEAVE_GENERATE_SOURCE_TEXT_INTERNAL_H
#define CLEAVE_GENERATE_SOURCE_TEXT_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

/* Comments, literals and preprocessor lines become blanks of the same length, so that braces and
 * words can be counted and every offset stays. A new string. */
char *source_blank_out(const char *text);
bool source_is_word(char c);
/* Behind the parenthesis that closes the one at OPEN, or NULL. */
const char *source_skip_parentheses(const char *open);
/* CALLEE at a line and column (0: anywhere in the line) of a text that is blanked out, or NULL. */
const char *source_find_call(const char *blank, int64_t line, int64_t column, const char *callee);

#endif
