/* The sales report: yesterday's orders and clicks, as rows and as a text file. */
#pragma once

#include "request.h"

/* Reports on the day ("2026-11-23", UTC); its earlier report is replaced. */
int report_day(const char *day);

/* Timer: reports on the day before today. */
int report_nightly(void);

/* Appends the text of a day's report: 0, or -1 when there is none. */
int report_write_text(const char *day, struct buffer *out);

int report_show(struct request *request, struct response *response);
