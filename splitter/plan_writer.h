/* Writes a proposal into the store's plan tables. The only file of the splitter that writes. */
#ifndef CLEAVE_SPLITTER_PLAN_WRITER_H
#define CLEAVE_SPLITTER_PLAN_WRITER_H

#include "splitter/boundaries.h"
#include "splitter/decision_price.h"
#include "splitter/deployment.h"
#include "splitter/functions.h"
#include "store/plan.h"

struct plan_draft {
  const struct proposal *proposal;
  const GPtrArray *functions; /* struct function * */
  const GArray *cuts;         /* struct cut */
  const GArray *reasons;      /* struct reason */
  const GArray *steps;        /* struct extraction_step */
  const struct fusion *fusion;
  const struct deployment *deployment; /* NULL without prices */
  const GPtrArray *groups;             /* struct span_group * */
  const GPtrArray *decisions;          /* struct decision_price *, one per decision of boundaries */
  const struct boundaries *boundaries; /* NULL when nothing is decided */
  const guint32 *labels;               /* per node of the proposal's evidence */
  const char *options;                 /* what it was made with */
  gint64 resolution;
};

/* Replaces the plan in STORE by this one, in one transaction. */
bool plan_write(struct store *store, const struct plan_draft *plan, GError **error);

#endif
