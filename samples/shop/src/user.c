#include "user.h"

#include "config.h"
#include "db.h"
#include "json.h"
#include "log.h"
#include "notify.h"
#include "session.h"
#include "stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Home-made in 2009 and never replaced, since nobody dares to touch the stored hashes. */
static void user_hash_password(const char *salt, const char *password, char *hash, size_t size)
{
  uint64_t value = str_hash(salt, 0);
  for (int i = 0; i < 1000; i++)
    value = str_hash(password, value);
  snprintf(hash, size, "%016lx", (unsigned long)value);
}

static int user_take_row(void *context, int n_columns, const char *const *values)
{
  struct user *user = context;
  (void)n_columns;
  user->id = strtol(values[0], NULL, 10);
  str_copy(user->email, sizeof user->email, values[1]);
  str_copy(user->name, sizeof user->name, values[2]);
  str_copy(user->salt, sizeof user->salt, values[3]);
  str_copy(user->password_hash, sizeof user->password_hash, values[4]);
  str_copy(user->api_token, sizeof user->api_token, values[5]);
  user->n_logins = strtol(values[6], NULL, 10);
  return 0;
}

int user_load(long id, struct user *user)
{
  return db_select(user_take_row, user,
                   "SELECT id, email, name, salt, password_hash, api_token, n_logins"
                   " FROM users WHERE id = $1",
                   "i", id) == 1
             ? 0
             : -1;
}

static int user_load_by_email(const char *email, struct user *user)
{
  return db_select(user_take_row, user,
                   "SELECT id, email, name, salt, password_hash, api_token, n_logins"
                   " FROM users WHERE email = $1",
                   "s", email) == 1
             ? 0
             : -1;
}

int user_create(const char *email, const char *name, const char *password, const char *api_token,
                long *id)
{
  char salt[24], hash[24];
  snprintf(salt, sizeof salt, "%08lx", (unsigned long)(str_hash(email, 77) & 0xffffffffUL));
  user_hash_password(salt, password, hash, sizeof hash);
  return db_long(id,
                 "INSERT INTO users (email, name, salt, password_hash, api_token, n_logins,"
                 " created_at) VALUES ($1, $2, $3, $4, $5, 0, $6)"
                 " ON CONFLICT (email) DO NOTHING RETURNING id",
                 "sssssi", email, name, salt, hash, api_token, (long)clock_now()) == 1
             ? 0
             : -1;
}

int user_of_request(const struct request *request, long *user_id)
{
  struct session session;
  if (session_of_request(request, &session) == 0) {
    *user_id = session.user_id;
    return 0;
  }
  const char *token = request_header(request, "x-api-token");
  if (!token)
    return -1;
  return db_long(user_id, "SELECT id FROM users WHERE api_token = $1", "s", token) == 1 ? 0 : -1;
}

int user_register(struct request *request, struct response *response)
{
  const char *email = request_arg(request, "email");
  const char *name = request_arg(request, "name");
  const char *password = request_arg(request, "password");
  if (!email || !strchr(email, '@') || strlen(email) > 120 || !name || !*name)
    return response_error(response, 400, "email and name are needed");
  if (!password || strlen(password) < 6)
    return response_error(response, 400, "the password needs six characters");
  char token[SESSION_TOKEN_SIZE];
  session_make_token(email, 0, 0, token);
  long id = 0;
  if (user_create(email, name, password, token, &id) != 0)
    return response_error(response, 409, "this address is taken");
  struct buffer payload;
  buffer_init(&payload);
  buffer_printf(&payload, "template=welcome&user=%ld", id);
  notify("mail", payload.data);
  buffer_clear(&payload);
  struct json json;
  json_init(&json, &response->body);
  json_object(&json, NULL);
  json_long(&json, "id", id);
  json_string(&json, "api_token", token);
  json_object_end(&json);
  response->status = 201;
  return 0;
}

int user_login(struct request *request, struct response *response)
{
  static unsigned n_failed;
  const char *email = request_arg(request, "email");
  const char *password = request_arg(request, "password");
  struct user user;
  char hash[24] = "";
  int is_known = email && password && user_load_by_email(email, &user) == 0;
  if (is_known)
    user_hash_password(user.salt, password, hash, sizeof hash);
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
  struct json json;
  json_init(&json, &response->body);
  json_object(&json, NULL);
  json_long(&json, "id", user.id);
  json_string(&json, "name", user.name);
  json_object_end(&json);
  return 0;
}

int user_logout(struct request *request, struct response *response)
{
  struct session session;
  if (session_of_request(request, &session) != 0)
    return response_error(response, 401, "not logged in");
  session_end(session.token);
  response_add_header(response, "Set-Cookie", "sid=; Max-Age=0; Path=/");
  response->status = 204;
  return 0;
}

int user_profile(struct request *request, struct response *response)
{
  long id;
  struct user user;
  if (user_of_request(request, &id) != 0 || user_load(id, &user) != 0)
    return response_error(response, 401, "not logged in");
  struct json json;
  json_init(&json, &response->body);
  json_object(&json, NULL);
  json_long(&json, "id", user.id);
  json_string(&json, "email", user.email);
  json_string(&json, "name", user.name);
  json_string(&json, "api_token", user.api_token);
  json_long(&json, "logins", user.n_logins);
  json_object_end(&json);
  return 0;
}
