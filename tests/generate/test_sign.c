/* Signature Version 4 against signatures that AWS' own Python library made, and the readers of
 * credentials. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "splitter/generate/template/cleave_proxy_credentials.h"
#include "splitter/generate/template/cleave_proxy_sign.h"

static const struct {
  const char *service;
  const char *method;
  const char *host;
  const char *path;
  const char *query;
  const char *body;
  const char *target; /* X-Amz-Target, or NULL */
  const char *token;
  const char *names;
  const char *signature;
} vectors[] = {
    {"lambda", "POST", "lambda.us-east-1.amazonaws.com", "/2015-03-31/functions/price/invocations",
     "", "{\"a\":1}", NULL, "tok", "host;x-amz-date;x-amz-security-token",
     "9538adff3c86a221818403ce0cd9e8f453e6befc7690f47b517e3b7223fca06d"},
    {"lambda", "POST", "lambda.us-east-1.amazonaws.com", "/2015-03-31/functions/price/invocations",
     "Qualifier=live", "{\"a\":1}", NULL, "tok", "host;x-amz-date;x-amz-security-token",
     "8b9e952015e70f2bdbcce0d41ecc49a3966aad10bfa0a1d801ddea8a38e3de51"},
    {"lambda", "POST", "lambda.us-east-1.amazonaws.com",
     "/2015-03-31/functions/price%3Alive/invocations", "", "{\"a\":1}", NULL, "tok",
     "host;x-amz-date;x-amz-security-token",
     "985f34dd5834e13813de268e734c199acea5a498de1229767338fd7f956f5d61"},
    {"sqs", "POST", "127.0.0.1:5000", "/", "", "{\"QueueUrl\":\"http://127.0.0.1:5000/1/q\"}",
     "AmazonSQS.ReceiveMessage", "", "host;x-amz-date;x-amz-target",
     "440598a83c3e6a7607206f2da36ad76ad48735d5783f0ab0141a218ff9152c2e"},
    {"s3", "GET", "127.0.0.1:5000", "/images",
     "list-type=2&prefix=a%2Fb&continuation-token=x%3D%3D", "", NULL, "tok",
     "host;x-amz-content-sha256;x-amz-date;x-amz-security-token",
     "bdf2e5876fee523ca8d9388676b0701da91c74aace884030ecda9a987f231560"},
    {"s3", "GET", "127.0.0.1:5000", "/images/a%20b%2Bc", "", "", NULL, "",
     "host;x-amz-content-sha256;x-amz-date",
     "9154ebd896ed226b8ff28497297085032eb1100fffd06e0ce3ecc89f509d4ab7"},
};

static void test_vectors(void)
{
  for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
    struct arena arena;
    arena_init(&arena);
    g_autoptr(GDateTime) now = g_date_time_new_from_iso8601("2026-11-23T07:21:20Z", NULL);
    /* A trace header is sent along and not signed: proxies on the way may change it. */
    struct cleave_field headers[] = {
        {"X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793"},
        {"X-Amz-Target", vectors[i].target}};
    struct proxy_signing signing = {.method = vectors[i].method,
                                    .host = vectors[i].host,
                                    .path = vectors[i].path,
                                    .query = vectors[i].query,
                                    .body = vectors[i].body,
                                    .n_body = strlen(vectors[i].body),
                                    .headers = {headers, vectors[i].target ? 2 : 1},
                                    .region = "us-east-1",
                                    .service = vectors[i].service,
                                    .id = "AKIDEXAMPLE",
                                    .secret = "secretsecret",
                                    .token = vectors[i].token,
                                    .now = (time_t)g_date_time_to_unix(now)};
    struct fields added = {NULL, 0, 0};
    g_assert_cmpint(proxy_sign(&arena, &signing, &added), ==, 0);
    g_autofree char *wanted = g_strdup_printf(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/%s/aws4_request, "
        "SignedHeaders=%s, Signature=%s",
        vectors[i].service, vectors[i].names, vectors[i].signature);
    struct cleave_fields view = fields_view(&added);
    g_assert_cmpstr(cleave_fields_get(&view, "X-Amz-Date", true), ==, "20261123T072120Z");
    g_assert_cmpstr(cleave_fields_get(&view, "Authorization", true), ==, wanted);
    const char *token = cleave_fields_get(&view, "X-Amz-Security-Token", true);
    g_assert_cmpstr(token ? token : "", ==, vectors[i].token);
    arena_clear(&arena);
  }
}

