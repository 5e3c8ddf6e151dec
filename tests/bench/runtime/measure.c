/* Measures a Lambda program from the platform's side, one line of JSON:
 *
 *   start_us   exec to the first byte of GET /next, median and 95th percentile
 *   cpu_us     processor time of the process per invocation (its own schedstat, without start-up):
 *              the lowest tenth of batches of 50, which other work on the machine disturbs least
 *   pair_us    wall time from event sent to reply received, median
 *   rss_kb     resident memory after the last invocation, and how much of it is private
 *
 * usage: measure PROGRAM FUNCTION KIND EVENT_BYTES N_STARTS N_INVOCATIONS
 * KIND is direct or http: the event is JSON of that size, or an HTTP API event around it. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROOM (1 << 20)
#define BATCH 50

static char buffer[ROOM];

__attribute__((noreturn)) static void fail(const char *what)
{
  perror(what);
  exit(1);
}

static double now_us(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *left, const void *right)
{
  double a = *(const double *)left;
  double b = *(const double *)right;
  return (a > b) - (a < b);
}

static double quantile(double *values, size_t n, double part)
{
  qsort(values, n, sizeof(*values), compare);
  size_t i = (size_t)(part * (double)n);
  return values[i < n ? i : n - 1];
}

/* Nanoseconds on a processor so far. */
static double cpu_us(pid_t pid)
{
  char path[64];
  snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
  FILE *file = fopen(path, "r");
  unsigned long long spent = 0;
  if (!file || fscanf(file, "%llu", &spent) != 1) {
    fail(path);
  }
  fclose(file);
  return (double)spent / 1e3;
}

static long rollup(pid_t pid, const char *name)
{
  char path[64];
  char line[256];
  long value = 0;
  snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
  FILE *file = fopen(path, "r");
  while (file && fgets(line, sizeof(line), file)) {
    if (strncmp(line, name, strlen(name)) == 0) {
      value += strtol(line + strlen(name), NULL, 10);
    }
  }
  if (file) {
    fclose(file);
  }
  return value;
}

static pid_t start(const char *program, const char *function, uint16_t port)
{
  char api[64];
  char handler[128];
  snprintf(api, sizeof(api), "AWS_LAMBDA_RUNTIME_API=127.0.0.1:%u", port);
  snprintf(handler, sizeof(handler), "_HANDLER=%s", function);
  char *arguments[] = {(char *)(uintptr_t)program, NULL};
  char *environment[] = {api, handler, NULL};
  pid_t pid = vfork();
  if (pid == 0) {
    execve(program, arguments, environment);
    _exit(127);
  }
  return pid;
}

/* Reads one request to its end; returns its length. */
static size_t receive(int peer)
{
  size_t n = 0;
  for (;;) {
    ssize_t got = read(peer, buffer + n, ROOM - 1 - n);
    if (got <= 0) {
      fail("the program closed its connection");
    }
    n += (size_t)got;
    buffer[n] = '\0';
    char *end = strstr(buffer, "\r\n\r\n");
    char *field = end ? strcasestr(buffer, "\ncontent-length:") : NULL;
    size_t body = field ? strtoul(field + 16, NULL, 10) : 0;
    if (end && (size_t)(end + 4 - buffer) + body <= n) {
      return n;
    }
  }
}

static void send_all(int peer, const char *data, size_t n)
{
  while (n > 0) {
    ssize_t written = write(peer, data, n);
    if (written <= 0) {
      fail("write");
    }
    data += written;
    n -= (size_t)written;
  }
}

