/* The store: one SQLite file, the only hand-off between the phases.
 *
 * This folder is the only place that knows sqlite3.h. It opens, checks and creates the file, and
 * gives typed reads and writes (record.h, facts.h, plan.h, results.h) and the public views
 * (view.h). It never decides what a fact means and never prints. */
#ifndef CLEAVE_STORE_STORE_H
#define CLEAVE_STORE_STORE_H

#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct store;

/* SQLite's application id of our files: "CLVE". */
#define STORE_APPLICATION_ID 0x434c5645
/* SQLite's user version of our files; a file with a higher one is refused. */
#define STORE_SCHEMA_VERSION 5

#define STORE_ERROR (store_error_quark())
GQuark store_error_quark(void);

enum store_error {
  STORE_ERROR_NOT_FOUND, /* there is no such file */
  STORE_ERROR_NOT_OURS,  /* not a Cleave store: another database or no database at all */
  STORE_ERROR_NEWER,     /* written by a later Cleave */
  STORE_ERROR_DAMAGED,   /* truncated or inconsistent */
  STORE_ERROR_BUSY,      /* another process is writing */
  STORE_ERROR_IO,        /* cannot be read or written: permissions, full disk */
  STORE_ERROR_INTERRUPTED,
  STORE_ERROR_CONFLICT, /* two records with one key: a hash collision or a defect of ours */
};

enum store_mode {
  STORE_READ,   /* must exist; nothing is written */
  STORE_WRITE,  /* must exist */
  STORE_CREATE, /* made when missing */
};

/* Opens the file at PATH. Checks that it is ours, not newer and not truncated. Returns NULL and
 * sets ERROR otherwise. The caller frees with store_close(). */
struct store *store_open(const char *path, enum store_mode mode, GError **error);

/* Closes and frees; accepts NULL. What was not committed is rolled back. */
void store_close(struct store *store);
typedef struct store store_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(store_t, store_close)

const char *store_path(const struct store *store);

/* One transaction at a time; store_begin() waits up to ten seconds for another writer. */
bool store_begin(struct store *store, GError **error);
bool store_commit(struct store *store, GError **error);
void store_rollback(struct store *store);

/* Inside a transaction: what is written after store_mark() can be taken back alone. Each mark ends
 * with store_keep() or store_take_back(), or with the transaction; there is one at a time. */
bool store_mark(struct store *store, GError **error);
bool store_keep(struct store *store, GError **error);
bool store_take_back(struct store *store, GError **error);

/* Lets store_sync() end with STORE_ERROR_INTERRUPTED once the flag is set. */
void store_watch(struct store *store, const volatile sig_atomic_t *is_interrupted);

/* Rows written and deleted since the store was opened. */
int64_t store_n_changes(const struct store *store);

/* Facts about the run as a whole: "root", "tool_version", ... VALUE NULL deletes the key.
 * store_info() returns a new string, or NULL (without error) when the key is absent. */
bool store_set_info(struct store *store, const char *key, const char *value, GError **error);
char *store_info(struct store *store, const char *key, GError **error);

#endif
