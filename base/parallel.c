#include "base/parallel.h"

#include <glib.h>

struct work {
  void (*run)(void *context, unsigned i);
  void *context;
  unsigned n;
  gint next; /* taken one after the other */
};

static gpointer take_all(gpointer data)
{
  struct work *work = data;
  unsigned i;
  while ((i = (unsigned)g_atomic_int_add(&work->next, 1)) < work->n) {
    work->run(work->context, i);
  }
  return NULL;
}

void parallel_run(unsigned n_threads, unsigned n, void (*run)(void *context, unsigned i),
                  void *context)
{
  struct work work = {run, context, n, 0};
  g_autoptr(GPtrArray) threads = g_ptr_array_new();
  for (unsigned i = 1; i < MIN(n_threads, n); i++) {
    GThread *thread = g_thread_try_new("cleave", take_all, &work, NULL);
    if (thread) {
      g_ptr_array_add(threads, thread);
    }
  }
  take_all(&work);
  for (guint i = 0; i < threads->len; i++) {
    g_thread_join(threads->pdata[i]);
  }
}
