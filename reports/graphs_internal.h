/* What the files that build graphs share. */
#ifndef CLEAVE_REPORTS_GRAPHS_INTERNAL_H
#define CLEAVE_REPORTS_GRAPHS_INTERNAL_H

#include "reports/graphs.h"

/* "LINK#/KIND/NAME", or NULL when the options have no link. */
char *graphs_link(const struct graph_options *options, const char *kind, const char *name);

/* "1 call", "3 calls". */
char *graphs_counted(int64_t n, const char *thing);

/* "file:line". */
char *graphs_place(const char *file, int64_t line);

/* One frame for each service; the indexes are equal. */
void graphs_add_service_frames(struct graph *graph, const struct model *model);

#endif
