/* Records that are known by a typedef alone, and kept. */
#include "session.h"
#include "list.h"
#include <stdlib.h>

static list *sessions;

session *session_begin(int user)
{
  session *new = calloc(1, sizeof *new);
  if (!sessions)
    sessions = list_new();
  new->user = user;
  list_push(sessions, new);
  return new;
}

session *session_find(int user)
{
  for (int i = 0;; i++) {
    session *at = list_at(sessions, i);
    if (!at || at->user == user)
      return at;
  }
}

void session_use(session *at)
{
  at->n_requests++;
}
