#include "reports/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define DONE 1 /* the first byte of a complete answer */

static void write_all(int descriptor, const guint8 *bytes, size_t n)
{
  while (n > 0) {
    ssize_t written = write(descriptor, bytes, n);
    if (written < 0 && errno != EINTR) {
      _exit(1);
    }
    if (written > 0) {
      bytes += written;
      n -= (size_t)written;
    }
  }
}

G_GNUC_NORETURN static void be_child(child_work *work, void *data,
                                     const struct picture_limits *limits, int out)
{
  struct rlimit processor = {limits->seconds, limits->seconds + 1};
  struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CPU, &processor);
  setrlimit(RLIMIT_CORE, &no_core);
#if !defined(__SANITIZE_ADDRESS__) /* which maps terabytes of shadow memory */
  struct rlimit memory = {limits->bytes, limits->bytes};
  setrlimit(RLIMIT_AS, &memory);
#endif
  signal(SIGXCPU, SIG_DFL);
  int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nowhere < 0 || dup2(nowhere, STDERR_FILENO) < 0 || dup2(nowhere, STDOUT_FILENO) < 0) {
    _exit(1);
  }
  guint8 done = DONE;
  GByteArray *bytes = g_byte_array_new();
  g_byte_array_append(bytes, &done, 1);
  if (!work(bytes, data)) {
    _exit(1);
  }
  write_all(out, bytes->data, bytes->len);
  _exit(0);
}

/* Reads until the child closes its end or DEADLINE (monotonic microseconds) has passed. */
static bool read_all(int in, GByteArray *bytes, int64_t deadline)
{
  guint8 buffer[65536];
  for (;;) {
    int64_t left = (deadline - g_get_monotonic_time()) / 1000;
    struct pollfd wait = {.fd = in, .events = POLLIN};
    int ready = left > 0 ? poll(&wait, 1, (int)left) : 0;
    if (ready < 0 && errno == EINTR) {
      continue;
    }
    if (ready <= 0) {
      return false;
    }
    ssize_t n = read(in, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n <= 0) {
      return n == 0;
    }
    g_byte_array_append(bytes, buffer, (guint)n);
  }
}

GBytes *child_run(child_work *work, void *data, const struct picture_limits *limits, GError **error)
{
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    g_set_error(error, PICTURE_ERROR, PICTURE_ERROR_FAILED, "cannot make a pipe: %s",
                g_strerror(errno));
    return NULL;
  }
  pid_t child = fork();
  if (child < 0) {
    g_set_error(error, PICTURE_ERROR, PICTURE_ERROR_FAILED, "cannot start a process: %s",
                g_strerror(errno));
    close(ends[0]);
    close(ends[1]);
    return NULL;
  }
  if (child == 0) {
    close(ends[0]);
    be_child(work, data, limits, ends[1]);
  }
  close(ends[1]);
  GByteArray *bytes = g_byte_array_new();
  int64_t deadline = g_get_monotonic_time() + (int64_t)limits->seconds * 2 * G_USEC_PER_SEC;
  bool is_complete = read_all(ends[0], bytes, deadline);
  close(ends[0]);
  if (!is_complete) {
    kill(child, SIGKILL);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  bool is_done = is_complete && WIFEXITED(status) && WEXITSTATUS(status) == 0 && bytes->len > 0;
  if (!is_done) {
    g_byte_array_unref(bytes);
    bool has_failed = WIFEXITED(status) && WEXITSTATUS(status) == 1;
    g_set_error(error, PICTURE_ERROR, has_failed ? PICTURE_ERROR_FAILED : PICTURE_ERROR_TOO_LARGE,
                has_failed ? "cannot lay out the graph: Graphviz refuses it"
                           : "cannot lay out the graph within %u s and %zu MB",
                limits->seconds, limits->bytes >> 20);
    return NULL;
  }
  g_byte_array_remove_index(bytes, 0);
  return g_byte_array_free_to_bytes(bytes);
}
