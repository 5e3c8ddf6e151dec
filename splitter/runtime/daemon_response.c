#include "daemon.h"

#include "reply.h"

#include <errno.h>
#include <http_parser.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct MHD_Response *response_new(void)
{
  struct MHD_Response *response = calloc(1, sizeof(*response));
  if (response) {
    response->n_references = 1;
    response->descriptor = -1;
    arena_init(&response->arena);
  }
  return response;
}

static void free_data(void *data)
{
  free(data);
}

struct MHD_Response *MHD_create_response_from_buffer(size_t size, void *buffer,
                                                     enum MHD_ResponseMemoryMode mode)
{
  struct MHD_Response *response = response_new();
  if (!response) {
    return NULL;
  }
  response->data = buffer ? buffer : "";
  response->size = size;
  if (mode == MHD_RESPMEM_MUST_COPY && size > 0) {
    response->data = arena_copy(&response->arena, buffer, size);
  } else if (mode == MHD_RESPMEM_MUST_FREE) {
    response->data_free = free_data;
    response->data_closure = buffer;
  }
  return response;
}

struct MHD_Response *MHD_create_response_from_data(size_t size, void *data, int must_free,
                                                   int must_copy)
{
  enum MHD_ResponseMemoryMode mode = must_copy   ? MHD_RESPMEM_MUST_COPY
                                     : must_free ? MHD_RESPMEM_MUST_FREE
                                                 : MHD_RESPMEM_PERSISTENT;
  struct MHD_Response *response = MHD_create_response_from_buffer(size, data, mode);
  if (response && must_copy && must_free) {
    free(data);
  }
  return response;
}

struct MHD_Response *
MHD_create_response_from_buffer_with_free_callback(size_t size, void *buffer,
                                                   MHD_ContentReaderFreeCallback crfc)
{
  return MHD_create_response_from_buffer_with_free_callback_cls(size, buffer, crfc, buffer);
}

struct MHD_Response *MHD_create_response_from_buffer_with_free_callback_cls(
    size_t size, void *buffer, MHD_ContentReaderFreeCallback crfc, void *crfc_cls)
{
  struct MHD_Response *response =
      MHD_create_response_from_buffer(size, buffer, MHD_RESPMEM_PERSISTENT);
  if (response) {
    response->data_free = crfc;
    response->data_closure = crfc_cls;
  }
  return response;
}

struct MHD_Response *MHD_create_response_from_callback(uint64_t size, size_t block_size,
                                                       MHD_ContentReaderCallback crc, void *crc_cls,
                                                       MHD_ContentReaderFreeCallback crfc)
{
  if (!crc || block_size == 0) {
    return NULL;
  }
  struct MHD_Response *response = response_new();
  if (response) {
    response->total = size;
    response->reader = crc;
    response->reader_closure = crc_cls;
    response->reader_free = crfc;
    response->block_size = block_size < 65536 ? block_size : 65536;
  }
  return response;
}

/* The reader of a file descriptor. */
static ssize_t read_descriptor(void *closure, uint64_t position, char *buffer, size_t room)
{
  const struct MHD_Response *response = closure;
  ssize_t got;
  do {
    got = pread(response->descriptor, buffer, room, (off_t)(response->offset + position));
  } while (got < 0 && errno == EINTR);
  return got > 0    ? got
         : got == 0 ? MHD_CONTENT_READER_END_OF_STREAM
                    : MHD_CONTENT_READER_END_WITH_ERROR;
}

struct MHD_Response *MHD_create_response_from_fd_at_offset64(uint64_t size, int fd, uint64_t offset)
{
  struct MHD_Response *response =
      MHD_create_response_from_callback(size, 65536, read_descriptor, NULL, NULL);
  if (response) {
    response->descriptor = fd;
    response->offset = offset;
    response->reader_closure = response;
  }
  return response;
}

#undef MHD_create_response_from_fd_at_offset
struct MHD_Response *MHD_create_response_from_fd_at_offset(size_t size, int fd, off_t offset)
{
  return MHD_create_response_from_fd_at_offset64(size, fd, (uint64_t)offset);
}

struct MHD_Response *MHD_create_response_from_fd64(uint64_t size, int fd)
{
  return MHD_create_response_from_fd_at_offset64(size, fd, 0);
}

struct MHD_Response *MHD_create_response_from_fd(size_t size, int fd)
{
  return MHD_create_response_from_fd_at_offset64(size, fd, 0);
}

enum MHD_Result MHD_set_response_options(struct MHD_Response *response,
                                         enum MHD_ResponseFlags flags, ...)
{
  (void)flags; /* all of them concern the connection, which is the platform's */
  return response ? MHD_YES : MHD_NO;
}

