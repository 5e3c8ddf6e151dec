#include "thumb.h"

#include "catalogue.h"
#include "config.h"
#include "db.h"
#include "job.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "notify.h"
#include "stats.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THUMB_SIDE 64
#define PICTURE_MAX_SIDE 4096

/* A number of the header; comments may stand before it. */
static int picture_number(const char *data, size_t length, size_t *at, long *number)
{
  while (*at < length && (isspace((unsigned char)data[*at]) || data[*at] == '#')) {
    if (data[*at] == '#')
      while (*at < length && data[*at] != '\n')
        ++*at;
    else
      ++*at;
  }
  size_t start = *at;
  for (*number = 0; *at < length && isdigit((unsigned char)data[*at]); ++*at) {
    *number = *number * 10 + (data[*at] - '0');
    if (*number > 65535)
      return -1;
  }
  return *at > start ? 0 : -1;
}

int picture_parse(const char *data, size_t length, struct picture *picture)
{
  size_t at = 2;
  long max = 0;
  if (length < 2 || data[0] != 'P' || data[1] != '6' ||
      picture_number(data, length, &at, &picture->width) != 0 ||
      picture_number(data, length, &at, &picture->height) != 0 ||
      picture_number(data, length, &at, &max) != 0 || max != 255 || picture->width < 1 ||
      picture->height < 1 || picture->width > PICTURE_MAX_SIDE ||
      picture->height > PICTURE_MAX_SIDE)
    return -1;
  at++; /* one white space */
  size_t n_bytes = (size_t)picture->width * (size_t)picture->height * 3;
  if (at > length || length - at < n_bytes)
    return -1;
  picture->pixels = mem_alloc(n_bytes);
  memcpy(picture->pixels, data + at, n_bytes);
  return 0;
}

/* The mean of the pixels that fall into one of the smaller picture. */
static void picture_mean(const struct picture *from, long left, long right, long top, long bottom,
                         unsigned char *to)
{
  for (int channel = 0; channel < 3; channel++) {
    long sum = 0, n = 0;
    for (long y = top; y < bottom; y++)
      for (long x = left; x < right; x++, n++)
        sum += from->pixels[(y * from->width + x) * 3 + channel];
    to[channel] = (unsigned char)(n ? (sum + n / 2) / n : 0);
  }
}

void picture_shrink(const struct picture *from, long max, struct picture *to)
{
  long longest = from->width > from->height ? from->width : from->height;
  to->width = longest <= max ? from->width : from->width * max / longest;
  to->height = longest <= max ? from->height : from->height * max / longest;
  if (to->width < 1)
    to->width = 1;
  if (to->height < 1)
    to->height = 1;
  to->pixels = mem_alloc((size_t)to->width * (size_t)to->height * 3);
  for (long y = 0; y < to->height; y++)
    for (long x = 0; x < to->width; x++)
      picture_mean(from, x * from->width / to->width, (x + 1) * from->width / to->width,
                   y * from->height / to->height, (y + 1) * from->height / to->height,
                   &to->pixels[(y * to->width + x) * 3]);
}

static void thumb_path(const char *what, long product_id, char *path, size_t size)
{
  snprintf(path, size, "%s/%s-%ld.ppm", config.thumbs_dir, what, product_id);
}

static int thumb_write_file(const char *path, const void *head, size_t head_length,
                            const void *data, size_t length)
{
  FILE *file = fopen(path, "wb");
  if (!file) {
    log_error("cannot write '%s': %s", path, strerror(errno));
    return -1;
  }
  int failed =
      fwrite(head, 1, head_length, file) != head_length || fwrite(data, 1, length, file) != length;
  return fclose(file) != 0 || failed ? -1 : 0;
}

int thumb_make(long product_id)
{
  char path[sizeof config.thumbs_dir + 40], head[48];
  struct picture picture, small;
  struct response file; /* borrowed for its way of reading files */
  response_init(&file);
  thumb_path("image", product_id, path, sizeof path);
  int status = response_file(&file, path, "");
  if (status == 0)
    status = picture_parse(file.body.data, file.body.length, &picture);
  response_clear(&file);
  if (status != 0) {
    log_error("no picture in '%s'", path);
    return -1;
  }
  picture_shrink(&picture, THUMB_SIDE, &small);
  free(picture.pixels);
  thumb_path("thumb", product_id, path, sizeof path);
  snprintf(head, sizeof head, "P6\n%ld %ld\n255\n", small.width, small.height);
  status = thumb_write_file(path, head, strlen(head), small.pixels,
                            (size_t)small.width * (size_t)small.height * 3);
  free(small.pixels);
  if (status == 0 &&
      db_exec("INSERT INTO thumbnails (product_id, width, height, path) VALUES ($1, $2, $3, $4)"
              " ON CONFLICT (product_id) DO UPDATE SET width = excluded.width,"
              " height = excluded.height, path = excluded.path",
              "iiis", product_id, small.width, small.height, path) < 0)
    status = -1;
  if (status == 0)
    stats.thumbnails++;
  return status;
}

int thumb_job_run(const struct job *job)
{
  return thumb_make(job_arg_long(job, "product"));
}

int thumb_upload(struct request *request, struct response *response)
{
  long id;
  struct product product;
  struct picture picture;
  char path[sizeof config.thumbs_dir + 40], payload[40];
  if (request_arg_long(request, "id", &id) != 0 || catalogue_find(id, &product) != 0)
    return response_error(response, 404, "no such product");
  if (!request->body || picture_parse(request->body, request->body_length, &picture) != 0)
    return response_error(response, 415, "the picture must be a binary PPM");
  free(picture.pixels);
  thumb_path("image", id, path, sizeof path);
  if (thumb_write_file(path, "", 0, request->body, request->body_length) != 0)
    return -1;
  snprintf(payload, sizeof payload, "product=%ld", id);
  notify("thumbnail", payload);
  response->status = 202;
  struct json json;
  json_init(&json, &response->body);
  json_object(&json, NULL);
  json_long(&json, "id", id);
  json_string(&json, "status", "queued");
  json_object_end(&json);
  return 0;
}

struct thumb_row {
  char path[sizeof config.thumbs_dir + 40];
};

static int thumb_take_row(void *context, int n_columns, const char *const *values)
{
  struct thumb_row *row = context;
  (void)n_columns;
  str_copy(row->path, sizeof row->path, values[0]);
  return 0;
}

int thumb_show(struct request *request, struct response *response)
{
  long id;
  struct thumb_row row;
  if (request_arg_long(request, "id", &id) != 0 ||
      db_select(thumb_take_row, &row, "SELECT path FROM thumbnails WHERE product_id = $1", "i",
                id) != 1 ||
      response_file(response, row.path, "image/x-portable-pixmap") != 0)
    return response_error(response, 404, "no thumbnail");
  return 0;
}
