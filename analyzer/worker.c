#include "analyzer/worker.h"

#include "analyzer/parse.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Beyond this a precompiled header is not worth its disk. */
#define PRECOMPILED_LIMIT (256u * 1024 * 1024)

bool worker_write(int fd, const void *bytes, size_t size)
{
  const char *at = bytes;
  while (size > 0) {
    ssize_t n = write(fd, at, size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    at += n;
    size -= (size_t)n;
  }
  return true;
}

static bool read_all(int fd, void *bytes, size_t size)
{
  char *at = bytes;
  while (size > 0) {
    ssize_t n = read(fd, at, size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    at += n;
    size -= (size_t)n;
  }
  return true;
}

char *worker_prefix_path(const char *folder, guint number, bool is_added)
{
  return g_strdup_printf("%s/%u.%s", folder, number, is_added ? "added" : "pch");
}

static bool is_needed(const struct work *work, int fd)
{
  for (guint i = 0; i < work->prefixes->all->len; i++) {
    const struct prefix *prefix = work->prefixes->all->pdata[i];
    if (prefix->precompiled == fd || prefix->added == fd)
      return true;
  }
  return false;
}

/* Nothing of the parent's may be reached from here: not its files, not its terminal. */
static void isolate(const struct work *work, int in, int out)
{
  uint64_t memory_limit = work->options->memory_limit;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing >= 0) {
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
  }
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  struct rlimit no_file = {0, work->folder != NULL ? PRECOMPILED_LIMIT : 0};
  setrlimit(RLIMIT_FSIZE, &no_file);
  if (memory_limit > 0) {
    struct rlimit limit = {memory_limit, memory_limit};
    setrlimit(RLIMIT_AS, &limit);
  }
  for (int fd = 3; fd < 1024; fd++)
    if (fd != in && fd != out && !is_needed(work, fd))
      close(fd);
}

/* Standard headers on top of what the request names. */
static void add_headers(const struct work *work, const struct parser_calls *calls,
                        struct parser *parser, uint32_t number, const struct parse_request *request,
                        struct parsed *parsed)
{
  const struct prefix *prefix = work->prefixes->all->pdata[number];
  g_autofree char *path = worker_prefix_path(work->folder, number, true);
  parsed->description = calls->add(parser, request, prefix->added_text, path);
}

/* The same on top of the prefix, which lies at PATH. */
static void add_above(const struct work *work, const struct parser_calls *calls,
                      struct parser *parser, uint32_t number,
                      const struct parse_request *prefix_request, const char *path,
                      struct parsed *parsed)
{
  g_autofree char *below = g_strdup_printf("/proc/self/fd/%u", BELOW_FD + number);
  struct parse_request request = *prefix_request;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0)
    return;
  if (dup3(fd, BELOW_FD + (int)number, O_CLOEXEC) >= 0) {
    request.precompiled = below;
    add_headers(work, calls, parser, number, &request, parsed);
    close(BELOW_FD + (int)number);
  }
  close(fd);
}

static bool make_prefix(const struct work *work, const struct parser_calls *calls,
                        struct parser *parser, uint32_t number, struct parsed *parsed,
                        GError **error)
{
  const struct prefix *prefix = work->prefixes->all->pdata[number];
  const struct compilation *model = work->compilations->all->pdata[prefix->model];
  struct parse_request request = {.file = prefix->file,
                                  .directory = model->directory,
                                  .root = work->compilations->root,
                                  .object = "",
                                  .arguments = (const char *const *)model->arguments};
  if (*prefix->text == '\0') {
    parsed->facts = g_bytes_new(NULL, 0);
    parsed->files = g_bytes_new(NULL, 0);
    add_headers(work, calls, parser, number, &request, parsed);
    return true;
  }
  g_autofree char *path = worker_prefix_path(work->folder, number, false);
  if (!calls->parse_prefix(parser, &request, prefix->text, path, parsed, error))
    return false;
  if (prefix->added_text != NULL && number < N_BELOW)
    add_above(work, calls, parser, number, &request, path, parsed);
  return true;
}

static char *descriptor_path(int fd)
{
  return fd >= 0 ? g_strdup_printf("/proc/self/fd/%d", fd) : NULL;
}

