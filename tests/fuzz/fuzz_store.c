/* A store file of any bytes is opened and read, or refused; it is never written when it is refused.
 * Input: the file. */
#include <glib/gstdio.h>
#include <unistd.h>

#include "store/facts.h"
#include "store/store.h"
#include "store/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp("cleave-fuzz-XXXXXX", &path, NULL);
  g_assert_cmpint(fd, >=, 0);
  g_assert_cmpint(write(fd, data, size), ==, (gssize)size);
  close(fd);
  g_autoptr(store_t) store = store_open(path, STORE_READ, NULL);
  if (store) {
    for (const char *const *name = view_names(); *name; name++) {
      g_autoptr(view_rows) rows = view_read(store, *name, NULL, 0, NULL);
    }
    g_autoptr(record_set) units = store_load(store, &fact_unit_table, NULL, NULL);
  }
  g_remove(path);
  return 0;
}
