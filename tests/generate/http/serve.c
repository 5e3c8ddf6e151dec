#include "serve.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

int read_line(int fd, char *line, size_t room)
{
  size_t n = 0;
  char c;
  while (read(fd, &c, 1) == 1) {
    if (c == '\n') {
      n -= n > 0 && line[n - 1] == '\r';
      line[n] = '\0';
      return (int)n;
    }
    if (n + 1 >= room) {
      return -1;
    }
    line[n++] = c;
  }
  return -1;
}

int read_all(int fd, char *data, size_t n)
{
  size_t got = 0;
  while (got < n) {
    ssize_t k = read(fd, data + got, n - got);
    if (k <= 0) {
      return -1;
    }
    got += (size_t)k;
  }
  return 0;
}

void write_all(int fd, const char *data, size_t n)
{
  while (n > 0) {
    ssize_t k = write(fd, data, n);
    if (k <= 0) {
      return;
    }
    data += k;
    n -= (size_t)k;
  }
}

int serve(int port, void (*answer)(int fd))
{
  int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((unsigned short)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  signal(SIGPIPE, SIG_IGN);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
      listen(listener, 16) != 0) {
    return 1;
  }
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0) {
      answer(fd);
      close(fd);
    }
  }
}
