#include "handler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM ((size_t)256 * 1024)

struct request {
  char text[ROOM];
  size_t n;
  size_t n_upload;
  struct MHD_PostProcessor *form;
};

static void add(struct request *request, const char *data, size_t n)
{
  size_t room = ROOM - request->n;
  n = n < room ? n : room;
  memcpy(request->text + request->n, data, n);
  request->n += n;
}

static void add_text(struct request *request, const char *text)
{
  add(request, text, strlen(text));
}

static enum MHD_Result add_value(void *closure, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
  struct request *request = closure;
  char number[16];
  snprintf(number, sizeof(number), "\n%d ", (int)kind);
  add_text(request, number);
  add_text(request, name);
  add_text(request, "=");
  add_text(request, value ? value : "(null)");
  return MHD_YES;
}

/* A value may come in pieces: only the first one has an offset of 0. */
static enum MHD_Result add_form_value(void *closure, enum MHD_ValueKind kind, const char *name,
                                      const char *file, const char *type, const char *encoding,
                                      const char *data, uint64_t offset, size_t n)
{
  struct request *request = closure;
  (void)kind;
  (void)encoding;
  if (offset == 0) {
    add_text(request, "\nform ");
    add_text(request, name);
    add_text(request, file ? " file=" : "");
    add_text(request, file ? file : "");
    add_text(request, type ? " type=" : "");
    add_text(request, type ? type : "");
    add_text(request, ": ");
  }
  add(request, data ? data : "", n);
  return MHD_YES;
}

static enum MHD_Result answer(struct MHD_Connection *connection, struct request *request,
                              const char *url, const char *method)
{
  const char *tag = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "x-tag");
  char *line = malloc(strlen(url) + strlen(method) + (tag ? strlen(tag) : 0) + 64);
  int n = sprintf(line, "%s %s tag=%s upload=%zu", method, url, tag ? tag : "(null)",
                  request->n_upload);
  char *text = malloc((size_t)n + request->n + 1);
  memcpy(text, line, (size_t)n);
  memcpy(text + n, request->text, request->n);
  free(line);
  struct MHD_Response *response =
      MHD_create_response_from_buffer((size_t)n + request->n, text, MHD_RESPMEM_MUST_FREE);
  MHD_add_response_header(response, "Content-Type", "text/plain");
  MHD_add_response_header(response, "X-Twice", "1");
  MHD_add_response_header(response, "X-Twice", "2");
  MHD_add_response_header(response, "Set-Cookie", "a=1; Path=/");
  enum MHD_Result result = MHD_queue_response(connection, 202, response);
  MHD_destroy_response(response);
  return result;
}

/* Written as libmicrohttpd's manual shows it: state per request behind the last parameter. */
static enum MHD_Result handle(void *closure, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *n_upload, void **state)
{
  (void)closure;
  (void)version;
  struct request *request = *state;
  if (!request) {
    request = calloc(1, sizeof(*request));
    request->form = MHD_create_post_processor(connection, 1024, add_form_value, request);
    *state = request;
    return MHD_YES;
  }
  if (*n_upload > 0) {
    if (request->form) {
      MHD_post_process(request->form, upload, *n_upload);
    } else {
      request->n_upload += *n_upload;
    }
    *n_upload = 0;
    return MHD_YES;
  }
  if (strcmp(url, "/mhd/closed") == 0) {
    return MHD_NO;
  }
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND | MHD_COOKIE_KIND, add_value,
                            request);
  return answer(connection, request, url, method);
}

static void completed(void *closure, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode code)
{
  (void)closure;
  (void)connection;
  (void)code;
  struct request *request = *state;
  if (request) {
    if (request->form) {
      MHD_destroy_post_processor(request->form);
    }
    free(request);
    printf("completed %d\n", (int)code);
  }
}

struct MHD_Daemon *handler_start(unsigned short port)
{
  return MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, port, NULL, NULL, handle, NULL,
                          MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)65536,
                          MHD_OPTION_CONNECTION_TIMEOUT, 30U, MHD_OPTION_NOTIFY_COMPLETED,
                          completed, NULL, MHD_OPTION_END);
}
