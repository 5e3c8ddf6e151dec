#include "cli/output.h"

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

int output_write(const struct context *context, const char *path, const char *bytes, size_t size)
{
  g_autoptr(GError) error = NULL;
  if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
    return context_fail(context, EXIT_FILE, "cannot write '%s': it is a folder", path);
  }
  if (!g_file_set_contents_full(path, bytes, (gssize)size, G_FILE_SET_CONTENTS_CONSISTENT, 0644,
                                &error)) {
    return context_fail(context, EXIT_FILE, "cannot write '%s': %s", path, reason_of(error));
  }
  return EXIT_DONE;
}
