/* A handler written for libmicrohttpd as its manual shows it, which knows nothing of functions. It
 * is compiled once and linked twice: with libmicrohttpd, and with the runtime in its place. */
#ifndef TESTS_RUNTIME_HANDLER_H
#define TESTS_RUNTIME_HANDLER_H

#include <microhttpd.h>

/* What the monolith's main does: starts the daemon. NULL when it cannot. */
struct MHD_Daemon *handler_start(unsigned short port);

#endif
