/* Linked into a program that is built with -finstrument-functions: notes every pair of call site
 * and callee in a table that all its processes share.
 *
 * CALL_TRACE names the file of the table; "." and the program's name are added, because addresses
 * mean nothing in another program. Rows are three 64-bit numbers: return address, callee, and the
 * routine on top of the shadow stack, for calls that the C library makes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define N_ROWS (1u << 20)
#define N_PROBES 64u
#define DEPTH 4096
#define PLAIN __attribute__((no_instrument_function))

struct row {
  uint64_t site;
  uint64_t callee;
  uint64_t parent;
};

void __cyg_profile_func_enter(void *callee, void *site);
void __cyg_profile_func_exit(void *callee, void *site);

static struct row *table;
static __thread uint64_t stack[DEPTH];
static __thread int depth;

static PLAIN void open_table(void)
{
  const char *name = getenv("CALL_TRACE");
  char path[4096];
  snprintf(path, sizeof path, "%s.%s", name ? name : "trace", program_invocation_short_name);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0)
    return;
  size_t size = N_ROWS * sizeof(struct row);
  void *memory = MAP_FAILED;
  if (ftruncate(fd, (off_t)size) == 0)
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (memory != MAP_FAILED)
    table = memory;
}

static PLAIN void note(uint64_t site, uint64_t callee, uint64_t parent)
{
  uint64_t hash = (site * 0x9e3779b97f4a7c15u ^ callee * 0xc4ceb9fe1a85ec53u) >> 20;
  for (unsigned i = 0; i < N_PROBES; i++) {
    struct row *row = &table[(hash + i) & (N_ROWS - 1)];
    uint64_t known = __atomic_load_n(&row->site, __ATOMIC_RELAXED);
    if (known == site && row->callee == callee)
      return;
    uint64_t none = 0;
    if (known == 0 && __atomic_compare_exchange_n(&row->site, &none, site, 0, __ATOMIC_RELAXED,
                                                  __ATOMIC_RELAXED)) {
      row->callee = callee;
      row->parent = parent;
      return;
    }
  }
}

PLAIN void __cyg_profile_func_enter(void *callee, void *site)
{
  if (table == NULL)
    open_table();
  if (table == NULL)
    return;
  uint64_t parent = depth > 0 && depth <= DEPTH ? stack[depth - 1] : 0;
  if (depth < DEPTH)
    stack[depth] = (uint64_t)(uintptr_t)callee;
  depth++;
  note((uint64_t)(uintptr_t)site, (uint64_t)(uintptr_t)callee, parent);
}

PLAIN void __cyg_profile_func_exit(void *callee, void *site)
{
  (void)callee;
  (void)site;
  if (depth > 0)
    depth--;
}