void MHD_destroy_response(struct MHD_Response *response)
{
  if (!response || --response->n_references > 0) {
    return;
  }
  if (response->data_free) {
    response->data_free(response->data_closure);
  }
  if (response->reader_free) {
    response->reader_free(response->reader_closure);
  }
  if (response->descriptor >= 0) {
    close(response->descriptor);
  }
  arena_clear(&response->arena);
  free(response);
}

static bool is_header_text(const char *text)
{
  return text && *text != '\0' && !strpbrk(text, "\t\r\n");
}

enum MHD_Result MHD_add_response_header(struct MHD_Response *response, const char *header,
                                        const char *content)
{
  if (!response || !is_header_text(header) || !is_header_text(content)) {
    return MHD_NO;
  }
  fields_add(&response->headers, &response->arena, arena_string(&response->arena, header),
             arena_string(&response->arena, content));
  return MHD_YES;
}

enum MHD_Result MHD_add_response_footer(struct MHD_Response *response, const char *footer,
                                        const char *content)
{
  /* No platform carries trailers to the caller. */
  return response && is_header_text(footer) && is_header_text(content) ? MHD_YES : MHD_NO;
}

enum MHD_Result MHD_del_response_header(struct MHD_Response *response, const char *header,
                                        const char *content)
{
  struct fields *headers = &response->headers;
  for (size_t i = 0; i < headers->n_items; i++) {
    if (name_equals(headers->items[i].name, header) &&
        strcmp(headers->items[i].value, content) == 0) {
      memmove(&headers->items[i], &headers->items[i + 1],
              (headers->n_items - i - 1) * sizeof(*headers->items));
      headers->n_items--;
      return MHD_YES;
    }
  }
  return MHD_NO;
}

int MHD_get_response_headers(struct MHD_Response *response, MHD_KeyValueIterator iterator,
                             void *iterator_cls)
{
  int n = 0;
  for (size_t i = 0; i < response->headers.n_items; i++) {
    n++;
    if (iterator && iterator(iterator_cls, MHD_HEADER_KIND, response->headers.items[i].name,
                             response->headers.items[i].value) != MHD_YES) {
      break;
    }
  }
  return n;
}

const char *MHD_get_response_header(struct MHD_Response *response, const char *key)
{
  struct cleave_fields view = fields_view(&response->headers);
  return key ? cleave_fields_get(&view, key, true) : NULL;
}

const char *MHD_get_reason_phrase_for(unsigned int code)
{
  return http_status_str((enum http_status)code);
}

enum MHD_Result MHD_queue_response(struct MHD_Connection *connection, unsigned int status_code,
                                   struct MHD_Response *response)
{
  if (!connection || !response || connection->response || status_code < 200 || status_code > 599) {
    return MHD_NO;
  }
  response->n_references++;
  connection->response = response;
  connection->status = status_code;
  return MHD_YES;
}

/* Reads the response to its end; a reader that has nothing yet is asked again after a moment. */
static int read_all(struct MHD_Response *response, struct cleave_reply *reply,
                    struct cleave_error *error)
{
  char *block = arena_alloc(&reply->arena, response->block_size);
  uint64_t position = 0;
  while (response->total == MHD_SIZE_UNKNOWN || position < response->total) {
    uint64_t left = response->total - position;
    size_t room = left < response->block_size ? (size_t)left : response->block_size;
    ssize_t got = response->reader(response->reader_closure, position, block, room);
    if (got == MHD_CONTENT_READER_END_OF_STREAM) {
      return 0;
    }
    if (got < 0) {
      return cleave_error_set(error, 500, "Function.Closed",
                              "the response's content reader failed");
    }
    if (got == 0) {
      struct timespec pause = {0, 1000000};
      nanosleep(&pause, NULL);
    } else if (cleave_reply_write(reply, block, (size_t)got) != 0) {
      return 0; /* too large: the runtime reports it */
    }
    position += (uint64_t)got;
  }
  return 0;
}

int daemon_send_response(struct MHD_Connection *connection, struct cleave_error *error)
{
  struct MHD_Response *response = connection->response;
  struct cleave_reply *reply = connection->reply;
  cleave_reply_status(reply, (int)connection->status);
  for (size_t i = 0; i < response->headers.n_items; i++) {
    cleave_reply_header(reply, response->headers.items[i].name, response->headers.items[i].value);
  }
  if (strcmp(connection->event->method, "HEAD") == 0) {
    return 0;
  }
  if (response->reader) {
    return read_all(response, reply, error);
  }
  cleave_reply_write(reply, response->data, response->size);
  return 0;
}
