/* Every reason for which a function is not ready, on a store with one entry and what it calls. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "hand_made.h"
#include "splitter/split.h"
#include "store/facts.h"
#include "store/plan.h"

struct expectation {
  const char *effects[3][2]; /* effect and the outside routine that has it; the first is judged */
  const char *readiness;
  const char *words;
};

static const struct expectation expectations[] = {
    {{{"signal", "sigaction"}}, "blocked", "process-wide signal handlers"},
    {{{"signal", "setitimer"}}, "blocked", "timer of the process"},
    {{{"signal", "raise"}}, "ready", ""},
    {{{"thread", "pthread_create"}}, "blocked", "a thread that outlives the call"},
    {{{"thread", "pthread_create"}, {"thread", "pthread_join"}}, "ready", "waits for them"},
    {{{"socket", "listen"}}, "blocked", "listens on a socket"},
    {{{"socket", "accept4"}}, "blocked", "listens on a socket"},
    {{{"socket", "recv"}}, "blocked", "a protocol of its own"},
    {{{"socket", "recv"}, {"socket", "connect"}}, "ready", ""},
    {{{"shared-memory", "shmget"}}, "blocked", "shares memory"},
    {{{"shared-memory", "mmap"}}, "blocked", "shares memory"},
    {{{"event-loop", "epoll_wait"}}, "blocked", "an event loop of its own"},
    {{{"event-loop", "poll"}}, "ready", ""},
    {{{"database", "sqlite3_step"}}, "blocked", "a database on the local disk"},
    {{{"database", "sqlite3_step"}, {"database", "PQexec"}}, "ready", "configure the server"},
    {{{"database", "PQexec"}}, "ready", ""},
    {{{"process", "posix_spawn"}}, "adapt", "starts another process"},
    {{{"file", "fwrite"}}, "adapt", "writes the local disk"},
    {{{"file", "fread"}}, "ready", ""},
    {{{"queue", "mq_send"}}, "adapt", "a queue of the kernel"},
    {{{"file-watch", "inotify_add_watch"}}, "adapt", "watches files"},
    {{{"exit", "exit"}}, "adapt", "ends the process"},
    {{{"exit", "abort"}}, "ready", ""},
};

static struct store *new_store(const char *path)
{
  g_autoptr(GError) error = NULL;
  g_unlink(path);
  struct store *store = store_open(path, STORE_CREATE, &error);
  g_assert_no_error(error);
  must(store_begin(store, &error), error); /* committed before the split: one sync per store */
  add_routine(store, "handle", "handle.c", 1);
  add_routine(store, "help", "handle.c", 20);
  add_call(store, "handle", "help", 3);
  add_entry(store, "handle", "http", "GET /", "routes");
  return store;
}

static void add_effect(struct store *store, const char *effect, const char *via, int64_t line)
{
  g_autoptr(GError) error = NULL;
  struct fact_effect fact = {.routine = routine_id("help"),
                             .effect = effect,
                             .via = via,
                             .rule = "test",
                             .file = "handle.c",
                             .line = line};
  must(store_insert(store, &fact_effect_table, &fact, &error), error);
}

static void split_committed(struct store *store)
{
  g_autoptr(GError) error = NULL;
  struct split_options options = {.is_fresh = true};
  struct split_result result = {0};
  must(store_commit(store, &error), error);
  must(split_run(store, &options, &result, &error), error);
  split_result_clear(&result);
}

/* Splits and compares the one function; the reason has to name line 21 of handle.c or LINE of x.c.
 */
static void assert_function(struct store *store, const char *readiness, const char *words,
                            const char *file, int64_t line)
{
  g_autoptr(GError) error = NULL;
  split_committed(store);
  g_autoptr(record_set) functions = store_load(store, &plan_function_table, "name", &error);
  g_assert_cmpuint(functions->n, ==, 1);
  const struct plan_function *function = record_at(functions, plan_function, 0);
  g_assert_cmpstr(function->readiness, ==, readiness);
  if (words[0] != '\0') {
    g_test_message("%s", function->reason);
    g_assert_nonnull(strstr(function->reason, words));
    g_assert_cmpstr(function->file, ==, file);
    g_assert_cmpint(function->line, ==, line);
  }
}

