/* The durable queue: visibility, redelivery, receipts, dead letters, owners, survival of kills. */
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/queue.h"
#include "store/store.h"

struct place {
  char *folder;
  char *path;
};

static void place_set_up(struct place *place, gconstpointer data)
{
  (void)data;
  place->folder = g_dir_make_tmp("cleave-queue-XXXXXX", NULL);
  place->path = g_build_filename(place->folder, "queues.db", NULL);
}

static void place_tear_down(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GDir) folder = g_dir_open(place->folder, 0, NULL);
  const char *name;
  while ((name = g_dir_read_name(folder))) {
    g_autofree char *path = g_build_filename(place->folder, name, NULL);
    g_remove(path);
  }
  g_rmdir(place->folder);
  g_free(place->path);
  g_free(place->folder);
}

static struct queue *open_at(const struct place *place)
{
  g_autoptr(GError) error = NULL;
  struct queue *queue = queue_open(place->path, &error);
  g_assert_no_error(error);
  return queue;
}

static int64_t send(struct queue *queue, const char *name, const char *body, int64_t now)
{
  g_autoptr(GError) error = NULL;
  int64_t id = 0;
  g_assert_true(queue_send(queue, name, body, strlen(body), "trace", now, now, &id, &error));
  return id;
}

/* The body of the next message, or "-" when there is none; *MESSAGE keeps id and receipt. */
static char *receive(struct queue *queue, const char *name, int64_t now, unsigned max,
                     struct queue_message *message)
{
  g_autoptr(GError) error = NULL;
  enum queue_result result = queue_receive(queue, name, now, now + 100, max, message, &error);
  g_assert_no_error(error);
  if (result == QUEUE_EMPTY) {
    return g_strdup("-");
  }
  gsize n = 0;
  const char *body = g_bytes_get_data(message->body, &n);
  char *text = g_strndup(body ? body : "", n);
  g_assert_cmpstr(message->trace, ==, "trace");
  queue_message_clear(message);
  return text;
}

static void expect(struct queue *queue, const char *name, int64_t now, const char *body,
                   struct queue_message *message)
{
  g_autofree char *text = receive(queue, name, now, 3, message);
  g_assert_cmpstr(text, ==, body);
}

static bool delete (struct queue *queue, const struct queue_message *message)
{
  g_autoptr(GError) error = NULL;
  bool is_deleted = false;
  g_assert_true(queue_delete(queue, message->id, message->receipt, &is_deleted, &error));
  return is_deleted;
}

static void test_order_and_visibility(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(queue_owner) queue = open_at(place);
  struct queue_message one;
  struct queue_message two;
  struct queue_message again;
  expect(queue, "mail", 10, "-", &one);
  send(queue, "mail", "first", 10);
  send(queue, "mail", "", 11);
  send(queue, "other", "else", 9);
  expect(queue, "mail", 20, "first", &one);
  g_assert_cmpuint(one.n_deliveries, ==, 1);
  g_assert_cmpint(one.sent_ms, ==, 10);
  expect(queue, "mail", 20, "", &two);
  expect(queue, "mail", 20, "-", &again);
  expect(queue, "mail", 119, "-", &again);
  expect(queue, "mail", 120, "first", &again); /* its time is over: it comes again */
  g_assert_cmpuint(again.n_deliveries, ==, 2);
  g_assert_false(delete (queue, &one)); /* the receipt of the first delivery is stale */
  g_assert_true(delete (queue, &again));
  g_assert_false(delete (queue, &again));
  g_assert_true(delete (queue, &two));
  expect(queue, "mail", 1000, "-", &again);
  expect(queue, "other", 1000, "else", &again);
}

static void count(const struct queue_message *message, const char *why, void *data)
{
  (void)message;
  g_assert_cmpstr(why, ==, "no luck");
  ++*(unsigned *)data;
}

