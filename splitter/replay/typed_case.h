/* One case of a typed replay: asked on both sides, judged, and made simpler. */
#ifndef CLEAVE_REPLAY_TYPED_CASE_H
#define CLEAVE_REPLAY_TYPED_CASE_H

#include "splitter/replay/asker.h"
#include "splitter/replay/original.h"
#include "splitter/replay/typed.h"

/* Both sides of one function. */
struct typed_sides {
  const char *function;
  struct original *original;
  struct asker *asker;
  bool has_types; /* errors of the function tell their type */
  guint64 seed;
  unsigned timeout_ms;
};

enum typed_verdict {
  TYPED_ALIKE,
  TYPED_ALIKE_FAILED,
  TYPED_ALIKE_CRASHED,
  TYPED_DIFFERENT, /* both answered */
  TYPED_DIFFERENT_OUTCOME,
  TYPED_UNFIT,
  TYPED_NOT_STARTED
};

struct typed_case {
  enum typed_verdict verdict;
  json_t *reply;  /* of the original: its input, choices, output */
  char *original; /* what each side did */
  char *function;
  GPtrArray *differences; /* struct answer_difference * */
};
void typed_case_clear(struct typed_case *done);

/* Asks both sides: case INDEX, or CHOICES where they are not NULL. Returns false with ERROR set
 * when the program of the original has ended. Release DONE with typed_case_clear(). */
bool typed_case_run(const struct typed_sides *sides, guint64 index, json_t *choices,
                    struct typed_case *done, GError **error);

/* Whether the answers of the function are no difference of its own: history or unsteady; else
 * DONE's own kind. The instance is a new one afterwards. */
bool typed_case_classify(const struct typed_sides *sides, const struct typed_case *done,
                         enum typed_kind *kind, GError **error);

/* Replaces DONE by the simplest case found that has the same verdict. O(choices) calls, at most
 * some hundred. */
bool typed_case_shrink(const struct typed_sides *sides, struct typed_case *done, GError **error);

#endif
