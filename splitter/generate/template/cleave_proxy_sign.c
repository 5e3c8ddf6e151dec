#include "cleave_proxy_sign.h"

#include <ctype.h>
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

/* A header as it is signed: "name:value\n", the name in lower case. */
struct signed_header {
  const char *name;
  const char *line;
};

struct signed_headers {
  struct signed_header items[16];
  size_t n;
};

static void sign_header(struct signed_headers *headers, struct arena *arena, const char *name,
                        const char *value)
{
  if (headers->n < sizeof headers->items / sizeof *headers->items) {
    char *lower = arena_string(arena, name);
    for (char *at = lower; *at; at++) {
      *at = (char)tolower((unsigned char)*at);
    }
    headers->items[headers->n++] =
        (struct signed_header){lower, arena_print(arena, "%s:%s\n", lower, value)};
  }
}

static int compare_headers(const void *left, const void *right)
{
  return strcmp(((const struct signed_header *)left)->name,
                ((const struct signed_header *)right)->name);
}

static void add(struct signed_headers *headers, struct arena *arena, struct fields *added,
                const char *name, const char *value)
{
  fields_add(added, arena, name, value);
  sign_header(headers, arena, name, value);
}

/* Method, path, query, headers, names of headers and hash of the payload, a line each. */
static const char *canonical_request(struct arena *arena, const struct proxy_signing *signing,
                                     const struct signed_headers *headers, const char *names,
                                     const char *payload)
{
  const char *lines = "";
  for (size_t i = 0; i < headers->n; i++) {
    lines = arena_print(arena, "%s%s", lines, headers->items[i].line);
  }
  /* S3 alone takes the path as it travels. */
  const char *path =
      strcmp(signing->service, "s3") == 0 ? signing->path : encoded_again(arena, signing->path);
  return arena_print(arena, "%s\n%s\n%s\n%s\n%s\n%s", signing->method, path,
                     sorted_query(arena, signing->query), lines, names, payload);
}

int proxy_sign(struct arena *arena, const struct proxy_signing *signing, struct fields *added)
{
  struct signed_headers headers = {.n = 0};
  struct tm parts;
  char day[9];
  char date[17];
  gmtime_r(&signing->now, &parts);
  strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &parts);
  strftime(day, sizeof day, "%Y%m%d", &parts);
  const char *payload = hash_of(arena, signing->body, signing->n_body);
  if (!payload) {
    return -1;
  }
  sign_header(&headers, arena, "host", signing->host);
  for (size_t i = 0; i < signing->headers.n_items; i++) {
    if (name_begins(signing->headers.items[i].name, "x-amz-")) {
      sign_header(&headers, arena, signing->headers.items[i].name, signing->headers.items[i].value);
    }
  }
  add(&headers, arena, added, "X-Amz-Date", arena_string(arena, date));
  if (*signing->token) {
    add(&headers, arena, added, "X-Amz-Security-Token", arena_string(arena, signing->token));
  }
  if (strcmp(signing->service, "s3") == 0) {
    add(&headers, arena, added, "X-Amz-Content-Sha256", payload);
  }
  qsort(headers.items, headers.n, sizeof *headers.items, compare_headers);
  const char *names = headers.items[0].name;
  for (size_t i = 1; i < headers.n; i++) {
    names = arena_print(arena, "%s;%s", names, headers.items[i].name);
  }
  const char *request = canonical_request(arena, signing, &headers, names, payload);
  const char *hash = hash_of(arena, request, strlen(request));
  const char *scope =
      arena_print(arena, "%s/%s/%s/aws4_request", day, signing->region, signing->service);
  const char *text =
      hash ? arena_print(arena, "AWS4-HMAC-SHA256\n%s\n%s\n%s", date, scope, hash) : "";
  const char *signature = hash ? signature_of(arena, signing, day, text) : NULL;
  if (!signature) {
    return -1;
  }
  fields_add(added, arena, "Authorization",
             arena_print(arena, "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                         signing->id, scope, names, signature));
  return 0;
}
