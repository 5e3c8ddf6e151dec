/* CGI: the environment of a request and the reply in a program's output (RFC 3875). Shared by the
 * cgi and fastcgi adapters. */
#ifndef CLEAVE_CGI_H
#define CLEAVE_CGI_H

#include "fields.h"

/* The request's variables (section 4.1), in the arena. The header Proxy is left out: HTTP_PROXY
 * would redirect the program's own calls. */
struct cleave_fields cgi_environment(struct arena *arena, const struct cleave_event *event);

/* Reads header lines, blank line and body into reply. Returns 0, or -1 with error at 502. */
int cgi_reply(struct cleave_bytes output, struct cleave_reply *reply, struct cleave_error *error);

#endif
