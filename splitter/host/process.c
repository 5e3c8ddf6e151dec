#include "splitter/host/process.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_LINE ((size_t)64 * 1024)

static void read_lines(struct process *process)
{
  struct evbuffer *input = bufferevent_get_input(process->output);
  for (;;) {
    size_t n = 0;
    char *line = evbuffer_readln(input, &n, EVBUFFER_EOL_LF);
    if (!line && evbuffer_get_length(input) > MAX_LINE) {
      line = calloc(1, MAX_LINE + 1);
      if (line) {
        evbuffer_remove(input, line, MAX_LINE);
      }
    }
    if (!line) {
      return;
    }
    process->on_line(line, process->data);
    free(line);
  }
}

static void on_output(struct bufferevent *output, void *data)
{
  (void)output;
  read_lines(data);
}

static void on_event(struct bufferevent *output, short what, void *data)
{
  (void)data;
  if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
    bufferevent_disable(output, EV_READ);
  }
}

/* In the child: dies with the host, keeps its own process group so that Ctrl-C reaches the host
 * alone. */
static void child_set_up(gpointer data)
{
  (void)data;
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}

bool process_start(struct process *process, struct event_base *base, const char *binary,
                   char **environment, void (*on_line)(const char *line, void *data), void *data,
                   GError **error)
{
  g_autofree char *folder = g_path_get_dirname(binary);
  const char *arguments[] = {binary, NULL};
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) {
    g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "cannot make a pipe");
    return false;
  }
  bool is_good = g_spawn_async_with_pipes_and_fds(
      folder, arguments, (const char *const *)environment,
      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDIN_FROM_DEV_NULL, child_set_up, NULL, -1, ends[1],
      ends[1], NULL, NULL, 0, &process->pid, NULL, NULL, NULL, error);
  close(ends[1]);
  if (!is_good) {
    close(ends[0]);
    return false;
  }
  evutil_make_socket_nonblocking(ends[0]);
  process->on_line = on_line;
  process->data = data;
  process->output = bufferevent_socket_new(base, ends[0], BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(process->output, on_output, NULL, on_event, process);
  bufferevent_enable(process->output, EV_READ);
  bufferevent_disable(process->output, EV_WRITE);
  return true;
}

void process_drain(struct process *process)
{
  struct evbuffer *input = bufferevent_get_input(process->output);
  while (evbuffer_read(input, bufferevent_getfd(process->output), (int)MAX_LINE) > 0) {
    read_lines(process);
  }
  read_lines(process);
  size_t n = evbuffer_get_length(input);
  if (n > 0) { /* a last line without an end */
    g_autofree char *line = g_malloc0(n + 1);
    evbuffer_remove(input, line, n);
    process->on_line(line, process->data);
  }
}

void process_clear(struct process *process)
{
  if (process->output) {
    bufferevent_free(process->output);
    process->output = NULL;
  }
}

/* Bytes that a line of /proc/PID/status tells in kB. */
static int64_t status_bytes(GPid pid, const char *name)
{
  g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)pid);
  g_autofree char *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL)) {
    return 0;
  }
  const char *line = strstr(text, name);
  return line ? g_ascii_strtoll(line + strlen(name), NULL, 10) * 1024 : 0;
}

int64_t process_memory(GPid pid)
{
  return status_bytes(pid, "VmRSS:");
}

int64_t process_peak_memory(GPid pid)
{
  return status_bytes(pid, "VmHWM:");
}

static struct sockaddr_in loopback(uint16_t port)
{
  return (struct sockaddr_in){.sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
}

uint16_t process_free_port(void)
{
  struct sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool is_good = descriptor >= 0 &&
                 bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0 &&
                 getsockname(descriptor, (struct sockaddr *)&address, &length) == 0;
  if (descriptor >= 0) {
    close(descriptor);
  }
  return is_good ? ntohs(address.sin_port) : 0;
}

bool process_accepts(uint16_t port)
{
  struct sockaddr_in address = loopback(port);
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool is_good =
      descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0;
  if (descriptor >= 0) {
    close(descriptor);
  }
  return is_good;
}
