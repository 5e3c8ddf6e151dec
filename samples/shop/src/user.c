#include "shop.h"

/* Home-made in 2009 and never replaced, since nobody dares to touch the stored hashes. */
static void user_hash_password(const char *salt, const char *password, char *hash, size_t size) {
  uint64_t value = str_hash(salt, 0);
  for (int i = 0; i < 1000; i++) value = str_hash(password, value);
  snprintf(hash, size, "%016lx", (unsigned long)value);
}

static int user_take_row(void *context, const char *const *values) {
  struct user *user = context;
  user->id = atol(values[0]);
  str_set(user->email, values[1]);
  str_set(user->name, values[2]);
  str_set(user->salt, values[3]);
  str_set(user->password_hash, values[4]);
  str_set(user->api_token, values[5]);
  user->n_logins = atol(values[6]);
  return 0;
}

int user_load(long id, struct user *user) {
  return db_select_one(user_take_row, user,
                       "SELECT id, email, name, salt, password_hash, api_token, n_logins FROM users WHERE id = $1", "i",
                       id);
}

static int user_load_by_email(const char *email, struct user *user) {
  return db_select_one(user_take_row, user,
                       "SELECT id, email, name, salt, password_hash, api_token, n_logins FROM users WHERE email = $1",
                       "s", email);
}

int user_create(const char *email, const char *name, const char *password, const char *api_token, long *id) {
  char salt[24], hash[24];
  snprintf(salt, sizeof salt, "%08lx", (unsigned long)(str_hash(email, 77) & 0xffffffffUL));
  user_hash_password(salt, password, hash, sizeof hash);
  return db_select_long(id,
                        "INSERT INTO users (email, name, salt, password_hash, api_token, n_logins,"
                        " created_at) VALUES ($1, $2, $3, $4, $5, 0, $6) ON CONFLICT (email) DO NOTHING RETURNING id",
                        "sssssi", email, name, salt, hash, api_token, (long)clock_now());
}

int user_of_request(const struct request *request, long *user_id) {
  struct session session;
  if (session_of_request(request, &session) == 0) {
    *user_id = session.user_id;
    return 0;
  }
  const char *token = request_header(request, "x-api-token");
  if (!token) return -1;
  return db_select_long(user_id, "SELECT id FROM users WHERE api_token = $1", "s", token);
}

int user_register(struct request *request, struct response *response) {
  const char *email = request_arg(request, "email");
  const char *name = request_arg(request, "name");
  const char *password = request_arg(request, "password");
  if (!email || !strchr(email, '@') || strlen(email) > 120 || !name || !*name)
    return response_error(response, 400, "email and name are needed");
  if (!password || strlen(password) < 6) return response_error(response, 400, "the password needs six characters");
  char token[SESSION_TOKEN_SIZE], payload[48];
  session_make_token(email, 0, 0, token);
  long id = 0;
  if (user_create(email, name, password, token, &id) != 0)
    return response_error(response, 409, "this address is taken");
  snprintf(payload, sizeof payload, "template=welcome&user=%ld", id);
  notify("mail", payload);
  json_write(&response->body, "{'id':%l,'api_token':%s}", id, token);
  response->status = 201;
  return 0;
}

int user_login(struct request *request, struct response *response) {
  static unsigned n_failed;
  const char *email = request_arg(request, "email");
  const char *password = request_arg(request, "password");
  struct user user;
  char hash[24] = "";
  int is_known = email && password && user_load_by_email(email, &user) == 0;
  if (is_known) user_hash_password(user.salt, password, hash, sizeof hash);
  if (!is_known || strcmp(hash, user.password_hash)) {
    if (__atomic_add_fetch(&n_failed, 1, __ATOMIC_RELAXED) % 10 == 0)
      log_notice("ten more failed logins, the last one for '%s'", email ? email : "");
    return response_error(response, 401, "wrong address or password");
  }
  char token[SESSION_TOKEN_SIZE], cookie[64];
  db_exec("UPDATE users SET n_logins = n_logins + 1 WHERE id = $1", "i", user.id);
  session_start(user.id, user.n_logins + 1, token);
  stats.logins++;
  snprintf(cookie, sizeof cookie, "sid=%s; HttpOnly; Path=/", token);
  response_add_header(response, "Set-Cookie", cookie);
  json_write(&response->body, "{'id':%l,'name':%s}", user.id, user.name);
  return 0;
}

int user_logout(struct request *request, struct response *response) {
  struct session session;
  if (session_of_request(request, &session) != 0) return response_error(response, 401, "not logged in");
  session_end(session.token);
  response_add_header(response, "Set-Cookie", "sid=; Max-Age=0; Path=/");
  response->status = 204;
  return 0;
}

int user_profile(struct request *request, struct response *response) {
  long id;
  struct user user;
  if (user_of_request(request, &id) != 0 || user_load(id, &user) != 0)
    return response_error(response, 401, "not logged in");
  json_write(&response->body, "{'id':%l,'email':%s,'name':%s,'api_token':%s,'logins':%l}", user.id, user.email,
             user.name, user.api_token, user.n_logins);
  return 0;
}
