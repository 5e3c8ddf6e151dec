/* What the parts of entries.h share. */
#ifndef CLEAVE_ANALYZER_ENTRIES_PARTS_H
#define CLEAVE_ANALYZER_ENTRIES_PARTS_H

#include "analyzer/entries.h"

struct entries {
  struct findings *findings;
  GHashTable *found;    /* id -> struct fact_entry */
  GArray *waiting;      /* struct waiting */
  struct id_map pairs;  /* caller << 32 | callee of the calls counted so far -> 1 */
  GArray *n_callers;    /* uint32_t by link routine */
  guint n_counted;      /* found calls */
  GHashTable *rules_of; /* name of a routine -> GPtrArray of the rules for its calls, or NULL */
};

/* What is known when a rule fires. */
struct evidence {
  const struct entry_rule *rule;
  const char *key;
  const char *file;
  uint32_t line;
  const char *registrar;
};

/* ---- entries.c ---- */

/* Adds what a rule found, unless something better is known of the same key. Takes nothing over. */
void entries_add(struct entries *entries, uint32_t routine, const struct evidence *evidence);

/* ---- entry_tables.c ---- */

void entries_judge_tables(struct entries *entries, struct flow *flow, uint32_t unit);

/* ---- entry_chains.c ---- */

/* Counts the callers of what was found since the last time. */
void entries_count_callers(struct entries *entries);
void entries_judge_chains(struct entries *entries, struct flow *flow, uint32_t unit);

#endif
