/* A server's request and response as they are often written: a body from malloc() that a release
 * routine frees, fixed fields, a growing buffer whose members have short names. */
#ifndef DESK_WEB_H
#define DESK_WEB_H
#include <stddef.h>

#define MAX_FIELDS 32

struct text {
  char *p;
  size_t room, fill;
};

struct field {
  char name[64];
  char value[512];
};

struct ask {
  char verb[8];
  char path[256];
  char query[512];
  struct field hdrs[MAX_FIELDS];
  int n_hdrs;
  char *body;
  size_t body_len;
  char ids[4][64];
  int n_ids;
};

struct answer {
  int status;
  char ctype[64];
  struct field hdrs[8];
  int n_hdrs;
  struct text body;
};

typedef int (*deed)(struct ask *ask, struct answer *answer);

int ask_read(int fd, struct ask *ask);
void ask_done(struct ask *ask);
const char *ask_hdr(const struct ask *ask, const char *name);
void answer_init(struct answer *answer);
void answer_done(struct answer *answer);
void answer_send(int fd, const struct answer *answer);
int answer_hdr(struct answer *answer, const char *name, const char *value);
int answer_error(struct answer *answer, int status, const char *what);
int text_put(struct text *text, const char *data, size_t n);
int text_say(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
int find_deed(struct ask *ask, struct answer *answer);

#endif