static void test_effects(void)
{
  g_autofree char *path = scratch_path("readiness.db");
  for (gsize i = 0; i < G_N_ELEMENTS(expectations); i++) {
    const struct expectation *expected = &expectations[i];
    g_autoptr(store_t) store = new_store(path);
    for (guint j = 0; j < 3 && expected->effects[j][0] != NULL; j++) {
      add_effect(store, expected->effects[j][0], expected->effects[j][1], 21 + (int64_t)j);
    }
    g_test_message("%s by %s", expected->effects[0][0], expected->effects[0][1]);
    assert_function(store, expected->readiness, expected->words, "handle.c", 21);
  }
  g_unlink(path);
}

/* A program that answers one request and ends meets nobody else's leftovers: what only the process
 * keeps is no obstacle, what lies outside is. */
static void test_cgi(void)
{
  static const struct {
    const char *effect, *via, *readiness;
  } cases[] = {
      {"signal", "sigaction", "ready"},
      {"signal", "alarm", "ready"},
      {"exit", "exit", "ready"},
      {"thread", "pthread_create", "ready"},
      {"file", "fwrite", "adapt"},
      {"process", "fork", "adapt"},
      {"socket", "listen", "blocked"},
      {"shared-memory", "shmget", "blocked"},
      {"database", "sqlite3_step", "blocked"},
  };
  g_autofree char *path = scratch_path("cgi.db");
  for (gsize i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    bool stays = i % 2 == 1; /* as one that accepts FastCGI requests does */
    g_unlink(path);
    g_autoptr(store_t) store = store_open(path, STORE_CREATE, &error);
    g_assert_no_error(error);
    must(store_begin(store, &error), error);
    add_routine(store, "main", "handle.c", 1);
    add_routine(store, "help", "handle.c", 20);
    add_call(store, "main", "help", 3);
    add_rule_entry(store, "main", "http", "*", "main", stays ? "fastcgi-loop" : "cgi-main");
    add_state(store, "kept", "static", "handle.c");
    add_access(store, "help", "kept", "write", "assign", 30);
    add_access(store, "help", "kept", "read", "", 31);
    add_effect(store, cases[i / 2].effect, cases[i / 2].via, 21);
    g_test_message("%s by %s, %s", cases[i / 2].effect, cases[i / 2].via,
                   stays ? "staying" : "ending");
    split_committed(store);
    g_autoptr(record_set) functions = store_load(store, &plan_function_table, "name", &error);
    g_assert_cmpuint(functions->n, ==, 1);
    const struct plan_function *function = record_at(functions, plan_function, 0);
    if (stays)
      g_assert_cmpstr(function->readiness, !=, "ready");
    else
      g_assert_cmpstr(function->readiness, ==, cases[i / 2].readiness);
  }
  g_unlink(path);
}

static void add_typed_state(struct store *store, const char *name, const char *type)
{
  g_autoptr(GError) error = NULL;
  struct fact_state state = {.id = store_id("state", name, NULL),
                             .name = name,
                             .storage = "static",
                             .file = "kept.c",
                             .class = "shared",
                             .type = type};
  must(store_insert(store, &fact_state_table, &state, &error), error);
}

/* State with a type, which help() writes and reads on line 30 of x.c. */
static void add_kept_state(struct store *store, const char *name, const char *storage,
                           const char *type)
{
  g_autoptr(GError) error = NULL;
  struct fact_state state = {.id = store_id("state", name, NULL),
                             .name = name,
                             .storage = storage,
                             .file = "handle.c",
                             .class = "shared",
                             .type = type};
  must(store_insert(store, &fact_state_table, &state, &error), error);
  add_access(store, "help", name, "write", "assign", 30);
  add_access(store, "help", name, "read", "", 31);
}

