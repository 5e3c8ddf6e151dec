#include "analyzer/workers.h"

#include "analyzer/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

G_DEFINE_QUARK(cleave - workers - error, workers_error)

enum { ANSWER_LIMIT = 1024 * 1024 * 1024, NO_UNIT = -1, POLL_MILLISECONDS = 100 };

struct worker {
  pid_t pid;
  int to;      /* requests */
  int from;    /* answers */
  gint64 unit; /* number in compilations, or NO_UNIT */
  gint64 started;
  bool has_timed_out;
  GByteArray *answer;
};

struct pool {
  struct work work;
  workers_take *take;
  workers_progress *progress;
  void *context;
  struct worker *workers;
  unsigned n_workers;
  GArray *retries; /* guint */
  bool is_retrying;
  guint n_done;
};

static bool start_worker(struct pool *pool, struct worker *worker, GError **error)
{
  int request[2];
  int answer[2];
  if (pipe2(request, O_CLOEXEC) != 0) {
    g_set_error(error, WORKERS_ERROR, 0, "cannot start a worker: %s", g_strerror(errno));
    return false;
  }
  if (pipe2(answer, O_CLOEXEC) != 0) {
    close(request[0]);
    close(request[1]);
    g_set_error(error, WORKERS_ERROR, 0, "cannot start a worker: %s", g_strerror(errno));
    return false;
  }
  pid_t pid = fork();
  if (pid == 0)
    worker_run(&pool->work, request[0], answer[1]);
  close(request[0]);
  close(answer[1]);
  if (pid < 0) {
    close(request[1]);
    close(answer[0]);
    g_set_error(error, WORKERS_ERROR, 0, "cannot start a worker: %s", g_strerror(errno));
    return false;
  }
  *worker = (struct worker){.pid = pid,
                            .to = request[1],
                            .from = answer[0],
                            .unit = NO_UNIT,
                            .answer = g_byte_array_new()};
  return true;
}

/* Ends the worker and returns its wait status. */
static int stop_worker(struct worker *worker, bool by_force)
{
  int status = 0;
  close(worker->to);
  close(worker->from);
  if (by_force)
    kill(worker->pid, SIGKILL);
  while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
    ;
  g_byte_array_unref(worker->answer);
  *worker = (struct worker){.pid = -1, .to = -1, .from = -1, .unit = NO_UNIT};
  return status;
}

static char *describe_death(int status, bool has_timed_out, unsigned time_limit)
{
  if (has_timed_out)
    return g_strdup_printf("gave up after %u s", time_limit);
  if (WIFSIGNALED(status))
    return g_strdup_printf("the parser was killed by signal %d (%s)", WTERMSIG(status),
                           g_strsignal(WTERMSIG(status)));
  return g_strdup_printf("the parser ended with code %d", WEXITSTATUS(status));
}

static bool give(struct pool *pool, struct worker *worker, guint number, GError **error)
{
  if (worker->pid <= 0 && !start_worker(pool, worker, error))
    return false;
  worker->unit = number;
  worker->started = g_get_monotonic_time();
  worker->has_timed_out = false;
  g_byte_array_set_size(worker->answer, 0);
  struct request request = {.number = number, .is_plain = pool->is_retrying};
  worker_write(worker->to, &request, sizeof request); /* a dead worker shows when it is read */
  return true;
}

static bool take_answer(struct pool *pool, struct worker *worker, GError **error)
{
  struct answer_header header;
  memcpy(&header, worker->answer->data, sizeof header);
  const guint8 *body = worker->answer->data + sizeof header;
  guint number = (guint)worker->unit;
  worker->unit = NO_UNIT;
  pool->n_done++;
  if (header.is_failure != 0) {
    g_autofree char *reason = g_strndup((const char *)body, (gsize)header.n_facts);
    return pool->take(pool->context, number, NULL, reason, error);
  }
  struct parsed parsed = {.facts = g_bytes_new(body, (gsize)header.n_facts),
                          .files = g_bytes_new(body + header.n_facts, (gsize)header.n_files),
                          .description = header.n_description == 0
                                             ? NULL
                                             : g_bytes_new(body + header.n_facts + header.n_files,
                                                           (gsize)header.n_description)};
  bool is_taken = pool->take(pool->context, number, &parsed, NULL, error);
  parsed_clear(&parsed);
  return is_taken;
}

