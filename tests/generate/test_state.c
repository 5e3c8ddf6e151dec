/* Externalised state: writers in processes of their own lose no update, with SQLite and with Redis.
 *
 * With the argument "redis" a server of its own is started on loopback; exit code 77 where there is
 * none. */
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "splitter/generate/template/cleave_state.h"

#define N_WRITERS 8
#define N_INCREMENTS 1000

static long visits;
static char last[32];

static int read_variables(struct cleave_marshal *marshal, const cleave_value *record)
{
  int64_t number = 0;
  if (cleave_read_signed(marshal, cleave_member(record, "visits"), 64, &number) != 0 ||
      cleave_read_text_array(marshal, cleave_member(record, "last"), last, sizeof last) != 0) {
    return -1;
  }
  visits = number;
  return 0;
}

static void write_variables(struct cleave_marshal *marshal, cleave_value *record)
{
  (void)marshal;
  cleave_put(record, "visits", cleave_write_signed(visits, 64));
  cleave_put(record, "last", cleave_write_string(last));
}

static struct cleave_state state = {"shop/visits", read_variables, write_variables, NULL};

static int count(const struct cleave_event *event, struct cleave_reply *reply,
                 struct cleave_error *error)
{
  (void)event, (void)reply, (void)error;
  visits++;
  g_snprintf(last, sizeof last, "by %d", (int)getpid());
  return 0;
}

static int look(const struct cleave_event *event, struct cleave_reply *reply,
                struct cleave_error *error)
{
  (void)event, (void)reply, (void)error;
  return 0;
}

static int give_up(const struct cleave_event *event, struct cleave_reply *reply,
                   struct cleave_error *error)
{
  (void)event, (void)reply;
  visits = 0;
  return cleave_error_set(error, 500, "Function.Failed", "on purpose");
}

static int write_many(void)
{
  struct cleave_error error = {0};
  for (int i = 0; i < N_INCREMENTS; i++) {
    if (cleave_state_invoke(&state, count, NULL, NULL, &error) != 0) {
      fprintf(stderr, "%s: %s\n", error.type, error.message);
      return 1;
    }
  }
  return 0;
}

