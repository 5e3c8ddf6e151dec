#include "cleave_proxy_credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT (1u << 20)

static const char *variable(const char *name, const char *otherwise)
{
  const char *value = getenv(name);
  return value && *value ? value : otherwise;
}

/* Ends TEXT before the spaces at its end; returns what follows those at its start. */
static char *trim(char *text)
{
  text += strspn(text, " \t");
  size_t n = strlen(text);
  while (n > 0 && strchr(" \t\r", text[n - 1])) {
    text[--n] = '\0';
  }
  return text;
}

/* Whether LINE is the heading of the section PROFILE. */
static int is_section(char *line, const char *profile)
{
  char *end = strchr(line, ']');
  if (!end) {
    return 0;
  }
  *end = '\0';
  return strcmp(trim(line + 1), profile) == 0;
}

/* Values become parts of headers. */
static int has_control(const char *text)
{
  while (*text && (unsigned char)*text >= ' ' && *text != 0x7f) {
    text++;
  }
  return *text != '\0';
}

static void take_line(struct proxy_credentials *found, char *line)
{
  char *equals = strchr(line, '=');
  if (!equals) {
    return;
  }
  *equals = '\0';
  const char *name = trim(line);
  const char *value = trim(equals + 1);
  if (has_control(value)) {
    return;
  }
  if (strcmp(name, "aws_access_key_id") == 0) {
    found->id = value;
  } else if (strcmp(name, "aws_secret_access_key") == 0) {
    found->secret = value;
  } else if (strcmp(name, "aws_session_token") == 0) {
    found->token = value;
  }
}

int proxy_credentials_parse(struct arena *arena, const char *text, size_t n, const char *profile,
                            struct proxy_credentials *found)
{
  int is_inside = 0;
  char *rest = NULL;
  char *copy = arena_copy(arena, text, n);
  *found = (struct proxy_credentials){"", "", "", "the profile holds no access key"};
  for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
    line = trim(line);
    if (*line == '[') {
      is_inside = is_section(line, profile);
    } else if (is_inside && *line != '#' && *line != ';') {
      take_line(found, line);
    }
  }
  return *found->id && *found->secret ? 0 : -1;
}

/* The whole file, or NULL when it cannot be read or is too large to be one of credentials. */
static const char *read_file(struct arena *arena, const char *path, size_t *n)
{
  FILE *file = fopen(path, "re");
  char *text = NULL;
  if (!file) {
    return NULL;
  }
  if (fseek(file, 0, SEEK_END) == 0) {
    long size = ftell(file);
    rewind(file);
    if (size > 0 && size < (long)FILE_LIMIT) {
      text = arena_alloc(arena, (size_t)size + 1);
      *n = fread(text, 1, (size_t)size, file);
    }
  }
  fclose(file);
  return text;
}

static int find_in_file(struct arena *arena, struct proxy_credentials *found)
{
  const char *path = variable("AWS_SHARED_CREDENTIALS_FILE", NULL);
  const char *home = variable("HOME", NULL);
  size_t n = 0;
  if (!path && home) {
    path = arena_print(arena, "%s/.aws/credentials", home);
  }
  const char *text = path ? read_file(arena, path, &n) : NULL;
  const char *profile = variable("AWS_PROFILE", "default");
  if (text && proxy_credentials_parse(arena, text, n, profile, found) == 0) {
    return 0;
  }
  found->problem = text ? arena_print(arena, "'%.80s' holds no access key of AWS_PROFILE", path)
                        : "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and there is "
                          "no credentials file";
  return -1;
}

int proxy_credentials_find(struct arena *arena, struct proxy_credentials *found)
{
  const char *id = variable("AWS_ACCESS_KEY_ID", NULL);
  const char *secret = variable("AWS_SECRET_ACCESS_KEY", NULL);
  *found = (struct proxy_credentials){"", "", "", ""};
  if (!id || !secret) {
    return find_in_file(arena, found);
  }
  found->id = arena_string(arena, id);
  found->secret = arena_string(arena, secret);
  found->token = arena_string(arena, variable("AWS_SESSION_TOKEN", ""));
  return 0;
}
