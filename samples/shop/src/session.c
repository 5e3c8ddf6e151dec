#include "shop.h"

#include <sys/random.h>

#define SESSION_BUCKETS 256

static struct session **session_table;
static int session_total;
static session_end_fn session_end_callback;
static pthread_mutex_t session_lock = PTHREAD_MUTEX_INITIALIZER;

int session_init(void) {
  session_table = mem_alloc(SESSION_BUCKETS * sizeof *session_table);
  return 0;
}

void session_on_end(session_end_fn callback) { session_end_callback = callback; }

void session_make_token(const char *purpose, long user_id, long serial, char *token) {
  uint64_t high = 0, low = 0;
  if (config.session_seed[0]) {
    char text[160];
    snprintf(text, sizeof text, "%s/%s/%ld/%ld", config.session_seed, purpose, user_id, serial);
    high = str_hash(text, 1);
    low = str_hash(text, high);
  } else if (getrandom(&high, sizeof high, 0) != (ssize_t)sizeof high ||
             getrandom(&low, sizeof low, 0) != (ssize_t)sizeof low) {
    log_error("no random numbers");
    abort();
  }
  snprintf(token, SESSION_TOKEN_SIZE, "%016lx%016lx", (unsigned long)high, (unsigned long)low);
}

static struct session **session_slot(const char *token) {
  struct session **slot = &session_table[str_hash(token, 0) % SESSION_BUCKETS];
  while (*slot && strcmp((*slot)->token, token)) slot = &(*slot)->next;
  return slot;
}

static void session_remove(struct session **slot) {
  struct session *session = *slot;
  *slot = session->next;
  session_total--;
  if (session_end_callback) session_end_callback(session);
  free(session);
}

void session_start(long user_id, long serial, char *token) {
  session_make_token("session", user_id, serial, token);
  pthread_mutex_lock(&session_lock);
  struct session **slot = session_slot(token);
  if (!*slot) {
    struct session *session = mem_alloc(sizeof *session);
    str_set(session->token, token);
    *slot = session;
    session_total++;
  }
  (*slot)->user_id = user_id;
  (*slot)->last_seen = clock_now();
  pthread_mutex_unlock(&session_lock);
}

int session_find(const char *token, struct session *copy) {
  int status = -1;
  pthread_mutex_lock(&session_lock);
  struct session **slot = session_slot(token);
  if (*slot) {
    (*slot)->last_seen = clock_now();
    *copy = **slot;
    status = 0;
  }
  pthread_mutex_unlock(&session_lock);
  return status;
}

int session_of_request(const struct request *request, struct session *copy) {
  const char *cookie = request_header(request, "cookie");
  const char *sid = cookie ? strstr(cookie, "sid=") : NULL;
  if (!sid) return -1;
  char token[SESSION_TOKEN_SIZE];
  size_t length = strcspn(sid + 4, "; ");
  if (length >= sizeof token) return -1;
  memcpy(token, sid + 4, length);
  token[length] = '\0';
  return session_find(token, copy);
}

void session_set_cart(const char *token, long cart_id) {
  pthread_mutex_lock(&session_lock);
  struct session **slot = session_slot(token);
  if (*slot) (*slot)->cart_id = cart_id;
  pthread_mutex_unlock(&session_lock);
}

int session_end(const char *token) {
  int status = -1;
  pthread_mutex_lock(&session_lock);
  struct session **slot = session_slot(token);
  if (*slot) {
    session_remove(slot);
    status = 0;
  }
  pthread_mutex_unlock(&session_lock);
  return status;
}

int session_count(void) {
  pthread_mutex_lock(&session_lock);
  int n = session_total;
  pthread_mutex_unlock(&session_lock);
  return n;
}

int session_sweep(void) {
  time_t oldest = clock_now() - config.session_minutes * 60;
  int n = 0;
  pthread_mutex_lock(&session_lock);
  for (int i = 0; i < SESSION_BUCKETS; i++) {
    struct session **slot = &session_table[i];
    while (*slot) {
      if ((*slot)->last_seen < oldest) {
        session_remove(slot);
        n++;
      } else {
        slot = &(*slot)->next;
      }
    }
  }
  pthread_mutex_unlock(&session_lock);
  if (n) log_notice("ended %d idle sessions", n);
  return 0;
}

void session_clear(void) {
  pthread_mutex_lock(&session_lock);
  for (int i = 0; session_table && i < SESSION_BUCKETS; i++)
    while (session_table[i]) session_remove(&session_table[i]);
  free(session_table);
  session_table = NULL;
  pthread_mutex_unlock(&session_lock);
}
