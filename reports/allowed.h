/* Findings that people have accepted, each with a reason and a last day (check.yaml).
 *
 *   version: 1
 *   allow:
 *     - {rule: new-cut, subject: "orders * call mail *", reason: "until the queue is there",
 *        until: 2026-12-31}
 */
#ifndef CLEAVE_REPORTS_ALLOWED_H
#define CLEAVE_REPORTS_ALLOWED_H

#include "reports/findings.h"

struct allowance {
  char *rule;
  char *subject; /* with * and ? */
  char *reason;
  char *until; /* "2026-12-31", the last day on which it counts */
  unsigned line;
  unsigned n_used;
};

/* The allowances of the file at PATH: struct allowance *. YAML_ERROR with file, line and column.
 * The caller frees with g_ptr_array_unref(). */
GPtrArray *allowed_load(const char *path, GError **error);

/* Takes from FINDINGS those that an allowance covers on DAY ("2026-11-23"); returns how many. An
 * allowance that is over covers nothing; findings that it would cover say so. */
unsigned allowed_apply(GPtrArray *allowances, GPtrArray *findings, const char *day);

#endif