static bool take_death(struct pool *pool, struct worker *worker, GError **error)
{
  guint number = (guint)worker->unit;
  bool was_working = worker->unit != NO_UNIT;
  bool has_timed_out = worker->has_timed_out;
  int status = stop_worker(worker, true);
  if (!was_working)
    return true;
  if (!pool->is_retrying) {
    g_array_append_val(pool->retries, number);
    return true;
  }
  pool->n_done++;
  g_autofree char *reason = describe_death(status, has_timed_out, pool->work.options->time_limit);
  return pool->take(pool->context, number, NULL, reason, error);
}

/* Reads what is there. False with ERROR only when `take` failed. */
static bool read_worker(struct pool *pool, struct worker *worker, GError **error)
{
  guint8 buffer[1 << 16];
  ssize_t n = read(worker->from, buffer, sizeof buffer);
  if (n < 0 && errno == EINTR)
    return true;
  if (n <= 0)
    return take_death(pool, worker, error);
  g_byte_array_append(worker->answer, buffer, (guint)n);
  struct answer_header header;
  if (worker->answer->len < sizeof header)
    return true;
  memcpy(&header, worker->answer->data, sizeof header);
  if (worker->unit == NO_UNIT || header.number != worker->unit || header.n_facts > ANSWER_LIMIT ||
      header.n_files > ANSWER_LIMIT || header.n_description > ANSWER_LIMIT)
    return take_death(pool, worker, error);
  if (worker->answer->len < sizeof header + header.n_facts + header.n_files + header.n_description)
    return true;
  return take_answer(pool, worker, error);
}

static bool is_interrupted(const struct pool *pool)
{
  return pool->work.options->is_interrupted != NULL && *pool->work.options->is_interrupted != 0;
}

static bool watch_time(struct pool *pool, GError **error)
{
  if (pool->work.options->time_limit == 0)
    return true;
  gint64 now = g_get_monotonic_time();
  for (unsigned i = 0; i < pool->n_workers; i++) {
    struct worker *worker = &pool->workers[i];
    if (worker->unit == NO_UNIT ||
        now - worker->started < (gint64)pool->work.options->time_limit * G_USEC_PER_SEC)
      continue;
    worker->has_timed_out = true;
    if (!take_death(pool, worker, error))
      return false;
  }
  return true;
}