static bool make_unit(const struct work *work, const struct parser_calls *calls,
                      struct parser *parser, const struct request *wanted, struct parsed *parsed,
                      GError **error)
{
  const struct compilation *compilation = work->compilations->all->pdata[wanted->number];
  const struct prefix *prefix =
      wanted->is_plain == 0 ? prefixes_of(work->prefixes, wanted->number) : NULL;
  g_autofree char *precompiled = descriptor_path(prefix != NULL ? prefix->precompiled : -1);
  g_autofree char *added = descriptor_path(prefix != NULL ? prefix->added : -1);
  const struct nested_prefix *nested = prefixes_nested(work->prefixes, wanted->number);
  struct parse_request request = {.file = compilation->file,
                                  .directory = compilation->directory,
                                  .root = work->compilations->root,
                                  .object = compilation->objects,
                                  .prefix_header = nested != NULL ? nested->header : NULL,
                                  .prefix_guards = nested != NULL ? nested->guards : NULL,
                                  .arguments = (const char *const *)compilation->arguments,
                                  .prefix_line = prefixes_line(work->prefixes, wanted->number),
                                  .precompiled = precompiled,
                                  .prefix = precompiled != NULL ? prefix->facts : NULL,
                                  .prefix_files = precompiled != NULL ? prefix->files : NULL,
                                  .added = added,
                                  .description = added != NULL ? prefix->description : NULL};
  return calls->parse_unit(parser, &request, parsed, error);
}

/* Code that was changed while it was loaded has no copy to come back from. */
static bool is_changed_code(const struct dl_phdr_info *object)
{
  for (int i = 0; i < object->dlpi_phnum; i++) {
    if (object->dlpi_phdr[i].p_type != PT_DYNAMIC)
      continue;
    const ElfW(Dyn) *entry = (const void *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
    for (; entry->d_tag != DT_NULL; entry++)
      if (entry->d_tag == DT_TEXTREL ||
          (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0))
        return true;
  }
  return false;
}

static int forget_pages(struct dl_phdr_info *object, size_t size, void *context)
{
  (void)size;
  const size_t page = *(const size_t *)context;
  for (int i = 0; i < object->dlpi_phnum && !is_changed_code(object); i++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0)
      continue;
    uintptr_t start = (object->dlpi_addr + segment->p_vaddr) / page * page;
    uintptr_t end = object->dlpi_addr + segment->p_vaddr + segment->p_memsz;
    madvise((void *)start, end - start, MADV_DONTNEED);
  }
  return 0;
}

/* Loading the parser runs over all of its libraries once; most of these pages are never needed
 * again, and those that are come back from the page cache. So do the parent's. */
static void forget_code(void)
{
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  dl_iterate_phdr(forget_pages, &page);
}

/* In the worker alone: who links need not carry the memory of libclang about. */
static const struct parser_calls *load_parser(const char *path, GError **error)
{
  forget_code();
  void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  forget_code();
  const struct parser_calls *calls = module != NULL ? dlsym(module, PARSER_CALLS) : NULL;
  if (calls != NULL && calls->version == UNIT_VERSION)
    return calls;
  g_set_error(error, WORKERS_ERROR, 0, "cannot load the parser '%s': %s", path,
              calls != NULL ? "it is of another version" : dlerror());
  return NULL;
}

static bool answer(int out, uint32_t number, const struct parsed *parsed)
{
  gsize n_facts = 0;
  gsize n_files = 0;
  const void *facts = g_bytes_get_data(parsed->facts, &n_facts);
  const void *files = g_bytes_get_data(parsed->files, &n_files);
  const void *description = NULL;
  gsize n_description = 0;
  if (parsed->description != NULL)
    description = g_bytes_get_data(parsed->description, &n_description);
  struct answer_header header = {
      .number = number, .n_facts = n_facts, .n_files = n_files, .n_description = n_description};
  return worker_write(out, &header, sizeof header) && worker_write(out, facts, n_facts) &&
         worker_write(out, files, n_files) && worker_write(out, description, n_description);
}

static bool answer_failure(int out, uint32_t number, const GError *error)
{
  const char *reason = error != NULL ? error->message : "the parser failed";
  struct answer_header header = {.number = number, .is_failure = 1, .n_facts = strlen(reason)};
  return worker_write(out, &header, sizeof header) && worker_write(out, reason, strlen(reason));
}

_Noreturn void worker_run(const struct work *work, int in, int out)
{
  isolate(work, in, out);
  g_setenv("LIBCLANG_NOTHREADS", "1", TRUE);
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) error_of_unit = NULL;
  const struct parser_calls *calls = load_parser(work->options->parser, &error);
  struct parser *parser = calls != NULL ? calls->create(work->options->resource_dir, &error) : NULL;
  struct request wanted;
  while (read_all(in, &wanted, sizeof wanted)) {
    struct parsed parsed = {NULL, NULL, NULL};
    g_clear_error(&error_of_unit);
    bool is_done = parser != NULL &&
                   (work->folder != NULL
                        ? make_prefix(work, calls, parser, wanted.number, &parsed, &error_of_unit)
                        : make_unit(work, calls, parser, &wanted, &parsed, &error_of_unit));
    const GError *failure = parser != NULL ? error_of_unit : error;
    bool is_sent =
        is_done ? answer(out, wanted.number, &parsed) : answer_failure(out, wanted.number, failure);
    parsed_clear(&parsed);
    if (!is_sent)
      break;
  }
  _exit(0);
}
