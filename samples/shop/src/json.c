#include "shop.h"

#include <stdarg.h>

static void json_quote(struct buffer *out, const char *text) {
  buffer_puts(out, "\"");
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\') buffer_printf(out, "\\%c", c);
    else if (c < 0x20) buffer_printf(out, "\\u%04x", c);
    else buffer_add(out, text, 1);
  }
  buffer_puts(out, "\"");
}

static void json_format(struct buffer *out, const char *format, va_list args) {
  for (; *format; format++) {
    if (format[0] == '%' && format[1] == 's') json_quote(out, va_arg(args, const char *));
    else if (format[0] == '%' && format[1] == 'l') buffer_printf(out, "%ld", va_arg(args, long));
    else buffer_add(out, format[0] == '\'' ? "\"" : format, 1);
    if (format[0] == '%') format++;
  }
}

void json_write(struct buffer *out, const char *format, ...) {
  va_list args;
  va_start(args, format);
  json_format(out, format, args);
  va_end(args);
}

void json_item(struct buffer *out, const char *format, ...) {
  va_list args;
  if (out->length && out->data[out->length - 1] != '[') buffer_puts(out, ",");
  va_start(args, format);
  json_format(out, format, args);
  va_end(args);
}
