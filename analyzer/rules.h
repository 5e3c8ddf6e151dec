/* The rules that turn facts into effects, entries, spans and stores: data, not code.
 *
 * Rules match names of routines and variables, field names and literals. They never see source
 * text, and reading them never looks at the analysed project. */
#ifndef CLEAVE_ANALYZER_RULES_H
#define CLEAVE_ANALYZER_RULES_H

#include "analyzer/pattern.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Positions of arguments count from 0, as people write them in the files. */
#define RULE_NO_ARGUMENT (-1)
/* `handler: caller`: the routine that makes the call is the handler. */
#define RULE_CALLER (-2)
/* `handler: thread`: the body of the thread in which the call is made. */
#define RULE_THREAD (-3)
/* `handler: program`: the main of each program that makes the call; the caller without one. */
#define RULE_PROGRAM (-4)

/* A constant argument must have one of these bits, or be one of these values or names; or an
 * argument the variable of this name. */
struct rule_condition {
  int argument;
  int64_t bits;            /* 0 when the condition is not about bits */
  struct pattern *matches; /* literal, enumerator or macro name, or the number; may be NULL */
  bool is_absent;          /* holds when the pattern or the bits do not */
};

enum entry_rule_kind {
  ENTRY_RULE_CALL,    /* a call hands the handler over, or marks its caller */
  ENTRY_RULE_TABLE,   /* an initialised table of keys and routines */
  ENTRY_RULE_COMPARE, /* an if-else chain that compares with literals */
  ENTRY_RULE_SWITCH,  /* a switch over constants */
  ENTRY_RULE_ROUTINE  /* the name alone */
};

struct entry_rule {
  enum entry_rule_kind kind;
  char *id;
  char *trigger;
  double confidence;   /* 0 to 1 */
  char *fixed_key;     /* key of every entry that the rule makes, or NULL */
  struct pattern *key; /* what the key must look like, NULL for anything */

  struct pattern *call;
  int handler_argument;          /* RULE_NO_ARGUMENT, another of RULE_ or a position */
  struct pattern *handler_field; /* the handler stands in this field of what the argument points
                                    to; or of the table's row */
  int key_argument;
  int method_argument;
  bool is_in_loop;
  bool is_called_back;   /* somebody's loop, or the system, calls the handler, which returns */
  GPtrArray *conditions; /* struct rule_condition */

  struct pattern *key_field;
  struct pattern *method_field;
  struct pattern *record; /* name of the row's record; of a call, one that its caller works on */
  struct pattern *object; /* name of the table */
  struct pattern *file;   /* file that it stands in */

  struct pattern *compare; /* the comparing routine */
  struct pattern *subject; /* the expression compared */
  int minimum;             /* rows or arms that make it a dispatch */

  struct pattern *routine; /* the one that compares or switches; of a table, the handler */
  struct pattern *signature;
};

struct effect_rule {
  char *effect;
  struct pattern *call;     /* an outside routine, or NULL */
  struct pattern *variable; /* an outside variable, or NULL */
  GPtrArray *conditions;
};

/* A lock or a transaction opens and closes. */
struct span_rule {
  char *kind; /* lock or transaction */
  struct pattern *begin;
  struct pattern *end;
  int begin_argument; /* what is locked, or the statement; RULE_NO_ARGUMENT for none */
  int end_argument;
  struct pattern *begin_text; /* what the statement must look like, or NULL */
  struct pattern *end_text;
};

/* Data files and shared memory that calls name. */
struct storage_rule {
  char *storage; /* file or shm */
  struct pattern *call;
  int name_argument;
  int mode_argument; /* RULE_NO_ARGUMENT: `mode` tells it */
  char *mode;        /* read, write, both, or NULL for "what the mode argument says" */
};

struct rules {
  GPtrArray *entries;  /* struct entry_rule */
  GPtrArray *effects;  /* struct effect_rule */
  GPtrArray *spans;    /* struct span_rule */
  GPtrArray *storages; /* struct storage_rule */
  GPtrArray *serving;  /* struct effect_rule: calls from which on a program serves */
};

struct rules *rules_new(void);
void rules_free(struct rules *rules);
typedef struct rules rules_owner;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(rules_owner, rules_free)

/* Adds the rules of one file. Errors name file, line and column; nothing is added then. */
bool rules_read_file(struct rules *rules, const char *path, GError **error);
bool rules_read_text(struct rules *rules, const char *name, const char *text, GError **error);

/* Adds every *.yaml of a folder, sorted by name. A folder without any is an error. */
bool rules_read_folder(struct rules *rules, const char *folder, GError **error);

#endif
