#include "store/queue.h"

#include <sqlite3.h>
#include <string.h>

#include "store/store.h"

/* message: what waits; is_dead marks dead letters. receipt counts the deliveries of all messages,
 * so that no two deliveries share one. mark: what has been seen elsewhere and is told once; the key
 * '' says that a first look is over. */
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS message ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " queue TEXT NOT NULL,"
    " body BLOB NOT NULL,"
    " trace TEXT NOT NULL,"
    " sent_ms INTEGER NOT NULL,"
    " visible_ms INTEGER NOT NULL,"
    " n_deliveries INTEGER NOT NULL DEFAULT 0,"
    " receipt INTEGER NOT NULL DEFAULT 0,"
    " why TEXT NOT NULL DEFAULT '',"
    " is_dead INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE IF NOT EXISTS mark ("
    " queue TEXT NOT NULL,"
    " key TEXT NOT NULL,"
    " version TEXT NOT NULL,"
    " round INTEGER NOT NULL,"
    " PRIMARY KEY (queue, key)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS message_by_time ON message (queue, is_dead, visible_ms, id);"
    "UPDATE message SET visible_ms = 0 WHERE receipt <> 0 AND is_dead = 0;";

enum statement {
  SEND,
  NEXT,
  TAKE,
  DELETE,
  RELEASE,
  BURY,
  FIGURES,
  DEAD,
  REDRIVE,
  MARKED,
  MARK,
  FORGET,
  BEGIN,
  COMMIT,
  ROLLBACK,
  N_STATEMENTS
};

static const char *const sql[N_STATEMENTS] = {
    [SEND] = "INSERT INTO message (queue, body, trace, sent_ms, visible_ms) VALUES (?, ?, ?, ?, ?)",
    [NEXT] = "SELECT id, body, trace, sent_ms, n_deliveries FROM message WHERE queue = ? AND "
             "is_dead = 0 AND visible_ms <= ? ORDER BY visible_ms, id LIMIT 1",
    [TAKE] = "UPDATE message SET n_deliveries = n_deliveries + 1, receipt = ?, visible_ms = ? "
             "WHERE id = ?",
    [DELETE] = "DELETE FROM message WHERE id = ? AND receipt = ? AND is_dead = 0",
    [RELEASE] = "UPDATE message SET visible_ms = ?, why = ? WHERE id = ? AND receipt = ? AND "
                "is_dead = 0",
    [BURY] = "UPDATE message SET is_dead = 1 WHERE id = ?",
    [FIGURES] = "SELECT is_dead, visible_ms <= ?, count(*), min(visible_ms) FROM message WHERE "
                "queue = ? GROUP BY 1, 2",
    [DEAD] = "SELECT id, body, trace, sent_ms, n_deliveries, why FROM message WHERE queue = ? AND "
             "is_dead = 1 ORDER BY id LIMIT ?",
    [REDRIVE] = "UPDATE message SET is_dead = 0, n_deliveries = 0, receipt = 0, visible_ms = ? "
                "WHERE queue = ? AND is_dead = 1",
    [MARKED] = "SELECT version FROM mark WHERE queue = ? AND key = ?",
    [MARK] = "INSERT INTO mark (queue, key, version, round) VALUES (?, ?, ?, ?) "
             "ON CONFLICT DO UPDATE SET version = excluded.version, round = excluded.round",
    [FORGET] = "DELETE FROM mark WHERE queue = ? AND round <> ?",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
};

struct queue {
  sqlite3 *db;
  char *path;
  sqlite3_stmt *statements[N_STATEMENTS];
  int64_t last_receipt;
};

static bool fail(const struct queue *queue, int code, const char *doing, GError **error)
{
  int low = code & 0xff;
  enum store_error our = low == SQLITE_NOTADB                           ? STORE_ERROR_NOT_OURS
                         : low == SQLITE_CORRUPT || low == SQLITE_ERROR ? STORE_ERROR_DAMAGED
                         : low == SQLITE_BUSY || low == SQLITE_LOCKED   ? STORE_ERROR_BUSY
                                                                        : STORE_ERROR_IO;
  g_set_error(error, STORE_ERROR, (int)our, "cannot %s '%s': %s", doing, queue->path,
              our == STORE_ERROR_BUSY ? "another process uses it"
              : queue->db             ? sqlite3_errmsg(queue->db)
                                      : sqlite3_errstr(code));
  return false;
}

