/* A request and its response, as the handlers see them. Knows nothing of the HTTP library. */
#pragma once

#include "util.h"

#include <stddef.h>

struct field {
  char *name, *value;
};

struct fields {
  struct field *items;
  int n;
};

struct request {
  char method[8];
  char *path;            /* decoded, without the query */
  struct fields args;    /* of the path, the query and a form body */
  struct fields headers; /* names in lower case */
  char *body;
  size_t body_length;
};

struct response {
  int status; /* 200 until a handler says otherwise */
  char content_type[64];
  struct buffer body;
  struct fields headers;
};

/* A handler answers one route. It returns 0, or -1 when the answer must be a plain 500. */
typedef int (*handler_fn)(struct request *request, struct response *response);

void fields_add(struct fields *fields, const char *name, const char *value);
const char *fields_get(const struct fields *fields, const char *name);
void fields_parse_form(struct fields *fields, const char *text, size_t length);
void fields_clear(struct fields *fields);

/* The target is the raw one of the request line: "/search?q=red%20shoe". */
struct request *request_new(const char *method, const char *target);
void request_free(struct request *request);
void request_add_header(struct request *request, const char *name, const char *value);

/* Copies the body. Call it after the headers: a form body becomes arguments. */
void request_set_body(struct request *request, const char *data, size_t length);

/* An argument by name, NULL when there is none. */
const char *request_arg(const struct request *request, const char *name);
int request_arg_long(const struct request *request, const char *name, long *value);
const char *request_header(const struct request *request, const char *name);

void response_init(struct response *response);
void response_clear(struct response *response);
void response_add_header(struct response *response, const char *name, const char *value);

/* Replaces what was written so far with {"error": message}. Returns 0. */
int response_error(struct response *response, int status, const char *message);

/* Replaces the body with a file's bytes: 0, or -1 when it cannot be read. */
int response_file(struct response *response, const char *path, const char *content_type);

/* Finds the handler of a request in the route table and calls it. */
struct route {
  const char *method;
  const char *path; /* "/products/:id": a segment with a colon becomes an argument */
  handler_fn handler;
};

extern const struct route routes[];
extern const int n_routes;

/* Whether the path fits the pattern; with add_args its segments become arguments. */
int route_match(const char *pattern, struct request *request, int add_args);

void router_dispatch(struct request *request, struct response *response);
