/* Routines as they are called with constants: what their guards (struct unit_guard) and switches
 * over parameters rule out does not run then.
 *
 * "log_to(NULL)" does not do what stands behind "if (file)" in log_to(), nor in what log_to() hands
 * its parameter on to. Builds and answers; follows nothing. */
#ifndef CLEAVE_ANALYZER_VARIANTS_H
#define CLEAVE_ANALYZER_VARIANTS_H

#include "analyzer/findings.h"
#include "analyzer/guards.h"

enum { VARIANT_SLOTS = 4 };

/* A routine with constants for some of its parameters. */
struct variant {
  uint32_t routine;
  uint32_t next; /* of the same routine, or LINK_NONE */
  struct constant constants[VARIANT_SLOTS];
};

/* The parameters of a routine that decide what runs, from 1; 0: none. */
struct variant_params {
  uint8_t positions[VARIANT_SLOTS];
  bool is_exact[VARIANT_SLOTS]; /* more than whether it is 0 counts */
};

struct variants {
  const struct findings *findings;
  uint32_t program;
  uint32_t n;                   /* link routines */
  guint first_found, end_found; /* the program's calls */
  const bool *is_excluded;
  struct variant_params *params;    /* by link routine */
  uint32_t *first;                  /* by link routine: its latest variant, or LINK_NONE */
  uint32_t *first_call, *by_caller; /* found calls of the program by caller */
  GArray *rows;                     /* struct variant */
};

/* Finds the variants that calls of a program lead to, also calls in variants of others. Routines
 * of `is_excluded` (by link routine, may be NULL, kept) have none. Linear in the calls, times at
 * most 32 variants of their callers. Release with variants_clear(). */
void variants_build(struct variants *variants, const struct findings *findings, uint32_t program,
                    const bool *is_excluded);
void variants_clear(struct variants *variants);

static inline const struct variant *variants_at(const struct variants *variants, uint32_t variant)
{
  return &g_array_index(variants->rows, struct variant, variant);
}

/* Whether a found call (by index) of the variant's routine runs in it. */
bool variants_runs(const struct variants *variants, uint32_t variant, uint32_t call);

/* The variant that a call leads to; `from` is the variant of the caller, or LINK_NONE. LINK_NONE:
 * the plain routine. */
uint32_t variants_called(const struct variants *variants, uint32_t from, uint32_t call);

#endif
