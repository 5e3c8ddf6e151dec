/* The administrator's command line, sent as the body of a request. */
#pragma once

#include "request.h"

/* Runs one line; what it says is appended to out. 0, or -1 for a command that is none. */
int admin_execute(char *line, struct buffer *out);

int admin_command(struct request *request, struct response *response);