/* Every reason is kept, whatever comes behind it: here more obstacles than any list would be given
 * room for, and the note on what one function costs when it waits for the other. */
static void test_many_reasons(void)
{
  enum { N_STATES = 1200 };
  g_autofree char *path = scratch_path("many-reasons.db");
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = new_store(path);
  for (int i = 0; i < N_STATES; i++) {
    g_autofree char *name = g_strdup_printf("kept_%d", i);
    add_kept_state(store, name, "static", "int");
  }
  add_entry(store, "help", "http", "GET /help", "routes");
  split_committed(store);
  g_autoptr(record_set) reasons = store_load(store, &plan_reason_table, "item, rank", &error);
  g_assert_no_error(error);
  int64_t n = 0;
  int64_t n_notes = 0;
  for (size_t i = 0; i < reasons->n; i++) {
    const struct plan_reason *reason = record_at(reasons, plan_reason, i);
    if (strcmp(reason->kind, "function") == 0) {
      n++;
      n_notes += strcmp(reason->evidence, "fusion") == 0;
    }
  }
  g_assert_cmpint(n_notes, >, 0);
  g_assert_cmpint(n, >, N_STATES);
  g_unlink(path);
}

static void test_states(void)
{
  static const struct {
    const char *storage;
    const char *type;
    const char *readiness;
    const char *words;
  } cases[] = {
      {"static", "int", "adapt", "written state kept lives in the process"},
      {"static", "struct node *", "adapt", "written state kept lives in the process"},
      {"static", "void (*)(int)", "blocked", "keeps a pointer to a routine in kept"},
      {"static", "FILE *", "adapt", "keeps an open file in kept"},
      {"static", "pthread_t", "blocked", "keeps a thread in kept"},
      {"global", "struct opaque *", "adapt", "an object of a library (struct opaque)"},
      {"shm", "", "blocked", "shared memory kept"},
      {"file", "", "blocked", "data file kept on the local disk"},
      {"table", "", "ready", ""},
      {"thread", "int", "ready", ""},
  };
  g_autofree char *path = scratch_path("states.db");
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(store_t) store = new_store(path);
    struct fact_type node = {.id = store_id("type", "node", NULL),
                             .name = "node",
                             .kind = "struct",
                             .file = "handle.c",
                             .size = 16,
                             .underlying = ""};
    must(store_insert(store, &fact_type_table, &node, &error), error);
    add_kept_state(store, "kept", cases[i].storage, cases[i].type);
    g_test_message("%s of type '%s'", cases[i].storage, cases[i].type);
    assert_function(store, cases[i].readiness, cases[i].words, "x.c", 30);
  }
  g_unlink(path);
}

/* A pointer call without a known target may write whatever it likes. */
static void test_unresolved(void)
{
  g_autofree char *path = scratch_path("unresolved.db");
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = new_store(path);
  struct fact_site site = {.id = store_id("site", "hook", NULL),
                           .caller = routine_id("help"),
                           .file = "handle.c",
                           .line = 25,
                           .column = 3,
                           .expression = "hook"};
  must(store_insert(store, &fact_site_table, &site, &error), error);
  assert_function(store, "blocked", "calls hook, whose targets are not known", "handle.c", 25);
  g_unlink(path);
}

/* The role and reason of a state in the plan. */
static char *reason_of(struct store *store, const char *state)
{
  g_autoptr(GError) error = NULL;
  split_committed(store);
  g_autoptr(record_set) members = store_load(store, &plan_member_table, NULL, &error);
  for (size_t i = 0; i < members->n; i++) {
    const struct plan_member *member = record_at(members, plan_member, i);
    if (member->item == store_id("state", state, NULL) && strcmp(member->kind, "state") == 0) {
      return g_strdup_printf("%s: %s", member->role, member->reason);
    }
  }
  return g_strdup("nowhere");
}

