/* The driver for the hosted shop: postgres://user@host/name. */
#include "shop.h"

#include <libpq-fe.h>

/* "NOTICE: relation already exists" at every start-up helps nobody. */
static void postgres_notice(void *context UNUSED, const PGresult *result UNUSED) {}

static int postgres_open(struct db *db, const char *url) {
  PGconn *connection = PQconnectdb(url);
  db->handle = connection;
  if (PQstatus(connection) != CONNECTION_OK) {
    str_set(db->error, PQerrorMessage(connection));
    return -1;
  }
  PQsetNoticeReceiver(connection, postgres_notice, NULL);
  return 0;
}

static void postgres_close(struct db *db) {
  if (db->handle) PQfinish(db->handle);
}

static long postgres_rows(PGresult *result, db_row_fn row, void *context) {
  const char *values[32];
  int n_rows = PQntuples(result);
  int n_columns = PQnfields(result);
  if (n_columns > 32) n_columns = 32;
  for (int i = 0; row && i < n_rows; i++) {
    for (int j = 0; j < n_columns; j++) values[j] = PQgetvalue(result, i, j);
    if (row(context, values) != 0) break;
  }
  return n_rows;
}

static long postgres_run(struct db *db, const char *sql, const char *types, const char *const *args, db_row_fn row,
                         void *context) {
  PGconn *connection = db->handle;
  if (PQstatus(connection) != CONNECTION_OK && db->depth == 0) PQreset(connection);
  PGresult *result = PQexecParams(connection, sql, (int)strlen(types), NULL, args, NULL, NULL, 0);
  long n = -1;
  switch (PQresultStatus(result)) {
  case PGRES_TUPLES_OK: n = postgres_rows(result, row, context); break;
  case PGRES_COMMAND_OK: n = strtol(PQcmdTuples(result), NULL, 10); break;
  default: str_set(db->error, PQerrorMessage(connection)); *strchrnul(db->error, '\n') = '\0';
  }
  PQclear(result);
  return n;
}

const struct db_driver db_postgres_driver = {
    .scheme = "postgres",
    .id_column = "BIGSERIAL PRIMARY KEY",
    .begin = "BEGIN",
    .open = postgres_open,
    .close = postgres_close,
    .run = postgres_run,
};
