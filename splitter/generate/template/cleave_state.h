/* State of a function that outlives an invocation: loaded before it, stored behind it, with a
 * version each time, so that concurrent invocations lose no update.
 *
 * One record per program and service holds all its variables as JSON. An invocation whose record
 * was changed meanwhile starts again with the new one; only functions whose repetition does no harm
 * get here. CLEAVE_STATE names the store: sqlite:FILE (default sqlite:cleave-state.db) or
 * redis://HOST:PORT. Not for handles: these are opened before the first event and never stored. */
#ifndef CLEAVE_STATE_H
#define CLEAVE_STATE_H

#include "cleave_marshal.h"

/* What a function keeps. */
struct cleave_state {
  const char *key; /* of its record: "program/service" */
  /* Sets the variables from the members of RECORD; 0, or -1 with the error set. */
  int (*read)(struct cleave_marshal *marshal, const cleave_value *record);
  /* Puts the variables into RECORD. */
  void (*write)(struct cleave_marshal *marshal, cleave_value *record);
  cleave_value *initial; /* as the start left them; NULL at first */
};

typedef int (*cleave_invoke)(const struct cleave_event *event, struct cleave_reply *reply,
                             struct cleave_error *error);
typedef int (*cleave_consume)(const struct cleave_message *message, struct cleave_error *error);

/* Runs INVOKE between load and store. What it returns, or -1 with the error set when the store
 * refuses or the deadline passes; a failed invocation stores nothing. */
int cleave_state_invoke(struct cleave_state *state, cleave_invoke invoke,
                        const struct cleave_event *event, struct cleave_reply *reply,
                        struct cleave_error *error);
int cleave_state_consume(struct cleave_state *state, cleave_consume consume,
                         const struct cleave_message *message, struct cleave_error *error);

/* The key-value store behind it. */
struct cleave_store {
  /* The record of KEY: *TEXT is malloc'ed, or NULL with *VERSION 0 when there is none. */
  int (*load)(void *self, const char *key, char **text, int64_t *version,
              struct cleave_error *error);
  /* Stores TEXT as VERSION + 1 when the record still has VERSION: 0; 1 when it has another; -1. */
  int (*swap)(void *self, const char *key, int64_t version, const char *text,
              struct cleave_error *error);
  void (*close)(void *self);
  void *self;
};
/* Opens what the rest of an address names; 0, or -1 with the error set. */
int cleave_store_open_sqlite(struct cleave_store *store, const char *file,
                             struct cleave_error *error);
int cleave_store_open_redis(struct cleave_store *store, const char *address,
                            struct cleave_error *error);

#endif