/* handle() looks into 'kept', reads the table and fills it; flush() empties it; no name helps. */
static struct store *new_cache(const char *path, bool is_dropped, bool is_read_elsewhere)
{
  struct store *store = new_store(path);
  add_routine(store, "look_up", "kept.c", 1);
  add_routine(store, "fill", "kept.c", 10);
  add_routine(store, "flush", "kept.c", 20);
  add_routine(store, "list", "other.c", 1);
  add_typed_state(store, "kept", "struct node *[64]");
  add_state(store, "goods", "table", "");
  add_call(store, "handle", "look_up", 5);
  add_access(store, "handle", "goods", "read", "sql", 6);
  add_call(store, "handle", "fill", 7);
  add_access(store, "look_up", "kept", "read", "", 2);
  add_access(store, "fill", "kept", "write", "assign", 11);
  add_access(store, "list", is_read_elsewhere ? "kept" : "goods", "read", "", 2);
  add_access(store, is_dropped ? "flush" : "fill", "kept", "write", "assign", 21);
  add_entry(store, "list", "http", "GET /list", "routes");
  add_entry(store, "flush", "http", "POST /flush", "routes");
  return store;
}

static void test_caches(void)
{
  static const struct {
    bool is_dropped;
    bool is_read_elsewhere;
    bool is_cache;
  } cases[] = {{true, false, true}, {false, false, false}, {true, true, false}};
  g_autofree char *path = scratch_path("caches.db");
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(store_t) store = new_cache(path, cases[i].is_dropped, cases[i].is_read_elsewhere);
    g_autofree char *reason = reason_of(store, "kept");
    g_test_message("%s", reason);
    g_assert_true((strstr(reason, "a cache by its use") != NULL) == cases[i].is_cache);
  }
  g_unlink(path);
}

static bool has_reason(struct store *store, const char *words)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(record_set) reasons = store_load(store, &plan_reason_table, NULL, &error);
  for (size_t i = 0; i < reasons->n; i++) {
    if (strstr(record_at(reasons, plan_reason, i)->text, words) != NULL) {
      return true;
    }
  }
  return false;
}

/* Counters that something sets back stay counters; with two of them nothing shows a reset. */
static void test_resets(void)
{
  for (guint n_set_back = 2; n_set_back <= 3; n_set_back++) {
    g_autofree char *path = scratch_path("resets.db");
    g_autoptr(store_t) store = new_store(path);
    add_routine(store, "set_back", "handle.c", 40);
    add_entry(store, "set_back", "http", "POST /reset", "routes");
    for (guint i = 0; i < 3; i++) {
      g_autofree char *name = g_strdup_printf("tally_%u", i);
      add_state(store, name, "global", "handle.c");
      add_access(store, "help", name, "write", "add", 30 + i);
      if (i < n_set_back) {
        add_access(store, "set_back", name, "write", "assign", 41 + i);
      }
    }
    g_autofree char *reason = reason_of(store, "tally_0");
    g_assert_true(has_reason(store, "counter tally_0: every copy counts") == (n_set_back == 3));
    g_unlink(path);
  }
}

static void test_only_written(void)
{
  g_autofree char *path = scratch_path("written.db");
  g_autoptr(store_t) store = new_store(path);
  add_state(store, "trail", "static", "handle.c");
  add_state(store, "moves", "table", "");
  add_access(store, "help", "trail", "write", "assign", 30);
  add_access(store, "help", "moves", "write", "sql", 31);
  g_autofree char *trail = reason_of(store, "trail");
  g_autoptr(GError) error = NULL;
  must(store_begin(store, &error), error);
  g_autofree char *moves = reason_of(store, "moves");
  g_test_message("%s | %s", trail, moves);
  g_assert_nonnull(strstr(trail, "used by this service alone"));
  g_assert_nonnull(strstr(moves, "only appended to"));
  g_unlink(path);
}

/* A thread whose loop waits in two ways is one function, of the first kind, and has to be adapted.
 */
