/* Reads single calls back from the sources: the expression as written, what takes its result and
 * what is asked of it. The facts say where a call stands; this says how it is written there.
 *
 * It reads C as text, without preprocessing, and answers "unknown" rather than guessing. Never
 * writes. */
#ifndef CLEAVE_GENERATE_SOURCE_TEXT_H
#define CLEAVE_GENERATE_SOURCE_TEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Files under one root, each read once. */
struct source_texts {
  char *root;
  GHashTable *files; /* file -> char *text, or NULL when it cannot be read */
};

void source_texts_init(struct source_texts *texts, const char *root);
void source_texts_clear(struct source_texts *texts);

/* The whole file, or NULL. Belongs to TEXTS. Files over 16 MB are not read. */
const char *source_texts_file(struct source_texts *texts, const char *file);

/* One line of a file, counted from 1; a new string, NULL when there is none. O(bytes before it). */
char *source_texts_line(struct source_texts *texts, const char *file, int64_t line);

struct source_call {
  char *expression;    /* "db_open(config.url)", white space and comments made single blanks */
  char *assigned;      /* left side of "x = call(...)", or NULL */
  char *fails;         /* condition on `result` under which the caller gives up, or NULL */
  bool is_tested;      /* its result is part of a condition */
  bool is_conditional; /* stands inside a branch or a loop of its routine */
};
void source_call_clear(struct source_call *call);

/* The call of CALLEE at a line and column (0: anywhere in the line) of FILE. False when it is not
 * found as text. O(size of file). */
bool source_texts_call(struct source_texts *texts, const char *file, int64_t line, int64_t column,
                       const char *callee, struct source_call *call);

/* The arguments of "call(a, b)" as written: a vector for g_strfreev(). Without parentheses that
 * close it is empty. */
char **source_call_arguments(const char *expression);

#endif