static void test_writers(void)
{
  pid_t writers[N_WRITERS];
  for (int i = 0; i < N_WRITERS; i++) {
    writers[i] = fork();
    if (writers[i] == 0) {
      _exit(write_many());
    }
  }
  for (int i = 0; i < N_WRITERS; i++) {
    int status = 0;
    g_assert_cmpint(waitpid(writers[i], &status, 0), ==, writers[i]);
    g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  struct cleave_error error = {0};
  visits = -1;
  g_assert_cmpint(cleave_state_invoke(&state, look, NULL, NULL, &error), ==, 0);
  g_assert_cmpint(visits, ==, N_WRITERS * N_INCREMENTS);
  g_assert_true(g_str_has_prefix(last, "by "));
}

/* Nothing of an invocation that fails is stored. */
static void test_failure(void)
{
  struct cleave_error error = {0};
  g_assert_cmpint(cleave_state_invoke(&state, count, NULL, NULL, &error), ==, 0);
  long before = visits;
  g_assert_cmpint(cleave_state_invoke(&state, give_up, NULL, NULL, &error), ==, -1);
  g_assert_cmpint(cleave_state_invoke(&state, look, NULL, NULL, &error), ==, 0);
  g_assert_cmpint(visits, ==, before);
}

/* What others keep in the record stays; what does not fit the variables is refused. */
static void test_record(void)
{
  struct cleave_error error = {0};
  struct cleave_store store = {0};
  char *text = NULL;
  int64_t version = 0;
  const char *address = g_getenv("CLEAVE_STATE");
  bool is_redis = g_str_has_prefix(address, "redis://");
  g_assert_cmpint(is_redis ? cleave_store_open_redis(&store, address + 8, &error)
                           : cleave_store_open_sqlite(&store, address + 7, &error),
                  ==, 0);
  g_assert_cmpint(store.load(store.self, "nothing", &text, &version, &error), ==, 0);
  g_assert_null(text);
  g_assert_cmpint(version, ==, 0);
  g_assert_cmpint(store.load(store.self, "shop/visits", &text, &version, &error), ==, 0);
  free(text);
  const char *mine = "{\"other\":[1],\"visits\":\"41\",\"last\":\"x\"}";
  g_assert_cmpint(store.swap(store.self, "shop/visits", version - 1, mine, &error), ==, 1);
  g_assert_cmpint(store.swap(store.self, "shop/visits", version, mine, &error), ==, 0);
  g_assert_cmpint(store.swap(store.self, "shop/visits", version, mine, &error), ==, 1);
  g_assert_cmpint(store.swap(store.self, "shop/visits", 0, mine, &error), ==, 1);
  g_assert_cmpint(cleave_state_invoke(&state, count, NULL, NULL, &error), ==, 0);
  g_assert_cmpint(visits, ==, 42);
  g_assert_cmpint(store.load(store.self, "shop/visits", &text, &version, &error), ==, 0);
  g_assert_nonnull(strstr(text, "\"other\":[1]"));
  free(text);
  const char *const wrong[] = {"{\"visits\":\"much\",\"last\":\"\"}", "[]", "{", ""};
  for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
    g_assert_cmpint(store.load(store.self, "shop/visits", &text, &version, &error), ==, 0);
    free(text);
    g_assert_cmpint(store.swap(store.self, "shop/visits", version, wrong[i], &error), ==, 0);
    g_assert_cmpint(cleave_state_invoke(&state, count, NULL, NULL, &error), ==, -1);
    g_assert_cmpint(error.status, !=, 400);
  }
  store.close(store.self);
}

/* A server without a file, on a port of its own; 0 when there is none. */
static GPid start_redis(const char *folder)
{
  g_autofree char *program = g_find_program_in_path("redis-server");
  g_autofree char *port = g_strdup_printf("%d", 10000 + (int)getpid() % 20000);
  const char *const arguments[] = {program, "--port", port,   "--bind",       "127.0.0.1", "--save",
                                   "",      "--dir",  folder, "--appendonly", "no",        NULL};
  GPid server = 0;
  if (!program || !g_spawn_async(folder, (char **)arguments, NULL,
                                 G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                 &server, NULL)) {
    return 0;
  }
  g_autofree char *address = g_strdup_printf("redis://127.0.0.1:%s", port);
  g_setenv("CLEAVE_STATE", address, TRUE);
  for (int i = 0; i < 500; i++) {
    struct cleave_store store = {0};
    if (cleave_store_open_redis(&store, address + 8, NULL) == 0) {
      store.close(store.self);
      return server;
    }
    g_usleep(20000);
  }
  return server;
}

int main(int argc, char **argv)
{
  bool wants_redis = argc > 1 && strcmp(argv[argc - 1], "redis") == 0;
  argc -= wants_redis;
  g_test_init(&argc, &argv, NULL);
  g_autofree char *folder = g_dir_make_tmp("cleave-state-XXXXXX", NULL);
  g_autofree char *address = g_strdup_printf("sqlite:%s/state.db", folder);
  GPid server = 0;
  g_setenv("CLEAVE_STATE", address, TRUE);
  if (wants_redis && (server = start_redis(folder)) == 0) {
    printf("SKIP: redis-server: not found\n");
    return 77;
  }
  g_test_add_func("/state/writers", test_writers);
  g_test_add_func("/state/failure", test_failure);
  g_test_add_func("/state/record", test_record);
  int code = g_test_run();
  if (server) {
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
  }
  const char *const names[] = {"state.db", "state.db-wal", "state.db-shm"};
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *path = g_build_filename(folder, names[i], NULL);
    g_remove(path);
  }
  g_rmdir(folder);
  return code;
}
