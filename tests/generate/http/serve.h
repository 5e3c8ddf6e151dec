/* Accepts connections on loopback, one after the other, until SIGTERM. */
#ifndef SERVE_H
#define SERVE_H
#include <stddef.h>

int serve(int port, void (*answer)(int fd));
/* One line without its end; -1 when it does not fit or the peer is gone. */
int read_line(int fd, char *line, size_t room);
int read_all(int fd, char *data, size_t n);
void write_all(int fd, const char *data, size_t n);

#endif
