/* JSON lines on the standard output that the process was started with.
 * A line is one write, so lines of threads and children do not mix. Never logs a payload. */
#ifndef CLEAVE_LOG_H
#define CLEAVE_LOG_H

#include "cleave_runtime.h"

#include <stdarg.h>

/* Remembers standard output (a later redirection does not catch log lines) and the level. */
void log_open(void);

void log_write(enum cleave_level level, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* The descriptor of the log, for the crash report. */
int log_descriptor(void);

#endif
