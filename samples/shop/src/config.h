/* The settings: defaults, then a file of "key = value" lines, then the environment (SHOP_KEY).
 * Written by config_init() before anything else runs, read-only afterwards. */
#pragma once

#include <time.h>

struct config {
  int port;
  int threads;
  int log_level; /* 0 errors, 1 notices, 2 everything */
  char database_url[256];
  char mail_dir[256];
  char thumbs_dir[256];
  char report_dir[256];
  char static_dir[256];
  char admin_token[64];
  char session_seed[64]; /* when set, tokens repeat from run to run */
  long session_minutes;
  long fixed_time; /* when set, the shop's clock stands still */
  long tax_percent;
  long low_stock;
  int nightly_hour;
};

extern struct config config;

/* Reads $SHOP_CONFIG (when set) and the environment: 0, or -1 with a message on stderr. */
int config_init(void);

/* Now, in seconds since the epoch, or the fixed time of the settings. */
time_t clock_now(void);

/* "2026-11-23" for a point in time, in UTC. */
void clock_day(time_t when, char *to, size_t size);