static bool execute(struct queue *queue, const char *text, GError **error)
{
  int code = sqlite3_exec(queue->db, text, NULL, NULL, NULL);
  return code == SQLITE_OK || fail(queue, code, "open", error);
}

static bool read_integer(struct queue *queue, const char *text, int64_t *value, GError **error)
{
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2(queue->db, text, -1, &statement, NULL);
  if (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
    *value = sqlite3_column_int64(statement, 0);
  }
  sqlite3_finalize(statement);
  return code == SQLITE_ROW || code == SQLITE_DONE || fail(queue, code, "open", error);
}

/* Our own file, or a new one; never another program's database. */
static bool check_owner(struct queue *queue, GError **error)
{
  int64_t application = 0;
  int64_t n_tables = 0;
  if (!read_integer(queue, "PRAGMA application_id", &application, error) ||
      !read_integer(queue, "SELECT count(*) FROM sqlite_master", &n_tables, error)) {
    return false;
  }
  if (application == QUEUE_APPLICATION_ID || (application == 0 && n_tables == 0)) {
    return true;
  }
  g_set_error(error, STORE_ERROR, STORE_ERROR_NOT_OURS, "'%s' holds no queues", queue->path);
  return false;
}

static bool prepare(struct queue *queue, GError **error)
{
  for (size_t i = 0; i < N_STATEMENTS; i++) {
    int code = sqlite3_prepare_v3(queue->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                                  &queue->statements[i], NULL);
    if (code != SQLITE_OK) {
      return fail(queue, code, "read", error);
    }
  }
  return true;
}

