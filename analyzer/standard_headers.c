#include "analyzer/standard_headers.h"

#include <stdlib.h>
#include <string.h>

static const char *const standard_headers[] = {
    "aio.h",       "arpa/inet.h", "complex.h",    "cpio.h",        "ctype.h",        "dirent.h",
    "dlfcn.h",     "errno.h",     "fcntl.h",      "fenv.h",        "fmtmsg.h",       "fnmatch.h",
    "ftw.h",       "glob.h",      "grp.h",        "iconv.h",       "inttypes.h",     "iso646.h",
    "langinfo.h",  "libgen.h",    "locale.h",     "math.h",        "monetary.h",     "mqueue.h",
    "net/if.h",    "netdb.h",     "netinet/in.h", "netinet/tcp.h", "nl_types.h",     "poll.h",
    "pthread.h",   "pwd.h",       "regex.h",      "sched.h",       "search.h",       "semaphore.h",
    "setjmp.h",    "signal.h",    "spawn.h",      "stdio.h",       "stdlib.h",       "string.h",
    "strings.h",   "sys/ipc.h",   "sys/mman.h",   "sys/msg.h",     "sys/resource.h", "sys/select.h",
    "sys/sem.h",   "sys/shm.h",   "sys/socket.h", "sys/stat.h",    "sys/statvfs.h",  "sys/time.h",
    "sys/times.h", "sys/types.h", "sys/uio.h",    "sys/un.h",      "sys/utsname.h",  "sys/wait.h",
    "syslog.h",    "tar.h",       "termios.h",    "tgmath.h",      "threads.h",      "time.h",
    "uchar.h",     "ulimit.h",    "unistd.h",     "utime.h",       "utmpx.h",        "wchar.h",
    "wctype.h",    "wordexp.h",
};

struct piece {
  const char *text;
  size_t length;
};

static int compare_name(const void *key, const void *element)
{
  const struct piece *piece = key;
  const char *name = *(const char *const *)element;
  int order = strncmp(piece->text, name, piece->length);
  return order != 0 ? order : -(name[piece->length] != '\0');
}

bool is_standard_header(const char *name, size_t length)
{
  struct piece piece = {name, length};
  return bsearch(&piece, standard_headers, sizeof standard_headers / sizeof *standard_headers,
                 sizeof *standard_headers, compare_name) != NULL;
}
