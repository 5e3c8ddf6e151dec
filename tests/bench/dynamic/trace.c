#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#define N (1u << 20)
#define NO __attribute__((no_instrument_function))
struct pair { uint64_t site, callee, parent; };
static struct pair *table;
static __thread uint64_t stack[4096];
static __thread int depth;
static NO void start(void) {
  const char *name = getenv("CALL_TRACE");
  int fd = open(name ? name : "trace.bin", O_RDWR | O_CREAT, 0644);
  if (ftruncate(fd, N * sizeof(struct pair))) return;
  void *p = mmap(0, N * sizeof(struct pair), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (p != MAP_FAILED) table = p;
}
NO void __cyg_profile_func_enter(void *callee, void *site) {
  if (!table) { start(); if (!table) return; }
  uint64_t parent = depth > 0 && depth <= 4096 ? stack[depth - 1] : 0;
  if (depth < 4096) stack[depth] = (uint64_t)callee;
  depth++;
  uint64_t s = (uint64_t)site, c = (uint64_t)callee, h = (s * 0x9e3779b97f4a7c15u ^ c * 0xc4ceb9fe1a85ec53u) >> 20;
  for (unsigned i = 0; i < 64; i++) {
    struct pair *p = &table[(h + i) & (N - 1)];
    uint64_t old = __atomic_load_n(&p->site, __ATOMIC_RELAXED);
    if (old == s && p->callee == c) return;
    if (old == 0) {
      uint64_t zero = 0;
      if (__atomic_compare_exchange_n(&p->site, &zero, s, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) { p->callee = c; p->parent = parent; return; }
    }
  }
}
NO void __cyg_profile_func_exit(void *callee, void *site) { (void)callee; (void)site; if (depth > 0) depth--; }
