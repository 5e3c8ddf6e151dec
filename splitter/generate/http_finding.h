/* What the files that find an http mapping share: the finding under way, and which routines of the
 * monolith do what. Not for others: http_mapping.h is the door. */
#ifndef CLEAVE_GENERATE_HTTP_FINDING_H
#define CLEAVE_GENERATE_HTTP_FINDING_H

#include "splitter/generate/http_mapping.h"

struct http_finding {
  const struct inventory *inventory;
  struct source_texts *texts;
  struct function_spec *spec;
  struct http_mapping *mapping;
  const struct fact_param *request;  /* parameter, or NULL */
  const struct fact_param *response; /* parameter, or the result */
  const struct fact_routine *driver; /* makes requests of this kind in the monolith, or NULL */
};

/* Sets a line of the mapping, and why it is so; takes TEXT and WHY. */
void http_set(struct http_finding *finding, char **line, char *text, const char *what, char *why);

/* "struct request *" or "const request_t *" without const and star. A new string. */
char *http_pointee(const char *type);
/* Whether one of the words stands in NAME, between underscores and digits. */
bool http_has_word(const char *name, const char *const *words);

/* What a routine does with values of a type, by its prototype and name. */
typedef bool (*http_routine_test)(const struct http_finding *finding,
                                  const struct fact_routine *routine, int64_t type);
bool http_makes_request(const struct http_finding *finding, const struct fact_routine *routine,
                        int64_t type);
bool http_releases(const struct http_finding *finding, const struct fact_routine *routine,
                   int64_t type);
bool http_prepares(const struct http_finding *finding, const struct fact_routine *routine,
                   int64_t type);
/* (T *, name, value): adds one field. */
bool http_adds_pair(const struct http_finding *finding, const struct fact_routine *routine,
                    int64_t type);
bool http_adds_header(const struct http_finding *finding, const struct fact_routine *routine,
                      int64_t type);
bool http_adds_parameter(const struct http_finding *finding, const struct fact_routine *routine,
                         int64_t type);
bool http_sets_body(const struct http_finding *finding, const struct fact_routine *routine,
                    int64_t type);

/* The routine of the program that passes the test; one that the driver calls goes first. */
const struct fact_routine *http_find_routine(const struct http_finding *finding,
                                             http_routine_test test, int64_t type);
bool http_is_called_by(const struct http_finding *finding, const struct fact_routine *routine,
                       const struct fact_routine *caller);
/* Why a routine was taken, with the monolith's own use when there is one. A new string. */
char *http_why_routine(const struct http_finding *finding, const struct fact_routine *routine,
                       const char *what);
/* VARIABLE as an argument of ROUTINE: a copy of its own where the routine keeps or frees what it is
 * handed. A new string. */
char *http_handed(const struct http_finding *finding, const struct fact_routine *routine,
                  int64_t position, const char *variable);
/* What an argument for this parameter of a maker is, or NULL. */
const char *http_maker_argument(const struct fact_param *param);

/* How an event becomes the request (http_request.c), and what happens when the call fails
 * (http_failure.c): lines of the mapping. */
void http_request_find(struct http_finding *finding);
void http_failure_find(struct http_finding *finding);

#endif
