#include "cleave_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(CLEAVE_HAS_HIREDIS)
#include <hiredis/hiredis.h>

struct redis {
  char host[256];
  int port;
  redisContext *context;
};

/* A record is a hash of v (version) and d (data); compared and stored in one step. */
static const char swap_script[] =
    "if (redis.call('HGET', KEYS[1], 'v') or '0') ~= ARGV[1] then return 0 end "
    "redis.call('HSET', KEYS[1], 'v', ARGV[2], 'd', ARGV[3]) return 1";

static int fail(struct redis *redis, const redisReply *reply, struct cleave_error *error)
{
  const char *why = reply && reply->type == REDIS_REPLY_ERROR ? reply->str
                    : redis->context && redis->context->err   ? redis->context->errstr
                                                              : "no answer";
  return cleave_error_set(error, 500, "Function.State", "the store of the state: %s", why);
}

static int join(struct redis *redis, struct cleave_error *error)
{
  struct timeval limit = {10, 0};
  if (redis->context && !redis->context->err) {
    return 0;
  }
  if (redis->context) {
    redisFree(redis->context);
  }
  redis->context = redisConnectWithTimeout(redis->host, redis->port, limit);
  if (!redis->context || redis->context->err) {
    return fail(redis, NULL, error);
  }
  redisSetTimeout(redis->context, limit);
  return 0;
}

static int load(void *self, const char *key, char **text, int64_t *version,
                struct cleave_error *error)
{
  struct redis *redis = self;
  *text = NULL;
  *version = 0;
  if (join(redis, error) != 0) {
    return -1;
  }
  redisReply *reply = redisCommand(redis->context, "HMGET cleave:%s v d", key);
  int is_good = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2;
  int result = is_good ? 0 : fail(redis, reply, error);
  if (is_good && reply->element[0]->type == REDIS_REPLY_STRING &&
      reply->element[1]->type == REDIS_REPLY_STRING) {
    *version = strtoll(reply->element[0]->str, NULL, 10);
    *text = strdup(reply->element[1]->str);
    result = *text ? 0 : fail(redis, NULL, error);
  }
  if (reply) {
    freeReplyObject(reply);
  }
  return result;
}

static int swap(void *self, const char *key, int64_t version, const char *text,
                struct cleave_error *error)
{
  struct redis *redis = self;
  if (join(redis, error) != 0) {
    return -1;
  }
  redisReply *reply = redisCommand(redis->context, "EVAL %s 1 cleave:%s %lld %lld %s", swap_script,
                                   key, (long long)version, (long long)version + 1, text);
  int result = reply && reply->type == REDIS_REPLY_INTEGER ? (reply->integer == 1 ? 0 : 1)
                                                           : fail(redis, reply, error);
  if (reply) {
    freeReplyObject(reply);
  }
  return result;
}

static void leave(void *self)
{
  struct redis *redis = self;
  if (redis->context) {
    redisFree(redis->context);
  }
  free(redis);
}

int cleave_store_open_redis(struct cleave_store *store, const char *address,
                            struct cleave_error *error)
{
  struct redis *redis = calloc(1, sizeof *redis);
  const char *colon = strrchr(address, ':');
  size_t n = colon ? (size_t)(colon - address) : strlen(address);
  if (!redis || n == 0 || n >= sizeof redis->host) {
    free(redis);
    return cleave_error_set(error, 500, "Function.State", "CLEAVE_STATE is redis://HOST:PORT");
  }
  memcpy(redis->host, address, n);
  redis->port = colon ? atoi(colon + 1) : 6379;
  if (join(redis, error) != 0) {
    leave(redis);
    return -1;
  }
  *store = (struct cleave_store){load, swap, leave, redis};
  return 0;
}

#else

int cleave_store_open_redis(struct cleave_store *store, const char *address,
                            struct cleave_error *error)
{
  (void)store, (void)address;
  return cleave_error_set(
      error, 500, "Function.State",
      "this function was built without hiredis (Debian package libhiredis-dev)");
}

#endif
