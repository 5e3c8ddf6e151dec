#include "daemon.h"

#include "encoding.h"

#include <stdlib.h>
#include <string.h>

/* A form is parsed when its last byte has come; each value is delivered in one piece. */
struct MHD_PostProcessor {
  struct MHD_Connection *connection;
  MHD_PostDataIterator iterator;
  void *closure;
  struct buffer body;
  struct arena arena;
  const char *boundary; /* NULL: application/x-www-form-urlencoded */
  bool is_done;
  bool has_failed;
};

/* A parameter of a header value (boundary=…, name="…"), or NULL. */
static const char *parameter(struct arena *arena, const char *header, const char *name)
{
  size_t n_name = strlen(name);
  for (const char *piece = strchr(header, ';'); piece; piece = strchr(piece, ';')) {
    piece++;
    piece += strspn(piece, " \t");
    if (!name_begins(piece, name) || piece[n_name] != '=') {
      continue;
    }
    const char *value = piece + n_name + 1;
    if (*value == '"') {
      return arena_copy(arena, value + 1, strcspn(value + 1, "\""));
    }
    return arena_copy(arena, value, strcspn(value, "; \t"));
  }
  return NULL;
}

struct MHD_PostProcessor *MHD_create_post_processor(struct MHD_Connection *connection,
                                                    size_t buffer_size, MHD_PostDataIterator iter,
                                                    void *iter_cls)
{
  const char *type = connection->event->content_type;
  bool is_form = name_begins(type, MHD_HTTP_POST_ENCODING_FORM_URLENCODED);
  bool is_multipart = name_begins(type, MHD_HTTP_POST_ENCODING_MULTIPART_FORMDATA);
  struct MHD_PostProcessor *processor = NULL;
  if (buffer_size >= 256 && iter && (is_form || is_multipart)) {
    processor = calloc(1, sizeof(*processor));
  }
  if (!processor) {
    return NULL;
  }
  processor->connection = connection;
  processor->iterator = iter;
  processor->closure = iter_cls;
  arena_init(&processor->arena);
  buffer_init(&processor->body, connection->event->body.length);
  if (is_multipart) {
    processor->boundary = parameter(&processor->arena, type, "boundary");
    if (!processor->boundary || *processor->boundary == '\0') {
      arena_clear(&processor->arena);
      free(processor);
      return NULL;
    }
  }
  return processor;
}

static bool deliver(struct MHD_PostProcessor *processor, const char *name, const char *file,
                    const char *type, const char *encoding, const char *data, size_t n)
{
  return processor->iterator(processor->closure, MHD_POSTDATA_KIND, name, file, type, encoding,
                             data, 0, n) == MHD_YES;
}

static bool parse_form(struct MHD_PostProcessor *processor)
{
  const char *piece = buffer_text(&processor->body);
  const char *end = piece + processor->body.length;
  while (end > piece && (end[-1] == '\r' || end[-1] == '\n')) {
    end--;
  }
  while (piece < end) {
    const char *stop = memchr(piece, '&', (size_t)(end - piece));
    stop = stop ? stop : end;
    const char *equal = memchr(piece, '=', (size_t)(stop - piece));
    size_t n_name = (size_t)((equal ? equal : stop) - piece);
    size_t length = 0;
    char *name = percent_decode(&processor->arena, piece, n_name, true, &length);
    char *value = NULL;
    length = 0;
    if (equal) {
      value =
          percent_decode(&processor->arena, equal + 1, (size_t)(stop - equal - 1), true, &length);
    }
    if (stop > piece && !deliver(processor, name, NULL, NULL, NULL, value, length)) {
      return true; /* the iterator has had enough */
    }
    piece = stop + 1;
  }
  return true;
}

/* The headers of a part: from start to the blank line. Returns where its data begin, or NULL. */
static const char *part_headers(struct MHD_PostProcessor *processor, const char *start,
                                const char *end, struct fields *headers)
{
  while (start < end) {
    const char *feed = memmem(start, (size_t)(end - start), "\r\n", 2);
    if (!feed) {
      return NULL;
    }
    if (feed == start) {
      return feed + 2;
    }
    char *line = arena_copy(&processor->arena, start, (size_t)(feed - start));
    char *colon = strchr(line, ':');
    if (colon) {
      *colon = '\0';
      fields_add(headers, &processor->arena, line, colon + 1 + strspn(colon + 1, " \t"));
    }
    start = feed + 2;
  }
  return NULL;
}

static bool deliver_part(struct MHD_PostProcessor *processor, const char *start, const char *end)
{
  struct fields headers = {NULL, 0, 0};
  const char *data = part_headers(processor, start, end, &headers);
  struct cleave_fields view = fields_view(&headers);
  const char *disposition = data ? cleave_fields_get(&view, "Content-Disposition", true) : NULL;
  const char *name = disposition ? parameter(&processor->arena, disposition, "name") : NULL;
  if (!name) {
    processor->has_failed = true;
    return false;
  }
  return deliver(processor, name, parameter(&processor->arena, disposition, "filename"),
                 cleave_fields_get(&view, "Content-Type", true),
                 cleave_fields_get(&view, "Content-Transfer-Encoding", true),
                 arena_copy(&processor->arena, data, (size_t)(end - data)), (size_t)(end - data));
}

/* Parts between --boundary lines, the last one --boundary-- (RFC 2046, section 5.1.1). */
static bool parse_multipart(struct MHD_PostProcessor *processor)
{
  const char *mark = arena_print(&processor->arena, "--%s", processor->boundary);
  const char *inner = arena_print(&processor->arena, "\r\n--%s", processor->boundary);
  const char *start = buffer_text(&processor->body);
  const char *end = start + processor->body.length;
  start = memmem(start, (size_t)(end - start), mark, strlen(mark));
  start = start ? start + strlen(mark) : NULL;
  while (start && end - start >= 2 && memcmp(start, "\r\n", 2) == 0) {
    start += 2;
    const char *stop = memmem(start, (size_t)(end - start), inner, strlen(inner));
    if (!stop) {
      return false;
    }
    if (!deliver_part(processor, start, stop)) {
      return !processor->has_failed;
    }
    start = stop + strlen(inner);
  }
  return start && end - start >= 2 && memcmp(start, "--", 2) == 0;
}

static void parse(struct MHD_PostProcessor *processor)
{
  processor->is_done = true;
  bool is_good = processor->boundary ? parse_multipart(processor) : parse_form(processor);
  processor->has_failed = !is_good;
}

enum MHD_Result MHD_post_process(struct MHD_PostProcessor *pp, const char *post_data,
                                 size_t post_data_len)
{
  if (!pp || pp->has_failed) {
    return MHD_NO;
  }
  if (post_data_len == 0 || pp->is_done) {
    return MHD_YES;
  }
  if (!buffer_add(&pp->body, post_data, post_data_len)) {
    pp->has_failed = true;
    return MHD_NO;
  }
  if (pp->body.length == pp->connection->event->body.length) {
    parse(pp);
  }
  return pp->has_failed ? MHD_NO : MHD_YES;
}

enum MHD_Result MHD_destroy_post_processor(struct MHD_PostProcessor *pp)
{
  if (!pp) {
    return MHD_YES;
  }
  if (!pp->is_done && !pp->has_failed && pp->body.length > 0) {
    parse(pp);
  }
  enum MHD_Result result = pp->has_failed ? MHD_NO : MHD_YES;
  buffer_clear(&pp->body);
  arena_clear(&pp->arena);
  free(pp);
  return result;
}
