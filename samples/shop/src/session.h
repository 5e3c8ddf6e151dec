/* Who is logged in: a table on the heap that lives as long as the server. */
#pragma once

#include "request.h"

#include <time.h>

#define SESSION_TOKEN_SIZE 33

struct session {
  char token[SESSION_TOKEN_SIZE];
  long user_id;
  long cart_id; /* 0: none yet */
  time_t last_seen;
  struct session *next;
};

/* Called with every session that is about to end. */
typedef void (*session_end_fn)(const struct session *session);

int session_init(void);
void session_on_end(session_end_fn callback);

/* Makes a token nobody can guess, or one that repeats when config.session_seed is set. */
void session_make_token(const char *purpose, long user_id, long serial, char *token);

void session_start(long user_id, long serial, char *token);
/* Copies the session out and touches it: 0, or -1 when there is none. */
int session_find(const char *token, struct session *copy);
int session_of_request(const struct request *request, struct session *copy);
void session_set_cart(const char *token, long cart_id);
int session_end(const char *token);
int session_count(void);

/* Timer: ends what was idle for too long. */
int session_sweep(void);
void session_clear(void);