static void test_dead_letters(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GError) error = NULL;
  g_autoptr(queue_owner) queue = open_at(place);
  struct queue_message message;
  struct queue_figures figures;
  send(queue, "mail", "poison", 0);
  for (int64_t now = 0; now < 3; now++) {
    expect(queue, "mail", now, "poison", &message);
    g_assert_true(queue_release(queue, message.id, message.receipt, now + 1, "no luck", &error));
  }
  send(queue, "mail", "good", 3);
  expect(queue, "mail", 3, "good", &message);
  g_assert_true(queue_figures(queue, "mail", 3, &figures, &error));
  g_assert_cmpint(figures.n_dead, ==, 1);
  g_assert_cmpint(figures.n_out, ==, 1);
  g_assert_cmpint(figures.next_ms, ==, 103);
  g_assert_cmpint(figures.n_visible, ==, 0);
  unsigned n = 0;
  g_assert_true(queue_dead(queue, "mail", 10, count, &n, &error));
  g_assert_cmpuint(n, ==, 1);
  int64_t n_moved = 0;
  g_assert_true(queue_redrive(queue, "mail", 5, &n_moved, &error));
  g_assert_cmpint(n_moved, ==, 1);
  expect(queue, "mail", 5, "poison", &message);
  g_assert_cmpuint(message.n_deliveries, ==, 1);
}

