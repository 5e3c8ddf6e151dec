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

enum source_result_use {
  SOURCE_RESULT_UNKNOWN,
  SOURCE_RESULT_DROPPED,  /* the call is a statement */
  SOURCE_RESULT_RETURNED, /* "return call();", also by way of a variable */
  SOURCE_RESULT_TESTED
};

/* What becomes of a call's result. */
struct source_result {
  enum source_result_use use;
  char *condition;        /* tested: "result != 0"; the branch is taken when it holds */
  bool has_operator;      /* the condition is written with one */
  char *branch;           /* its text, comments and literals blanked out */
  int64_t line, end_line; /* of the branch */
};
void source_result_clear(struct source_result *result);

/* Reads on from a call whose callee stands as EXPRESSION at a line and column; a result that is put
 * into a variable is followed to the first place that reads it. Unknown when it is not found as
 * text, or is compared with anything but an integer. O(size of file). */
void source_texts_result(struct source_texts *texts, const char *file, int64_t line, int64_t column,
                         const char *expression, struct source_result *result);

/* The arguments of "call(a, b)" as written: a vector for g_strfreev(). Without parentheses that
 * close it is empty. */
char **source_call_arguments(const char *expression);

#endif
