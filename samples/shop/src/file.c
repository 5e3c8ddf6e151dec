#include "shop.h"

int file_read(const char *path, struct buffer *to) {
  char chunk[4096];
  size_t n;
  FILE *file = fopen(path, "rb");
  if (!file) return -1;
  while ((n = fread(chunk, 1, sizeof chunk, file)) > 0) buffer_add(to, chunk, n);
  int failed = ferror(file);
  fclose(file);
  return failed ? -1 : 0;
}

int file_write(const char *path, const struct buffer *from) {
  FILE *file = fopen(path, "wb");
  size_t n = file ? fwrite(from->data, 1, from->length, file) : 0;
  if (!file || fclose(file) != 0 || n != from->length) {
    log_error("cannot write '%s': %s", path, strerror(errno));
    return -1;
  }
  return 0;
}
