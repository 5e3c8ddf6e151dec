#include "reports/money.h"

#include <stdbool.h>
#include <string.h>

#define PLACES 18

money money_parse(const char *text)
{
  bool is_negative = text[0] == '-';
  money amount = 0;
  int n_places = -1; /* digits after the point, -1 before it */
  for (const char *p = text + is_negative; *p; p++) {
    if (*p == '.' && n_places < 0) {
      n_places = 0;
    } else if (!g_ascii_isdigit(*p)) {
      return 0;
    } else if (n_places < PLACES) {
      amount = amount * 10 + (*p - '0');
      n_places += n_places >= 0;
    }
  }
  for (int i = MAX(n_places, 0); i < PLACES; i++) {
    amount *= 10;
  }
  return is_negative ? -amount : amount;
}

char *money_plain(money amount)
{
  const money cent = (money)10000000000000000;
  bool is_negative = amount < 0;
  money cents = ((is_negative ? -amount : amount) + cent / 2) / cent;
  guint64 whole = (guint64)(cents / 100);
  return g_strdup_printf("%s%" G_GUINT64_FORMAT ".%02d", is_negative && cents > 0 ? "-" : "", whole,
                         (int)(cents % 100));
}

char *money_format(money amount)
{
  g_autofree char *plain = money_plain(amount);
  const char *digits = plain + (plain[0] == '-');
  size_t n_whole = strcspn(digits, ".");
  GString *out = g_string_new(plain[0] == '-' ? "-$" : "$");
  for (size_t i = 0; i < n_whole; i++) {
    if (i > 0 && (n_whole - i) % 3 == 0) {
      g_string_append_c(out, ',');
    }
    g_string_append_c(out, digits[i]);
  }
  g_string_append(out, digits + n_whole);
  return g_string_free(out, FALSE);
}