/* An event of about n bytes: {"qty":3,"note":"xxx…"} by itself or as the body of a request. */
static char *make_event(const char *kind, size_t n, size_t *length)
{
  char *event = malloc(n + 2048);
  char *note = malloc(n + 1);
  if (!event || !note) {
    fail("malloc");
  }
  bool is_http = strcmp(kind, "http") == 0;
  size_t frame = is_http ? 640 : 24;
  size_t n_note = n > frame ? n - frame : 0;
  /* Many members, as in real events: one of 20 bytes after the other. */
  size_t written = 0;
  const char *quote = is_http ? "\\\"" : "\"";
  while (written + 40 < n_note) {
    written += (size_t)sprintf(note + written, ",%sk%05zu%s:%svalue%s", quote, written, quote,
                               quote, quote);
  }
  note[written] = '\0';
  if (!is_http) {
    *length = (size_t)sprintf(event, "{\"qty\":3%s}", note);
  } else {
    *length = (size_t)sprintf(
        event,
        "{\"version\":\"2.0\",\"routeKey\":\"POST /price\",\"rawPath\":\"/price\","
        "\"rawQueryString\":\"n=2&n=3\",\"cookies\":[\"s=1\"],\"headers\":{\"content-type\":"
        "\"application/json\",\"host\":\"h.example\",\"x-tag\":\"a,b\"},\"queryStringParameters\":"
        "{\"n\":\"2,3\"},\"requestContext\":{\"accountId\":\"111122223333\",\"apiId\":\"x1\","
        "\"domainName\":\"h.example\",\"domainPrefix\":\"h\",\"http\":{\"method\":\"POST\","
        "\"path\":"
        "\"/price\",\"protocol\":\"HTTP/1.1\",\"sourceIp\":\"192.0.2.7\",\"userAgent\":\"t/1\"},"
        "\"requestId\":\"r1\",\"stage\":\"$default\",\"timeEpoch\":1795418400000},\"body\":"
        "\"{\\\"qty\\\":3%s}\",\"isBase64Encoded\":false}",
        note);
  }
  free(note);
  return event;
}

int main(int argc, char **argv)
{
  if (argc != 7) {
    fprintf(stderr, "usage: measure PROGRAM FUNCTION KIND BYTES N_STARTS N_INVOCATIONS\n");
    return 2;
  }
  size_t n_starts = strtoul(argv[5], NULL, 10);
  size_t n_invocations = strtoul(argv[6], NULL, 10);
  size_t n_event;
  char *event = make_event(argv[3], strtoul(argv[4], NULL, 10), &n_event);
  signal(SIGPIPE, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t length = sizeof(address);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 16) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
    fail("listen");
  }
  uint16_t port = ntohs(address.sin_port);
  double *starts = malloc(n_starts * sizeof(*starts));
  double *pairs = malloc(n_invocations * sizeof(*pairs));
  double *batches = malloc((n_invocations / BATCH + 1) * sizeof(*batches));
  size_t n_batches = 0;
  double cpu = 0;
  long rss = 0;
  long private = 0;
  for (size_t run = 0; run < n_starts; run++) {
    double begin = now_us();
    pid_t pid = start(argv[1], argv[2], port);
    int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    int on = 1;
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    receive(peer);
    starts[run] = now_us() - begin;
    if (run + 1 == n_starts) {
      static const char accepted[] =
          "HTTP/1.1 202 Accepted\r\nContent-Length: 15\r\n\r\n{\"status\":\"OK\"}";
      char head[512];
      size_t warm = n_invocations / 10;
      double cpu_begin = 0;
      for (size_t i = 0; i < warm + n_invocations; i++) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        int n_head = snprintf(head, sizeof(head),
                              "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                              "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-%012zu\r\n"
                              "Lambda-Runtime-Deadline-Ms: %lld\r\n"
                              "Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;"
                              "Parent=9a9197af755a6419;Sampled=1\r\nContent-Length: %zu\r\n\r\n",
                              i, ((long long)now.tv_sec + 10) * 1000, n_event);
        if (i >= warm && (i - warm) % BATCH == 0) {
          double spent = cpu_us(pid);
          if (i > warm) {
            batches[n_batches++] = (spent - cpu_begin) / BATCH;
          }
          cpu_begin = spent;
        }
        double sent = now_us();
        send_all(peer, head, (size_t)n_head);
        send_all(peer, event, n_event);
        receive(peer);
        if (i >= warm) {
          pairs[i - warm] = now_us() - sent;
        }
        if (!strstr(buffer, "/response") || !strstr(buffer, "42")) {
          fprintf(stderr, "a wrong reply: %s\n", buffer);
          return 1;
        }
        send_all(peer, accepted, sizeof(accepted) - 1);
        receive(peer);
      }
      cpu = quantile(batches, n_batches, 0.1);
      rss = rollup(pid, "Rss:");
      private = rollup(pid, "Private_Dirty:");
    }
    kill(pid, SIGTERM); /* before the connection closes, or it would ask again */
    waitpid(pid, NULL, 0);
    close(peer);
  }
  printf("{\"event_bytes\":%zu,\"start_us\":{\"median\":%.0f,\"p95\":%.0f},\"cpu_us\":%.2f,"
         "\"pair_us\":%.1f,\"rss_kb\":%ld,\"private_dirty_kb\":%ld}\n",
         n_event, quantile(starts, n_starts, 0.5), quantile(starts, n_starts, 0.95), cpu,
         quantile(pairs, n_invocations, 0.5), rss, private);
  free(batches);
  free(starts);
  free(pairs);
  free(event);
  return 0;
}
