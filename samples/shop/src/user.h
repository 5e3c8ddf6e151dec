/* Customers: registration, passwords, API tokens. */
#pragma once

#include "request.h"

struct user {
  long id, n_logins;
  char email[128];
  char name[80];
  char salt[24];
  char password_hash[24];
  char api_token[40];
};

int user_create(const char *email, const char *name, const char *password, const char *api_token, long *id);
int user_load(long id, struct user *user);

/* Who asks: by session cookie, else by API token. 0, or -1 for a stranger. */
int user_of_request(const struct request *request, long *user_id);

int user_register(struct request *request, struct response *response);
int user_login(struct request *request, struct response *response);
int user_logout(struct request *request, struct response *response);
int user_profile(struct request *request, struct response *response);