static void test_loops(void)
{
  g_autofree char *path = scratch_path("loops.db");
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = new_store(path);
  add_routine(store, "worker", "worker.c", 1);
  add_routine(store, "pause", "worker.c", 20);
  add_routine(store, "start", "worker.c", 40);
  add_call(store, "worker", "pause", 5);
  add_entry(store, "worker", "direct", "", "start");
  add_entry(store, "worker", "schedule", "", "pause");
  add_entry(store, "worker", "queue", "", "worker");
  split_committed(store);
  g_autoptr(record_set) functions = store_load(store, &plan_function_table, "name", &error);
  g_assert_cmpuint(functions->n, ==, 2);
  const struct plan_function *worker = record_at(functions, plan_function, 1);
  g_assert_cmpstr(worker->name, ==, "worker");
  g_assert_cmpstr(worker->trigger, !=, "direct");
  g_assert_cmpstr(worker->readiness, ==, "adapt");
  g_assert_nonnull(strstr(worker->reason, "takes its next work itself"));
  g_unlink(path);
}

/* A program of one file whose main hands a callback to a client library: the callback is a
 * function, though the file makes the process run. */
static void test_callbacks(void)
{
  g_autofree char *path = scratch_path("callbacks.db");
  g_autoptr(GError) error = NULL;
  g_autoptr(store_t) store = new_store(path);
  add_routine(store, "main", "client.c", 30);
  add_routine(store, "connected", "client.c", 10);
  add_routine(store, "on_message", "client.c", 20);
  add_call(store, "main", "connected", 31);
  add_entry(store, "main", "main", "client", "");
  add_entry(store, "on_message", "queue", "", "main");
  split_committed(store);
  g_autoptr(record_set) functions = store_load(store, &plan_function_table, "name", &error);
  g_assert_cmpuint(functions->n, ==, 2);
  const struct plan_function *consumer = record_at(functions, plan_function, 1);
  g_assert_cmpstr(consumer->name, ==, "on-message");
  g_assert_cmpstr(consumer->trigger, ==, "queue");
  g_assert_cmpstr(consumer->readiness, ==, "ready");
  g_unlink(path);
}

/* Code that did not parse is never ready; warnings are no errors, and other files are not its own.
 */
static void test_errors(void)
{
  static const struct {
    const char *file, *severity, *readiness;
  } cases[] = {{"handle.c", "error", "adapt"},
               {"handle.c", "fatal", "adapt"},
               {"handle.c", "warning", "ready"},
               {"other.c", "error", "ready"}};
  g_autofree char *path = scratch_path("errors.db");
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GError) error = NULL;
    g_autoptr(store_t) store = new_store(path);
    for (int64_t line = 40; line <= 41; line++) {
      struct fact_diagnostic fact = {.file = cases[i].file,
                                     .line = line,
                                     .column = 1,
                                     .severity = cases[i].severity,
                                     .message = "unknown type name 'x'"};
      must(store_insert(store, &fact_diagnostic_table, &fact, &error), error);
    }
    bool is_ready = strcmp(cases[i].readiness, "ready") == 0;
    assert_function(store, cases[i].readiness, is_ready ? "" : "handle.c does not parse",
                    "handle.c", 40);
  }
  g_unlink(path);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/readiness/effects", test_effects);
  g_test_add_func("/readiness/cgi", test_cgi);
  g_test_add_func("/readiness/many-reasons", test_many_reasons);
  g_test_add_func("/readiness/states", test_states);
  g_test_add_func("/readiness/unresolved", test_unresolved);
  g_test_add_func("/readiness/callbacks", test_callbacks);
  g_test_add_func("/readiness/errors", test_errors);
  g_test_add_func("/readiness/loops", test_loops);
  g_test_add_func("/readiness/caches", test_caches);
  g_test_add_func("/readiness/resets", test_resets);
  g_test_add_func("/readiness/only-written", test_only_written);
  return g_test_run();
}
