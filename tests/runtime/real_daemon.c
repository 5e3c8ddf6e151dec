/* The handler behind the real libmicrohttpd: usage real_daemon PORT. */
#include "handler.h"

#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
  struct MHD_Daemon *daemon = argc == 2 ? handler_start((unsigned short)atoi(argv[1])) : NULL;
  if (!daemon) {
    return 1;
  }
  for (;;) {
    pause();
  }
}
