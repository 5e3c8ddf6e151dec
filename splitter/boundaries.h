/* boundaries.yaml: what people decided, line by line, and what each line means in a monolith.
 * Reads the file and never writes it. */
#ifndef CLEAVE_SPLITTER_BOUNDARIES_H
#define CLEAVE_SPLITTER_BOUNDARIES_H

#include "splitter/constraints.h"
#include "splitter/monolith.h"

enum decision_kind {
  DECISION_PIN, /* a routine, a file or a state belongs to a named service */
  DECISION_TOGETHER,
  DECISION_APART,
  DECISION_SHARED,
  DECISION_EXTERNAL,
  DECISION_ALLOW,   /* a transaction may be cut */
  DECISION_TRIGGER, /* a routine is a function with this trigger */
};

/* What one name of a line means. */
struct matches {
  GArray *routines; /* guint32 */
  GArray *states;   /* guint32 */
};

/* One line: the smallest thing that can be kept or left out. */
struct decision {
  enum decision_kind kind;
  char *text; /* as written, for messages */
  unsigned line;
  unsigned column;
  guint32 service;    /* DECISION_PIN: number in boundaries->services */
  GPtrArray *matches; /* struct matches *, one per name */
  char *trigger;
  char *key;
  char *reason;
};

struct boundaries {
  char *path;
  GPtrArray *services;  /* char *, in the order of the file */
  GPtrArray *decisions; /* struct decision *, in the order of the file */
  GPtrArray *remarks;   /* char *: lines that match nothing, as file:line:column: text */
};

/* Reads the file at PATH and finds its names in MONOLITH. NULL and ERROR (file:line:column) when it
 * cannot be read or says what the form does not know. */
struct boundaries *boundaries_read(const char *path, const struct monolith *monolith,
                                   GError **error);
/* The same from memory; NAME stands for the path. */
struct boundaries *boundaries_parse(const char *name, const char *text,
                                    const struct monolith *monolith, GError **error);
/* What a decision says, in words: a new string. */
char *decision_words(const struct boundaries *boundaries, const struct decision *decision);
/* The key of boundaries.yaml under which decisions of KIND stand. */
const char *decision_section(enum decision_kind kind);

/* Accepts NULL. */
void boundaries_free(struct boundaries *boundaries);

/* Constraints over routines (0 …) and states (n_routines …) from the decisions with IS_IN set
 * (NULL: all). Labels are services, then shared (n services), then external (n + 1). NULL when they
 * cannot be kept. */
struct constraints *boundaries_constraints(const struct boundaries *boundaries,
                                           const struct monolith *monolith, const guint8 *is_in);

/* A smallest set of decisions that cannot be kept together, with places and words, as one text;
 * NULL when all can. N_SERVICES limits the number of services, 0 does not. */
char *boundaries_conflict(const struct boundaries *boundaries, const struct monolith *monolith,
                          guint32 n_services);

#endif