static const char credentials[] = "# made by hand\n"
                                  "[default]\r\n"
                                  "aws_access_key_id = AKIDDEFAULT\r\n"
                                  "aws_secret_access_key=a/b+c=\r\n"
                                  "\n"
                                  "[ work ]\n"
                                  "; a comment = no key\n"
                                  "aws_access_key_id\t=\tAKIDWORK\n"
                                  "aws_secret_access_key = two words \n"
                                  "aws_session_token = tok==\n"
                                  "[half]\n"
                                  "aws_access_key_id = AKIDHALF\n"
                                  "[broken\n"
                                  "aws_secret_access_key = of nobody\n";

static void test_parse(void)
{
  static const struct {
    const char *profile;
    int code;
    const char *id;
    const char *secret;
    const char *token;
  } cases[] = {
      {"default", 0, "AKIDDEFAULT", "a/b+c=", ""},
      {"work", 0, "AKIDWORK", "two words", "tok=="},
      {"half", -1, "AKIDHALF", "", ""}, /* the next section's key is not its own */
      {"nobody", -1, "", "", ""},
      {"", -1, "", "", ""},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct arena arena;
    struct proxy_credentials found;
    arena_init(&arena);
    g_assert_cmpint(
        proxy_credentials_parse(&arena, credentials, strlen(credentials), cases[i].profile, &found),
        ==, cases[i].code);
    g_assert_cmpstr(found.id, ==, cases[i].id);
    g_assert_cmpstr(found.secret, ==, cases[i].secret);
    g_assert_cmpstr(found.token, ==, cases[i].token);
    arena_clear(&arena);
  }
}

/* The environment goes first, half a pair of it counts for nothing, then the file. */
static void test_find(void)
{
  g_autofree char *folder = g_dir_make_tmp("cleave-credentials-XXXXXX", NULL);
  g_autofree char *aws = g_build_filename(folder, ".aws", NULL);
  g_autofree char *path = g_build_filename(aws, "credentials", NULL);
  struct arena arena;
  struct proxy_credentials found;
  arena_init(&arena);
  g_assert_cmpint(g_mkdir(aws, 0700), ==, 0);
  g_assert_true(g_file_set_contents(path, credentials, -1, NULL));
  g_setenv("HOME", folder, TRUE);
  g_setenv("AWS_ACCESS_KEY_ID", "AKIDENV", TRUE);
  g_unsetenv("AWS_SECRET_ACCESS_KEY");
  g_unsetenv("AWS_SESSION_TOKEN");
  g_unsetenv("AWS_PROFILE");
  g_unsetenv("AWS_SHARED_CREDENTIALS_FILE");
  g_assert_cmpint(proxy_credentials_find(&arena, &found), ==, 0);
  g_assert_cmpstr(found.id, ==, "AKIDDEFAULT");
  g_setenv("AWS_SECRET_ACCESS_KEY", "of the environment", TRUE);
  g_assert_cmpint(proxy_credentials_find(&arena, &found), ==, 0);
  g_assert_cmpstr(found.id, ==, "AKIDENV");
  g_assert_cmpstr(found.secret, ==, "of the environment");
  g_unsetenv("AWS_ACCESS_KEY_ID");
  g_setenv("AWS_PROFILE", "work", TRUE);
  g_assert_cmpint(proxy_credentials_find(&arena, &found), ==, 0);
  g_assert_cmpstr(found.token, ==, "tok==");
  g_setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials", TRUE);
  g_assert_cmpint(proxy_credentials_find(&arena, &found), ==, -1);
  g_assert_nonnull(strstr(found.problem, "are not set"));
  g_setenv("AWS_SHARED_CREDENTIALS_FILE", path, TRUE);
  g_setenv("AWS_PROFILE", "half", TRUE);
  g_assert_cmpint(proxy_credentials_find(&arena, &found), ==, -1);
  g_assert_null(strstr(found.problem, "AKIDHALF"));
  arena_clear(&arena);
  g_unlink(path);
  g_rmdir(aws);
  g_rmdir(folder);
}

int main(int argc, char **argv)
{
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sign/vectors", test_vectors);
  g_test_add_func("/sign/credentials/parse", test_parse);
  g_test_add_func("/sign/credentials/find", test_find);
  return g_test_run();
}
