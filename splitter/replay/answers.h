/* Two answers to one request, compared. Pure: knows no network and prints nothing. */
#ifndef CLEAVE_REPLAY_ANSWERS_H
#define CLEAVE_REPLAY_ANSWERS_H

#include <glib.h>
#include <stdbool.h>

#include "splitter/replay/rules.h"
#include "splitter/runtime/cleave_runtime.h"

struct answer {
  int status; /* 0: there was none; body says why */
  const struct cleave_field *headers;
  size_t n_headers;
  GBytes *body; /* NULL: unknown, as in some recordings; then it is not compared */
};

enum answer_verdict {
  ANSWERS_IDENTICAL, /* byte for byte, ignored headers apart */
  ANSWERS_EQUAL,     /* as values, after the rules */
  ANSWERS_DIFFERENT
};

/* One thing that differs. */
struct answer_difference {
  char *what;  /* "no answer", "status", "header", "body" */
  char *where; /* name of the header, JSON path, "byte 17", or "" */
  char *left;  /* what stands there, cut to a readable length */
  char *right;
};
void answer_difference_free(void *difference);

/* Compares. JSON bodies (on both sides, by content type) are compared as values: order of members
 * and white space do not count, numbers count as they are written; other bodies byte for byte after
 * the patterns. At most LIMIT differences are appended to DIFFERENCES (struct answer_difference *).
 * O(n) in the bodies. */
enum answer_verdict answers_compare(const struct answer *left, const struct answer *right,
                                    const struct replay_rules *rules, size_t limit,
                                    GPtrArray *differences);

/* Tells every pair of values that RULES say are carried on: values of cookies that the answers set
 * and JSON members. Called as VISIT(of left, of right, DATA) where they differ. */
void answers_carry(const struct answer *left, const struct answer *right,
                   const struct replay_rules *rules,
                   void (*visit)(const char *left, const char *right, void *data), void *data);

#endif