static void test_owner(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GError) error = NULL;
  struct queue_message message;
  struct queue *queue = open_at(place);
  send(queue, "mail", "kept", 0);
  expect(queue, "mail", 0, "kept", &message);
  g_assert_null(queue_open(place->path, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_BUSY);
  g_clear_error(&error);
  queue_close(queue);
  queue = open_at(place); /* what was out comes at once: its owner is gone */
  expect(queue, "mail", 1, "kept", &message);
  g_assert_cmpuint(message.n_deliveries, ==, 2);
  queue_close(queue);
  g_assert_true(
      g_file_set_contents(place->path, "this is no database at all, is it? no", -1, NULL));
  g_assert_null(queue_open(place->path, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_NOT_OURS);
  g_clear_error(&error);
  g_remove(place->path);
  sqlite3 *db = NULL;
  g_assert_cmpint(sqlite3_open(place->path, &db), ==, SQLITE_OK);
  g_assert_cmpint(sqlite3_exec(db, "CREATE TABLE theirs (a)", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close(db);
  g_assert_null(queue_open(place->path, &error));
  g_assert_error(error, STORE_ERROR, STORE_ERROR_NOT_OURS);
}

static void test_batch(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(GError) error = NULL;
  struct queue *queue = open_at(place);
  struct queue_message message;
  g_assert_true(queue_begin(queue, &error));
  send(queue, "mail", "lost", 0);
  queue_close(queue);
  queue = open_at(place);
  expect(queue, "mail", 0, "-", &message);
  g_assert_true(queue_begin(queue, &error));
  send(queue, "mail", "kept", 0);
  g_assert_true(queue_commit(queue, &error));
  queue_close(queue);
  queue = open_at(place);
  expect(queue, "mail", 0, "kept", &message);
  queue_close(queue);
}

/* Sends until it is killed; a byte in the pipe acknowledges each message. */
static void send_for_ever(const struct place *place, int descriptor)
{
  struct queue *queue = queue_open(place->path, NULL);
  for (int64_t id = 0; queue;) {
    char byte = 1;
    if (!queue_send(queue, "q", "x", 1, "trace", 0, 0, &id, NULL) ||
        write(descriptor, &byte, 1) != 1) {
      break;
    }
  }
  _exit(1);
}

/* Kills a sender at any moment, many times: everything acknowledged is there, and at most one
 * message more per kill. */
static void test_kills(struct place *place, gconstpointer data)
{
  (void)data;
  enum { N_KILLS = 20 };
  int64_t n_acknowledged = 0;
  GRand *chance = g_rand_new_with_seed(7);
  for (int i = 0; i < N_KILLS; i++) {
    int ends[2];
    g_assert_cmpint(pipe(ends), ==, 0);
    pid_t pid = fork();
    if (pid == 0) {
      close(ends[0]);
      send_for_ever(place, ends[1]);
    }
    close(ends[1]);
    g_usleep((gulong)g_rand_int_range(chance, 2000, 40000));
    kill(pid, SIGKILL);
    char bytes[4096];
    ssize_t n;
    while ((n = read(ends[0], bytes, sizeof bytes)) > 0) {
      n_acknowledged += n;
    }
    close(ends[0]);
    waitpid(pid, NULL, 0);
  }
  g_rand_free(chance);
  g_autoptr(GError) error = NULL;
  g_autoptr(queue_owner) queue = open_at(place);
  struct queue_figures figures;
  g_assert_true(queue_figures(queue, "q", 1, &figures, &error));
  g_test_message("%d acknowledged, %d kept", (int)n_acknowledged, (int)figures.n_visible);
  g_assert_cmpint(n_acknowledged, >, 0);
  g_assert_cmpint(figures.n_visible, >=, n_acknowledged);
  g_assert_cmpint(figures.n_visible, <=, n_acknowledged + N_KILLS);
}

/* One look at a bucket: KEYS as "key=version", NULL-terminated; adds what is new to FOUND. */
static bool look(struct queue *queue, int64_t round, const char *const *keys, GString *found)
{
  bool is_first = false;
  for (size_t i = 0; keys[i]; i++) {
    g_auto(GStrv) parts = g_strsplit(keys[i], "=", 2);
    bool is_new = false;
    g_assert_true(queue_mark(queue, "b", parts[0], parts[1], round, &is_new, NULL));
    g_string_append_printf(found, "%s%s ", is_new ? "+" : "", parts[0]);
  }
  g_assert_true(queue_end_round(queue, "b", round, &is_first, NULL));
  return is_first;
}

/* What was seen stays seen over a restart; what is gone and comes back, or changes, is new. */
static void test_marks(struct place *place, gconstpointer data)
{
  (void)data;
  g_autoptr(queue_owner) queue = open_at(place);
  g_autoptr(GString) found = g_string_new(NULL);
  bool has_looked = true;
  g_assert_true(queue_has_looked(queue, "b", &has_looked, NULL));
  g_assert_false(has_looked);
  g_assert_true(look(queue, 1, (const char *const[]){"x=1", "y=1", NULL}, found));
  g_assert_false(look(queue, 2, (const char *const[]){"x=1", "y=2", "z=1", NULL}, found));
  g_clear_pointer(&queue, queue_close);
  queue = open_at(place);
  g_assert_true(queue_has_looked(queue, "b", &has_looked, NULL));
  g_assert_true(has_looked);
  g_assert_true(queue_has_looked(queue, "other", &has_looked, NULL));
  g_assert_false(has_looked);
  g_assert_false(look(queue, 3, (const char *const[]){"y=2", NULL}, found));
  g_assert_false(look(queue, 4, (const char *const[]){"x=1", "y=2", NULL}, found));
  g_assert_cmpstr(found->str, ==, "+x +y x +y +z y +x y ");
  /* Marks of a round that was not committed were never made. */
  g_assert_true(queue_begin(queue, NULL));
  g_assert_false(look(queue, 5, (const char *const[]){"w=1", NULL}, found));
  g_clear_pointer(&queue, queue_close);
  queue = open_at(place);
  g_string_truncate(found, 0);
  g_assert_false(look(queue, 6, (const char *const[]){"w=1", "x=1", NULL}, found));
  g_assert_cmpstr(found->str, ==, "+w x ");
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  static const struct {
    const char *path;
    void (*test)(struct place *, gconstpointer);
  } tests[] = {
      {"/queue/order_and_visibility", test_order_and_visibility},
      {"/queue/dead_letters", test_dead_letters},
      {"/queue/owner", test_owner},
      {"/queue/batch", test_batch},
      {"/queue/kills", test_kills},
      {"/queue/marks", test_marks},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
    g_test_add(tests[i].path, struct place, NULL, place_set_up, tests[i].test, place_tear_down);
  }
  return g_test_run();
}
