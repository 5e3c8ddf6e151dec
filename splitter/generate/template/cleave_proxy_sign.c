#include "cleave_proxy_sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encoding.h"

#define HASH 32

static char *hex_of(struct arena *arena, const unsigned char *bytes)
{
  char *out = arena_alloc(arena, 2 * HASH + 1);
  for (size_t i = 0; i < HASH; i++) {
    snprintf(out + 2 * i, 3, "%02x", bytes[i]);
  }
  return out;
}

static const char *hash_of(struct arena *arena, const void *data, size_t n)
{
  unsigned char hash[HASH];
  return EVP_Digest(n > 0 ? data : "", n, hash, NULL, EVP_sha256(), NULL) == 1 ? hex_of(arena, hash)
                                                                               : NULL;
}

/* KEY becomes HMAC-SHA256 of TEXT with the old KEY. */
static int hmac(unsigned char key[HASH], const char *text)
{
  unsigned char out[HASH];
  if (!HMAC(EVP_sha256(), key, HASH, (const unsigned char *)text, strlen(text), out, NULL)) {
    return -1;
  }
  memcpy(key, out, HASH);
  return 0;
}

/* Percent-encodes once more, as every service but S3 wants the path; slashes stay. */
static const char *encoded_again(struct arena *arena, const char *path)
{
  const char *out = percent_encode(arena, path, strlen(path), "-_.~/");
  return *out ? out : "/";
}

static int compare_texts(const void *left, const void *right)
{
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Arguments in order; one without a value gets its "=". */
static const char *sorted_query(struct arena *arena, const char *query)
{
  const char *parts[64];
  size_t n = 0;
  char *copy = arena_string(arena, query);
  char *rest = NULL;
  for (char *part = strtok_r(copy, "&", &rest); part && n < 64; part = strtok_r(NULL, "&", &rest)) {
    parts[n++] = strchr(part, '=') ? part : arena_print(arena, "%s=", part);
  }
  qsort(parts, n, sizeof *parts, compare_texts);
  const char *out = "";
  for (size_t i = 0; i < n; i++) {
    out = arena_print(arena, "%s%s%s", out, i > 0 ? "&" : "", parts[i]);
  }
  return out;
}

static const char *signature_of(struct arena *arena, const struct proxy_signing *signing,
                                const char *day, const char *text)
{
  unsigned char key[HASH];
  char *first = arena_print(arena, "AWS4%s", signing->secret);
  int is_good = HMAC(EVP_sha256(), first, (int)strlen(first), (const unsigned char *)day,
                     strlen(day), key, NULL) != NULL &&
                hmac(key, signing->region) == 0 && hmac(key, signing->service) == 0 &&
                hmac(key, "aws4_request") == 0 && hmac(key, text) == 0;
  return is_good ? hex_of(arena, key) : NULL;
}

const char *proxy_sign(struct arena *arena, const struct proxy_signing *signing,
                       char date[PROXY_SIGN_DATE])
{
  struct tm parts;
  char day[9];
  int has_token = *signing->token != '\0';
  gmtime_r(&signing->now, &parts);
  strftime(date, PROXY_SIGN_DATE, "%Y%m%dT%H%M%SZ", &parts);
  strftime(day, sizeof day, "%Y%m%d", &parts);
  const char *names = has_token ? "host;x-amz-date;x-amz-security-token" : "host;x-amz-date";
  const char *payload = hash_of(arena, signing->body, signing->n_body);
  if (!payload) {
    return NULL;
  }
  const char *request =
      arena_print(arena, "%s\n%s\n%s\nhost:%s\nx-amz-date:%s\n%s%s%s\n%s\n%s", signing->method,
                  encoded_again(arena, signing->path), sorted_query(arena, signing->query),
                  signing->host, date, has_token ? "x-amz-security-token:" : "", signing->token,
                  has_token ? "\n" : "", names, payload);
  const char *hash = hash_of(arena, request, strlen(request));
  const char *scope =
      arena_print(arena, "%s/%s/%s/aws4_request", day, signing->region, signing->service);
  if (!hash) {
    return NULL;
  }
  const char *text = arena_print(arena, "AWS4-HMAC-SHA256\n%s\n%s\n%s", date, scope, hash);
  const char *signature = signature_of(arena, signing, day, text);
  return signature
             ? arena_print(arena,
                           "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                           signing->id, scope, names, signature)
             : NULL;
}
