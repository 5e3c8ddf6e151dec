#include "process.h"

#include "crash.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The parent stops waiting this long before its own deadline, to report instead of being cut off.
 */
#define PROCESS_MARGIN_MS 20

static void close_pipe(int ends[2])
{
  close(ends[0]);
  close(ends[1]);
}

static void become_child(struct process *process, int output[2], int problems[2])
{
  static const int numbers[] = {SIGTERM, SIGPIPE, SIGINT, SIGHUP, SIGCHLD};
  process->pid = 0;
  process->output = output[1];
  close(output[0]);
  if (process->problems >= 0) {
    process->problems = problems[1];
    close(problems[0]);
  }
  setpgid(0, 0);
  crash_uninstall();
  for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
    signal(numbers[i], SIG_DFL);
  }
}

int process_start(struct process *process, bool has_problems, struct cleave_error *error)
{
  int output[2];
  int problems[2] = {-1, -1};
  process->problems = -1;
  if (pipe2(output, O_CLOEXEC) != 0) {
    return cleave_error_set(error, 500, "Function.NoProcess", "cannot open a pipe: %s",
                            strerror(errno));
  }
  if (has_problems && pipe2(problems, O_CLOEXEC) != 0) {
    close_pipe(output);
    return cleave_error_set(error, 500, "Function.NoProcess", "cannot open a pipe: %s",
                            strerror(errno));
  }
  fflush(NULL); /* or the child would write it a second time */
  process->output = output[0];
  process->problems = problems[0];
  process->pid = fork();
  if (process->pid == 0) {
    become_child(process, output, problems);
    return 0;
  }
  int failure = errno;
  close(output[1]);
  if (has_problems) {
    close(problems[1]);
  }
  if (process->pid < 0) {
    close(output[0]);
    if (has_problems) {
      close(problems[0]);
    }
    return cleave_error_set(error, 500, "Function.NoProcess", "cannot start a process: %s",
                            strerror(failure));
  }
  return 0;
}

bool process_write(int descriptor, const void *data, size_t n)
{
  const char *bytes = data;
  while (n > 0) {
    ssize_t written = write(descriptor, bytes, n);
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return false;
    }
    bytes += written;
    n -= (size_t)written;
  }
  return true;
}

/* Reads once; closes the descriptor at its end. */
static void take(int *descriptor, struct buffer *buffer, bool *is_cut)
{
  char piece[16384];
  ssize_t got = read(*descriptor, piece, sizeof(piece));
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
    return;
  }
  if (got <= 0) {
    close(*descriptor);
    *descriptor = -1;
  } else if (!buffer_add(buffer, piece, (size_t)got)) {
    *is_cut = true;
  }
}

/* false when the deadline came first. */
static bool collect(struct process *process, struct buffer *output, struct buffer *problems,
                    bool *is_cut)
{
  while (process->output >= 0 || process->problems >= 0) {
    int64_t left = cleave_deadline_ms_left();
    if (left <= PROCESS_MARGIN_MS) {
      return false;
    }
    left = left == INT64_MAX ? -1 : left - PROCESS_MARGIN_MS;
    struct pollfd waits[] = {{.fd = process->output, .events = POLLIN},
                             {.fd = process->problems, .events = POLLIN}};
    if (poll(waits, 2, left > 60000 ? 60000 : (int)left) <= 0) {
      continue;
    }
    if (waits[0].revents != 0) {
      take(&process->output, output, is_cut);
    }
    if (waits[1].revents != 0) {
      take(&process->problems, problems, is_cut);
    }
  }
  return true;
}

int process_finish(struct process *process, struct buffer *output, struct buffer *problems,
                   bool *is_cut, const char *routine, struct cleave_error *error)
{
  *is_cut = false;
  crash_unwatch(); /* the child is watched here; the parent must live to report it */
  bool is_late = !collect(process, output, problems, is_cut);
  if (is_late) {
    kill(-process->pid, SIGKILL);
    kill(process->pid, SIGKILL);
  }
  if (process->output >= 0) {
    close(process->output);
  }
  if (process->problems >= 0) {
    close(process->problems);
  }
  int state = 0;
  while (waitpid(process->pid, &state, 0) < 0 && errno == EINTR) {
  }
  if (is_late) {
    return cleave_error_set(error, 504, "Function.DeadlineExceeded",
                            "routine '%s' overran its deadline", routine);
  }
  if (WIFSIGNALED(state)) {
    return cleave_error_set(error, 500, "Function.Crash",
                            "routine '%s' was ended by signal %d (%s)", routine, WTERMSIG(state),
                            strsignal(WTERMSIG(state)));
  }
  return WEXITSTATUS(state);
}