struct queue *queue_open(const char *path, GError **error)
{
  g_autoptr(queue_owner) queue = g_new0(struct queue, 1);
  queue->path = g_strdup(path);
  int code = sqlite3_open_v2(path, &queue->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
  if (code != SQLITE_OK) {
    fail(queue, code, "open", error);
    return NULL;
  }
  sqlite3_busy_timeout(queue->db, 1000);
  g_autofree char *mark = g_strdup_printf("PRAGMA application_id = %d", QUEUE_APPLICATION_ID);
  if (!execute(queue, "PRAGMA locking_mode = EXCLUSIVE", error) || !check_owner(queue, error) ||
      !execute(queue, "PRAGMA journal_mode = WAL", error) ||
      !execute(queue, "PRAGMA synchronous = FULL", error) || !execute(queue, mark, error) ||
      !execute(queue, schema, error) || !prepare(queue, error) ||
      !read_integer(queue, "SELECT max(receipt) FROM message", &queue->last_receipt, error)) {
    return NULL;
  }
  return g_steal_pointer(&queue);
}

void queue_close(struct queue *queue)
{
  if (!queue) {
    return;
  }
  for (size_t i = 0; i < N_STATEMENTS; i++) {
    sqlite3_finalize(queue->statements[i]);
  }
  sqlite3_close(queue->db);
  g_free(queue->path);
  g_free(queue);
}

void queue_message_clear(struct queue_message *message)
{
  g_clear_pointer(&message->body, g_bytes_unref);
  g_clear_pointer(&message->trace, g_free);
}

static sqlite3_stmt *begin_with(struct queue *queue, enum statement which)
{
  sqlite3_stmt *statement = queue->statements[which];
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  return statement;
}

/* Runs a statement that gives no rows. */
static bool finish(struct queue *queue, sqlite3_stmt *statement, GError **error)
{
  int code = sqlite3_step(statement);
  sqlite3_reset(statement);
  return code == SQLITE_DONE || fail(queue, code, "write", error);
}

bool queue_begin(struct queue *queue, GError **error)
{
  return finish(queue, begin_with(queue, BEGIN), error);
}

bool queue_commit(struct queue *queue, GError **error)
{
  if (finish(queue, begin_with(queue, COMMIT), error)) {
    return true;
  }
  finish(queue, begin_with(queue, ROLLBACK), NULL);
  return false;
}

bool queue_send(struct queue *queue, const char *name, const void *body, size_t n_body,
                const char *trace, int64_t now_ms, int64_t visible_ms, int64_t *id, GError **error)
{
  sqlite3_stmt *statement = begin_with(queue, SEND);
  sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
  sqlite3_bind_blob64(statement, 2, n_body > 0 ? body : "", n_body, SQLITE_STATIC);
  sqlite3_bind_text(statement, 3, trace, -1, SQLITE_STATIC);
  sqlite3_bind_int64(statement, 4, now_ms);
  sqlite3_bind_int64(statement, 5, visible_ms);
  if (!finish(queue, statement, error)) {
    return false;
  }
  *id = sqlite3_last_insert_rowid(queue->db);
  return true;
}

/* The columns id, body, trace, sent_ms, n_deliveries. */
static void read_message(sqlite3_stmt *statement, struct queue_message *message)
{
  const void *body = sqlite3_column_blob(statement, 1);
  *message = (struct queue_message){
      .id = sqlite3_column_int64(statement, 0),
      .body = g_bytes_new(body ? body : "", (gsize)sqlite3_column_bytes(statement, 1)),
      .trace = g_strdup((const char *)sqlite3_column_text(statement, 2)),
      .sent_ms = sqlite3_column_int64(statement, 3),
      .n_deliveries = (unsigned)sqlite3_column_int64(statement, 4),
  };
}

static bool bury(struct queue *queue, int64_t id, GError **error)
{
  sqlite3_stmt *statement = begin_with(queue, BURY);
  sqlite3_bind_int64(statement, 1, id);
  return finish(queue, statement, error);
}

enum queue_result queue_receive(struct queue *queue, const char *name, int64_t now_ms,
                                int64_t until_ms, unsigned max_deliveries,
                                struct queue_message *message, GError **error)
{
  for (;;) {
    sqlite3_stmt *statement = begin_with(queue, NEXT);
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, now_ms);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
      read_message(statement, message);
    }
    sqlite3_reset(statement);
    if (code == SQLITE_DONE) {
      return QUEUE_EMPTY;
    }
    if (code != SQLITE_ROW) {
      fail(queue, code, "read", error);
      return QUEUE_FAILED;
    }
    if (max_deliveries == 0 || message->n_deliveries < max_deliveries) {
      break;
    }
    bool is_good = bury(queue, message->id, error);
    queue_message_clear(message);
    if (!is_good) {
      return QUEUE_FAILED;
    }
  }
  message->receipt = ++queue->last_receipt;
  message->n_deliveries++;
  sqlite3_stmt *statement = begin_with(queue, TAKE);
  sqlite3_bind_int64(statement, 1, message->receipt);
  sqlite3_bind_int64(statement, 2, until_ms);
  sqlite3_bind_int64(statement, 3, message->id);
  if (!finish(queue, statement, error)) {
    queue_message_clear(message);
    return QUEUE_FAILED;
  }
  return QUEUE_GOT;
}

bool queue_delete(struct queue *queue, int64_t id, int64_t receipt, bool *is_deleted,
                  GError **error)
{
  sqlite3_stmt *statement = begin_with(queue, DELETE);
  sqlite3_bind_int64(statement, 1, id);
  sqlite3_bind_int64(statement, 2, receipt);
  if (!finish(queue, statement, error)) {
    return false;
  }
  *is_deleted = sqlite3_changes(queue->db) > 0;
  return true;
}

bool queue_release(struct queue *queue, int64_t id, int64_t receipt, int64_t visible_ms,
                   const char *why, GError **error)
{
  sqlite3_stmt *statement = begin_with(queue, RELEASE);
  sqlite3_bind_int64(statement, 1, visible_ms);
  sqlite3_bind_text(statement, 2, why, -1, SQLITE_STATIC);
  sqlite3_bind_int64(statement, 3, id);
  sqlite3_bind_int64(statement, 4, receipt);
  return finish(queue, statement, error);
}

