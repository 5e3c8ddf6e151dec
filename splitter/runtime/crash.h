/* The last words of a process: a crash signal, an overrun deadline or an exit() in the middle of a
 * call is told to whoever waits for the reply, with the routine's name, and the process ends with a
 * non-zero status.
 *
 * Everything the handler needs is prepared before a call starts; that of signals uses only
 * async-signal-safe calls and never allocates. The process never goes on after it. */
#ifndef CLEAVE_CRASH_H
#define CLEAVE_CRASH_H

#include <stdint.h>
#include <sys/socket.h>

/* Installs handlers for SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT and SIGSYS on their own stack, and
 * one for exit(). Once per process. */
void crash_install(void);

/* Undoes it in a child process. */
void crash_uninstall(void);

/* Where the report goes: a POST of path to a Lambda Runtime API at address. */
void crash_aim_post(const struct sockaddr *address, socklen_t length, const char *host,
                    const char *path);
/* A 500 (or 504) reply on an open connection. */
void crash_aim_connection(int descriptor);
/* The same for an OpenWhisk action: status 502, {"error":…}, and the ends of both logs. */
void crash_aim_action(int descriptor);
/* Only the log. */
void crash_aim_log(void);

/* From here to crash_unwatch() the process ends when the clock passes at_ms (Unix epoch). */
void crash_watch(int64_t at_ms);
void crash_unwatch(void);

#endif
