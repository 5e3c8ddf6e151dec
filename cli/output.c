#include "cli/output.h"

#include <errno.h>

/* What went wrong, without the name of the temporary file that GLib's message has. */
static const char *reason_of(const GError *error)
{
  static const struct {
    GFileError code;
    const char *text;
  } reasons[] = {
      {G_FILE_ERROR_NOENT, "no such folder"},
      {G_FILE_ERROR_ACCES, "permission denied"},
      {G_FILE_ERROR_PERM, "not permitted"},
      {G_FILE_ERROR_ROFS, "the file system is read-only"},
      {G_FILE_ERROR_NOSPC, "no space left"},
      {G_FILE_ERROR_NOTDIR, "a part of the path is not a folder"},
      {G_FILE_ERROR_NAMETOOLONG, "the name is too long"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++) {
    if (g_error_matches(error, G_FILE_ERROR, (int)reasons[i].code)) {
      return reasons[i].text;
    }
  }
  return error->message;
}

/* A device or a pipe is written to; only a regular file may be put in the place of another. */
static int write_into(const struct context *context, const char *path, const char *bytes,
                      size_t size)
{
  FILE *file = fopen(path, "we");
  bool is_written = file && fwrite(bytes, 1, size, file) == size && fflush(file) == 0;
  int code = errno;
  if (file && fclose(file) != 0 && is_written) {
    code = errno;
    is_written = false;
  }
  return is_written ? EXIT_DONE
                    : context_fail(context, EXIT_FILE, "cannot write '%s': %s", path,
                                   code == ENOSPC ? "no space left" : g_strerror(code));
}

int output_write(const struct context *context, const char *path, const char *bytes, size_t size)
{
  g_autoptr(GError) error = NULL;
  if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
    return context_fail(context, EXIT_FILE, "cannot write '%s': it is a folder", path);
  }
  if (g_file_test(path, G_FILE_TEST_EXISTS) && !g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
    return write_into(context, path, bytes, size);
  }
  if (!g_file_set_contents_full(path, bytes, (gssize)size, G_FILE_SET_CONTENTS_CONSISTENT, 0644,
                                &error)) {
    return context_fail(context, EXIT_FILE, "cannot write '%s': %s", path, reason_of(error));
  }
  return EXIT_DONE;
}
