/* The monolith's realloc() and free(), while a routine may change what an event brought: the linker
 * puts these in their place (--wrap), so that every piece is freed once by whoever owns it then. */
#include "cleave_marshal.h"

#include <stdint.h>
#include <stdlib.h>

void *__real_realloc(void *old, size_t size);
void __real_free(void *old);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *old);

void *__wrap_realloc(void *old, size_t size)
{
  uintptr_t from = (uintptr_t)old;
  void *now = __real_realloc(old, size);
  if (now) {
    cleave_marshal_moved(from, now, size);
  }
  return now;
}

void __wrap_free(void *old)
{
  if (old) {
    cleave_marshal_freed(old);
  }
  __real_free(old);
}
