#include "shop.h"

#define THUMB_SIDE 64
#define PICTURE_MAX_SIDE 4096
#define THUMB_PATH_SIZE (sizeof config.thumbs_dir + 40)

static int picture_number(const char *data, size_t length, size_t *at, long *number) {
  while (*at < length && isspace((unsigned char)data[*at])) ++*at;
  size_t start = *at;
  for (*number = 0; *at < length && isdigit((unsigned char)data[*at]); ++*at) {
    *number = *number * 10 + (data[*at] - '0');
    if (*number > 65535) return -1;
  }
  return *at > start ? 0 : -1;
}

int picture_parse(const char *data, size_t length, struct picture *picture) {
  size_t at = 2;
  long max = 0;
  if (length < 2 || data[0] != 'P' || data[1] != '6' || picture_number(data, length, &at, &picture->width) != 0 ||
      picture_number(data, length, &at, &picture->height) != 0 || picture_number(data, length, &at, &max) != 0 ||
      max != 255 || picture->width < 1 || picture->height < 1 || picture->width > PICTURE_MAX_SIDE ||
      picture->height > PICTURE_MAX_SIDE)
    return -1;
  at++; /* one white space */
  size_t n_bytes = (size_t)picture->width * (size_t)picture->height * 3;
  if (at > length || length - at < n_bytes) return -1;
  picture->pixels = mem_alloc(n_bytes);
  memcpy(picture->pixels, data + at, n_bytes);
  return 0;
}

/* The mean of the pixels that fall into one of the smaller picture. */
static void picture_mean(const struct picture *from, long left, long right, long top, long bottom, unsigned char *to) {
  for (int channel = 0; channel < 3; channel++) {
    long sum = 0, n = 0;
    for (long y = top; y < bottom; y++)
      for (long x = left; x < right; x++, n++) sum += from->pixels[(y * from->width + x) * 3 + channel];
    to[channel] = (unsigned char)(n ? (sum + n / 2) / n : 0);
  }
}

void picture_shrink(const struct picture *from, long max, struct picture *to) {
  long longest = from->width > from->height ? from->width : from->height;
  to->width = longest <= max ? from->width : from->width * max / longest;
  to->height = longest <= max ? from->height : from->height * max / longest;
  if (to->width < 1) to->width = 1;
  if (to->height < 1) to->height = 1;
  to->pixels = mem_alloc((size_t)to->width * (size_t)to->height * 3);
  for (long y = 0; y < to->height; y++)
    for (long x = 0; x < to->width; x++)
      picture_mean(from, x * from->width / to->width, (x + 1) * from->width / to->width, y * from->height / to->height,
                   (y + 1) * from->height / to->height, &to->pixels[(y * to->width + x) * 3]);
}

static void thumb_path(const char *what, long product_id, char *path, size_t size) {
  snprintf(path, size, "%s/%s-%ld.ppm", config.thumbs_dir, what, product_id);
}

/* Reads the picture of a product and writes the small one. */
static int thumb_convert(long product_id, struct picture *small, char *path, size_t size) {
  struct picture picture;
  struct buffer file;
  buffer_init(&file);
  thumb_path("image", product_id, path, size);
  if (file_read(path, &file) != 0 || picture_parse(file.data, file.length, &picture) != 0) {
    log_error("no picture in '%s'", path);
    buffer_clear(&file);
    return -1;
  }
  picture_shrink(&picture, THUMB_SIDE, small);
  free(picture.pixels);
  thumb_path("thumb", product_id, path, size);
  file.length = 0;
  buffer_printf(&file, "P6\n%ld %ld\n255\n", small->width, small->height);
  buffer_add(&file, (const char *)small->pixels, (size_t)small->width * (size_t)small->height * 3);
  free(small->pixels);
  int status = file_write(path, &file);
  buffer_clear(&file);
  return status;
}

int thumb_make(long product_id) {
  char path[THUMB_PATH_SIZE];
  struct picture small;
  if (thumb_convert(product_id, &small, path, sizeof path) != 0 ||
      db_exec("INSERT INTO thumbnails (product_id, width, height, path) VALUES ($1, $2, $3, $4)"
              " ON CONFLICT (product_id) DO UPDATE SET width = excluded.width, height = excluded.height,"
              " path = excluded.path",
              "iiis", product_id, small.width, small.height, path) < 0)
    return -1;
  stats.thumbnails++;
  return 0;
}

int thumb_job_run(const struct job *job) { return thumb_make(job_arg_long(job, "product")); }

int thumb_upload(struct request *request, struct response *response) {
  long id;
  struct product product;
  struct picture picture;
  char path[THUMB_PATH_SIZE], payload[40];
  if (request_arg_long(request, "id", &id) != 0 || catalogue_find(id, &product) != 0)
    return response_error(response, 404, "no such product");
  if (!request->body || picture_parse(request->body, request->body_length, &picture) != 0)
    return response_error(response, 415, "the picture must be a binary PPM");
  free(picture.pixels);
  thumb_path("image", id, path, sizeof path);
  struct buffer file = {request->body, request->body_length, request->body_length};
  if (file_write(path, &file) != 0) return -1;
  snprintf(payload, sizeof payload, "product=%ld", id);
  notify("thumbnail", payload);
  response->status = 202;
  json_write(&response->body, "{'id':%l,'status':'queued'}", id);
  return 0;
}

static int thumb_take_path(void *context, const char *const *values) {
  str_copy(context, THUMB_PATH_SIZE, values[0]);
  return 0;
}

int thumb_show(struct request *request, struct response *response) {
  long id;
  char path[THUMB_PATH_SIZE];
  if (request_arg_long(request, "id", &id) != 0 ||
      db_select_one(thumb_take_path, path, "SELECT path FROM thumbnails WHERE product_id = $1", "i", id) != 0 ||
      response_file(response, path, "image/x-portable-pixmap") != 0)
    return response_error(response, 404, "no thumbnail");
  return 0;
}
