/* Findings: things that a reader should look at, each with a rule, a place and an identity that
 * does not change when lines move. Plain data, made from models, written by sarif.h and rows. */
#ifndef CLEAVE_REPORTS_FINDINGS_H
#define CLEAVE_REPORTS_FINDINGS_H

#include "reports/model.h"
#include "store/view.h"

enum finding_rule {
  RULE_CALL_CUT,
  RULE_READ_CUT,
  RULE_WRITE_CUT,
  RULE_BLOCKED_FUNCTION,
  RULE_NEW_CUT,
  RULE_NEW_WRITER,
  RULE_NEW_BLOCKED,
  N_FINDING_RULES,
};

enum finding_level { LEVEL_NOTE, LEVEL_WARNING, LEVEL_ERROR };

struct finding {
  enum finding_rule rule;
  enum finding_level level;
  char *subject; /* what it is about: names, no lines */
  char *message; /* a sentence without a full stop at the end */
  char *file;    /* relative to the root, or "" */
  int line;      /* 0 when there is none */
};

/* "call-cut", ... */
const char *finding_rule_id(enum finding_rule rule);
/* What the rule means, in one sentence. */
const char *finding_rule_about(enum finding_rule rule);
/* "note", "warning", "error". */
const char *finding_level_name(enum finding_level level);

/* An empty list that frees its findings. */
GPtrArray *finding_list_new(void);

/* Adds one; the strings then belong to the list. */
void finding_list_add(GPtrArray *findings, struct finding finding);

/* By file, line, rule and subject. */
void finding_list_sort(GPtrArray *findings);

/* Every cut of the plan. The caller frees with g_ptr_array_unref(). */
GPtrArray *finding_list_of_cuts(const struct model *model);

/* Every blocked function of the plan. */
GPtrArray *finding_list_of_blocked(const struct model *model);

/* One line for each, "file:line: level: message [rule: subject]". New string. */
char *finding_list_text(const GPtrArray *findings);

/* Rows of rule, level, subject, message, file and line. The caller frees with view_rows_free(). */
struct view_rows *finding_list_table(const GPtrArray *findings);

#endif