static bool wait_for_workers(struct pool *pool, GError **error)
{
  g_autofree struct pollfd *fds = g_new0(struct pollfd, pool->n_workers);
  for (unsigned i = 0; i < pool->n_workers; i++) {
    fds[i].fd = pool->workers[i].unit != NO_UNIT ? pool->workers[i].from : -1;
    fds[i].events = POLLIN;
  }
  int n_ready = poll(fds, pool->n_workers, POLL_MILLISECONDS);
  for (unsigned i = 0; n_ready > 0 && i < pool->n_workers; i++)
    if ((fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0 &&
        !read_worker(pool, &pool->workers[i], error))
      return false;
  return watch_time(pool, error);
}

static const char *current_file(const struct pool *pool)
{
  for (unsigned i = 0; i < pool->n_workers; i++)
    if (pool->workers[i].unit != NO_UNIT) {
      guint number = (guint)pool->workers[i].unit;
      if (pool->work.folder != NULL)
        number = ((const struct prefix *)pool->work.prefixes->all->pdata[number])->model;
      const struct compilation *compilation = pool->work.compilations->all->pdata[number];
      return compilation->shown;
    }
  return NULL;
}

static bool run_queue(struct pool *pool, const guint *numbers, guint n, unsigned n_workers,
                      GError **error)
{
  guint next = 0;
  for (;;) {
    unsigned n_busy = 0;
    for (unsigned i = 0; i < n_workers; i++) {
      if (pool->workers[i].unit == NO_UNIT && next < n &&
          !give(pool, &pool->workers[i], numbers[next++], error))
        return false;
      n_busy += pool->workers[i].unit != NO_UNIT;
    }
    if (pool->progress != NULL)
      pool->progress(pool->context, pool->n_done, current_file(pool));
    if (n_busy == 0 && next >= n)
      return true;
    if (is_interrupted(pool))
      return false;
    if (!wait_for_workers(pool, error))
      return false;
  }
}

/* Runs a pool over the numbers, and over those again whose worker died. */
static bool run_pool(struct pool *pool, const guint *numbers, guint n, GError **error)
{
  pool->n_workers = MAX(1, MIN(pool->work.options->n_workers, n));
  pool->retries = g_array_new(FALSE, FALSE, sizeof(guint));
  pool->workers = g_new0(struct worker, pool->n_workers);
  for (unsigned i = 0; i < pool->n_workers; i++)
    pool->workers[i] = (struct worker){.pid = -1, .to = -1, .from = -1, .unit = NO_UNIT};
  bool is_done = run_queue(pool, numbers, n, pool->n_workers, error);
  if (is_done && pool->retries->len > 0 && pool->work.folder == NULL) {
    g_autoptr(GArray) retries = g_array_copy(pool->retries);
    pool->is_retrying = true;
    is_done = run_queue(pool, (const guint *)(const void *)retries->data, retries->len, 1, error);
  }
  for (unsigned i = 0; i < pool->n_workers; i++)
    if (pool->workers[i].pid > 0)
      stop_worker(&pool->workers[i], true);
  g_free(pool->workers);
  g_array_unref(pool->retries);
  return is_done;
}

/* While prefixes are made nothing is done yet. */
struct waiting {
  workers_progress *progress;
  void *context;
  struct work *work;
};

static void wait_for_prefixes(void *context, guint n_done, const char *current)
{
  (void)n_done;
  struct waiting *waiting = context;
  if (waiting->progress != NULL)
    waiting->progress(waiting->context, 0, current);
}

/* The file has no name any more once it is open: nothing stays behind, whatever happens. */
static int take_file(const char *folder, guint number, bool is_added, bool is_wanted)
{
  g_autofree char *path = worker_prefix_path(folder, number, is_added);
  int fd = is_wanted ? open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
  unlink(path);
  return fd;
}

/* To the descriptor that a header on top of it knows it by. */
static int move_below(int fd, guint number)
{
  int wanted = BELOW_FD + (int)number;
  if (fd < 0 || number >= N_BELOW || dup3(fd, wanted, O_CLOEXEC) < 0)
    return fd;
  close(fd);
  return wanted;
}

static bool take_prefix(void *context, guint number, const struct parsed *parsed,
                        const char *reason, GError **error)
{
  (void)reason;
  (void)error;
  const struct work *work = ((struct waiting *)context)->work;
  struct prefix *prefix = work->prefixes->all->pdata[number];
  bool is_made = parsed != NULL;
  bool is_alone = *prefix->text == '\0';
  prefix->facts = is_made && !is_alone ? unit_open(parsed->facts, NULL) : NULL;
  prefix->files = prefix->facts != NULL ? g_bytes_ref(parsed->files) : NULL;
  int fd = take_file(work->folder, number, false, prefix->facts != NULL);
  prefix->precompiled = move_below(fd, number);
  bool is_below = prefix->precompiled == BELOW_FD + (int)number;
  bool is_added = is_made && parsed->description != NULL && (is_alone || is_below);
  prefix->added = take_file(work->folder, number, true, is_added);
  if (prefix->added >= 0)
    prefix->description = g_bytes_ref(parsed->description);
  return true;
}

/* Whatever was left by a builder that died. */
static void remove_folder(const char *folder)
{
  GDir *dir = g_dir_open(folder, 0, NULL);
  const char *name;
  while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    unlink(path);
  }
  if (dir != NULL)
    g_dir_close(dir);
  rmdir(folder);
}

/* Makes the precompiled headers. One that cannot be made is done without. False only when
 * interrupted. */
static bool precompile(struct work work, workers_progress *progress, void *context)
{
  g_autofree guint *numbers = g_new(guint, work.prefixes->all->len + 1);
  guint n = 0;
  for (guint i = 0; i < work.prefixes->all->len; i++)
    if (((const struct prefix *)work.prefixes->all->pdata[i])->n_users >= PREFIX_MIN_USERS)
      numbers[n++] = i;
  g_autofree char *folder = n != 0 ? g_dir_make_tmp("cleave-XXXXXX", NULL) : NULL;
  if (folder == NULL)
    return true;
  work.folder = folder;
  struct waiting waiting = {.progress = progress, .context = context, .work = &work};
  struct pool pool = {
      .work = work, .take = take_prefix, .progress = wait_for_prefixes, .context = &waiting};
  g_autoptr(GError) error = NULL;
  bool is_done = run_pool(&pool, numbers, n, &error) || error != NULL;
  remove_folder(folder);
  return is_done;
}

bool workers_run(const struct compilations *compilations, const guint *numbers, guint n,
                 const struct workers_options *options, workers_take *take,
                 workers_progress *progress, void *context, GError **error)
{
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  struct sigaction before;
  sigaction(SIGPIPE, &ignore, &before);
  struct prefixes *prefixes = prefixes_plan(compilations, numbers, n);
  struct work work = {.compilations = compilations, .options = options, .prefixes = prefixes};
  struct pool pool = {.work = work, .take = take, .progress = progress, .context = context};
  bool is_done = precompile(work, progress, context) && run_pool(&pool, numbers, n, error);
  prefixes_free(prefixes);
  sigaction(SIGPIPE, &before, NULL);
  return is_done;
}