bool queue_figures(struct queue *queue, const char *name, int64_t now_ms,
                   struct queue_figures *figures, GError **error)
{
  sqlite3_stmt *statement = begin_with(queue, FIGURES);
  sqlite3_bind_int64(statement, 1, now_ms);
  sqlite3_bind_text(statement, 2, name, -1, SQLITE_STATIC);
  *figures = (struct queue_figures){0, 0, 0, 0};
  int code;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    int64_t n = sqlite3_column_int64(statement, 2);
    if (sqlite3_column_int(statement, 0)) {
      figures->n_dead += n;
    } else if (sqlite3_column_int(statement, 1)) {
      figures->n_visible += n;
    } else {
      figures->n_out += n;
      figures->next_ms = sqlite3_column_int64(statement, 3);
    }
  }
  sqlite3_reset(statement);
  return code == SQLITE_DONE || fail(queue, code, "read", error);
}

bool queue_dead(struct queue *queue, const char *name, unsigned limit,
                void (*visit)(const struct queue_message *message, const char *why, void *data),
                void *data, GError **error)
{
  sqlite3_stmt *statement = begin_with(queue, DEAD);
  sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
  sqlite3_bind_int64(statement, 2, limit);
  int code;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    struct queue_message message;
    read_message(statement, &message);
    visit(&message, (const char *)sqlite3_column_text(statement, 5), data);
    queue_message_clear(&message);
  }
  sqlite3_reset(statement);
  return code == SQLITE_DONE || fail(queue, code, "read", error);
}

bool queue_redrive(struct queue *queue, const char *name, int64_t now_ms, int64_t *n_moved,
                   GError **error)
{
  sqlite3_stmt *statement = begin_with(queue, REDRIVE);
  sqlite3_bind_int64(statement, 1, now_ms);
  sqlite3_bind_text(statement, 2, name, -1, SQLITE_STATIC);
  if (!finish(queue, statement, error)) {
    return false;
  }
  *n_moved = sqlite3_changes(queue->db);
  return true;
}

/* *HAS: KEY is marked, with VERSION when that is not NULL. */
static bool is_marked(struct queue *queue, const char *name, const char *key, const char *version,
                      bool *has, GError **error)
{
  sqlite3_stmt *statement = begin_with(queue, MARKED);
  sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
  sqlite3_bind_text(statement, 2, key, -1, SQLITE_STATIC);
  int code = sqlite3_step(statement);
  *has = code == SQLITE_ROW &&
         (!version || strcmp((const char *)sqlite3_column_text(statement, 0), version) == 0);
  sqlite3_reset(statement);
  return code == SQLITE_ROW || code == SQLITE_DONE || fail(queue, code, "read", error);
}

bool queue_mark(struct queue *queue, const char *name, const char *key, const char *version,
                int64_t round, bool *is_new, GError **error)
{
  bool has = false;
  if (!is_marked(queue, name, key, version, &has, error)) {
    return false;
  }
  *is_new = !has;
  sqlite3_stmt *statement = begin_with(queue, MARK);
  sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
  sqlite3_bind_text(statement, 2, key, -1, SQLITE_STATIC);
  sqlite3_bind_text(statement, 3, version, -1, SQLITE_STATIC);
  sqlite3_bind_int64(statement, 4, round);
  return finish(queue, statement, error);
}

bool queue_end_round(struct queue *queue, const char *name, int64_t round, bool *is_first,
                     GError **error)
{
  if (!queue_mark(queue, name, "", "", round, is_first, error)) {
    return false;
  }
  sqlite3_stmt *statement = begin_with(queue, FORGET);
  sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
  sqlite3_bind_int64(statement, 2, round);
  return finish(queue, statement, error);
}

bool queue_has_looked(struct queue *queue, const char *name, bool *has_looked, GError **error)
{
  return is_marked(queue, name, "", NULL, has_looked, error);
}
