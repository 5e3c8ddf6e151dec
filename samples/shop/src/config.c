#include "shop.h"

struct config config;

static const char *const config_keys[] = {
    "port",       "threads",    "log_level",   "database_url", "mail_dir",
    "thumbs_dir", "report_dir", "static_dir",  "admin_token",  "session_seed",
    "fixed_time", "low_stock",  "tax_percent", "nightly_hour", "session_minutes",
};

static void config_defaults(void) {
  memset(&config, 0, sizeof config);
  config.port = 8080;
  config.threads = 4;
  config.log_level = 1;
  config.session_minutes = 30;
  config.tax_percent = 19;
  config.low_stock = 3;
  config.nightly_hour = 2;
  str_set(config.database_url, "sqlite:shop.sqlite");
  str_set(config.mail_dir, "mail");
  str_set(config.thumbs_dir, "thumbs");
  str_set(config.report_dir, "reports");
  str_set(config.static_dir, "static");
}

static int config_set(const char *key, const char *value) {
  long number = 0;
  int is_number = str_to_long(value, &number) == 0;
  if (!strcmp(key, "database_url")) str_set(config.database_url, value);
  else if (!strcmp(key, "mail_dir")) str_set(config.mail_dir, value);
  else if (!strcmp(key, "thumbs_dir")) str_set(config.thumbs_dir, value);
  else if (!strcmp(key, "report_dir")) str_set(config.report_dir, value);
  else if (!strcmp(key, "static_dir")) str_set(config.static_dir, value);
  else if (!strcmp(key, "admin_token")) str_set(config.admin_token, value);
  else if (!strcmp(key, "session_seed")) str_set(config.session_seed, value);
  else if (!is_number) return -1;
  else if (!strcmp(key, "port")) config.port = (int)number;
  else if (!strcmp(key, "threads")) config.threads = (int)number;
  else if (!strcmp(key, "log_level")) config.log_level = (int)number;
  else if (!strcmp(key, "session_minutes")) config.session_minutes = number;
  else if (!strcmp(key, "fixed_time")) config.fixed_time = number;
  else if (!strcmp(key, "tax_percent")) config.tax_percent = number;
  else if (!strcmp(key, "low_stock")) config.low_stock = number;
  else if (!strcmp(key, "nightly_hour")) config.nightly_hour = (int)number;
  else return -1;
  return 0;
}

static int config_read_file(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) {
    fprintf(stderr, "shop: cannot open '%s': %s\n", path, strerror(errno));
    return -1;
  }
  char line[512];
  int n = 0, status = 0;
  while (fgets(line, sizeof line, file)) {
    n++;
    char *text = str_trim(line);
    if (!*text || *text == '#') continue;
    char *equals = strchr(text, '=');
    if (equals) *equals = '\0';
    if (!equals || config_set(str_trim(text), str_trim(equals + 1)) != 0) {
      fprintf(stderr, "shop: %s:%d: not a setting: '%s'\n", path, n, text);
      status = -1;
    }
  }
  fclose(file);
  return status;
}

static int config_read_environment(void) {
  int status = 0;
  for (size_t i = 0; i < sizeof config_keys / sizeof *config_keys; i++) {
    char name[64];
    snprintf(name, sizeof name, "SHOP_%s", config_keys[i]);
    for (char *c = name; *c; c++) *c = (char)toupper((unsigned char)*c);
    const char *value = getenv(name);
    if (value && *value && config_set(config_keys[i], value) != 0) {
      fprintf(stderr, "shop: %s: bad value '%s'\n", name, value);
      status = -1;
    }
  }
  return status;
}

int config_init(void) {
  config_defaults();
  const char *path = getenv("SHOP_CONFIG");
  if (path && *path && config_read_file(path) != 0) return -1;
  return config_read_environment();
}

time_t clock_now(void) { return config.fixed_time ? (time_t)config.fixed_time : time(NULL); }

void clock_day(time_t when, char *to, size_t size) {
  struct tm parts;
  gmtime_r(&when, &parts);
  strftime(to, size, "%Y-%m-%d", &parts);
}
