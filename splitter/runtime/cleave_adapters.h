/* Ready-made calls for routines that were not written for events: a program's main, a CGI program,
 * a FastCGI accept loop, a handler written for libmicrohttpd.
 *
 * A generated function's invoke ends in one of these. main and cgi run in a process of their own
 * per event, so exit() and state that is left behind are harmless; a FastCGI program runs in one of
 * its own that stays; a microhttpd handler runs in the function's process, with the library
 * cleave_runtime_microhttpd in libmicrohttpd's place.
 */
#ifndef CLEAVE_ADAPTERS_H
#define CLEAVE_ADAPTERS_H

#include "cleave_runtime.h"

/* A program: its renamed main and the name it is called by (argv[0]). */
struct cleave_program {
  const char *name;
  int (*main)(int argc, char **argv);
  /* Arguments in front of the event's own, ended by NULL. May be NULL. */
  const char *const *arguments;
};

/* Runs a program once for the event.
 *
 * direct: {"arguments":[…],"stdin":"text" or "stdin_base64":"…","environment":{…}} gives
 * {"exit_code":n,"stdout":…,"stderr":…}; output that is not UTF-8 comes as stdout_base64.
 * http: arguments from ?arg=…&arg=…, the body is standard input; the reply's body is standard
 * output, header x-exit-code tells the exit code, the status is 200 for 0 and 500 otherwise;
 * standard error goes to the log. Others: the body is standard input, and an exit code other than 0
 * is an error. A signal gives error Function.Crash, the deadline Function.DeadlineExceeded. */
int cleave_main_invoke(const struct cleave_program *program, const struct cleave_event *event,
                       struct cleave_reply *reply, struct cleave_error *error);

/* Runs a CGI program (RFC 3875) once for an http event: the request in its environment and standard
 * input, the reply from its standard output (Status, Location and other headers, then the body).
 * Output without a header, or with a bad one, is error Function.BadGateway with status 502. */
int cleave_cgi_invoke(const struct cleave_program *program, const struct cleave_event *event,
                      struct cleave_reply *reply, struct cleave_error *error);

/* Hands an http event to a FastCGI program (a loop around FCGI_Accept() or FCGX_Accept()), which is
 * linked with its own libfcgi. Its main starts in a process of its own with the first event and
 * waits there for each further one; a main that ends is started again with the next event. The
 * reply is read as for cleave_cgi_invoke(); its standard error goes to the log. */
int cleave_fastcgi_invoke(const struct cleave_program *program, const struct cleave_event *event,
                          struct cleave_reply *reply, struct cleave_error *error);

/* Calls a handler written for libmicrohttpd with an http event. handler has the type
 * MHD_AccessHandlerCallback; its first argument and its callbacks are those that a call of
 * MHD_start_daemon() named with it, if any did. With handler NULL the last call's handler is meant.
 * The program must be linked with cleave_runtime_microhttpd instead of libmicrohttpd. */
int cleave_microhttpd_invoke(void (*handler)(void), const struct cleave_event *event,
                             struct cleave_reply *reply, struct cleave_error *error);

#endif
