/* The description of added headers as a worker hands it on, and a source that is held against it:
 * damaged descriptions are refused or can be used. The source stands behind the first NUL. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyzer/added_headers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold_against(struct added *added, const char *source, size_t size)
{
  int fd = memfd_create("source", MFD_CLOEXEC);
  g_assert_cmpint(fd, >=, 0);
  g_assert_cmpint(write(fd, source, size), ==, (ssize_t)size);
  g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
  const char *const arguments[] = {"-D", "GIVEN(x)=x##_y", "-std=c11", NULL};
  struct added_terms terms = {NULL, NULL};
  added_below(added, path);
  if (added_fits(added, path, arguments, NULL, 1, &terms))
    g_assert_true(terms.expected != NULL && terms.unseen != NULL);
  else
    g_assert_null(terms.expected);
  added_terms_clear(&terms);
  close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
  size_t described = end != NULL ? (size_t)(end - data) : size;
  g_autoptr(GBytes) description = g_bytes_new(data, described);
  struct added *added = added_open(description, "/nonexistent/own");
  if (added == NULL)
    return 0;
  g_assert_cmpuint(added_files(added)->len, >, 0);
  if (end != NULL)
    hold_against(added, (const char *)end + 1, size - described - 1);
  added_free(added);
  return 0;
}
