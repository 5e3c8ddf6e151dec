/* One line per event on stderr. */
#ifndef SHOP_LOG_H
#define SHOP_LOG_H

enum log_level { LOG_ERROR, LOG_NOTICE, LOG_DEBUG };

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_notice(...) log_write(LOG_NOTICE, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

#endif
