typedef struct {
  int user;
  int n_requests;
} session;
session *session_begin(int user);
session *session_find(int user);
void session_use(session *);
