#include "prices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Declared nowhere before: calls from this file reach its proxy all the same. */
static int
shipping_of (const char *country, /* a comment, (with parentheses */
             int64_t cents)
{
  if (strcmp(country, "DE") == 0)
    return cents >= 5000 ? 0 : 490;
  return strcmp(country, "AT") == 0 ? 790 : -1;
}

int price_total(const struct line *lines, size_t n_lines, const char *country, struct total *total)
{
  int64_t cents = 0;
  for (size_t i = 0; i < n_lines; i++)
    cents += lines[i].quantity * lines[i].cents * (int64_t)lines[i].grade;
  int shipping = shipping_of(country, cents);
  if (shipping < 0) {
    errno = EDOM;
    return -1;
  }
  total->cents = cents + shipping;
  total->rate = n_lines > 0 ? (double)cents / (double)n_lines : -0.0;
  total->share = (float)shipping / 3;
  total->n_lines = (unsigned)n_lines;
  return (int)n_lines;
}

char *price_label(const char *name, double rate)
{
  char *text = malloc(64);
  if (text)
    snprintf(text, 64, "%.40s at %.3f", name, rate);
  return text;
}

const char *price_zone(int number)
{
  static const char *const zones[] = {"near", "far", "abroad"};
  return number >= 0 && number < 3 ? zones[number] : NULL;
}

int scale_all(int *numbers, size_t n_numbers, int factor)
{
  for (size_t i = 0; i < n_numbers; i++)
    numbers[i] *= factor;
  return 0;
}

int fill_text(char *out, size_t room, int number)
{
  int n = snprintf(out, room, "number %d", number);
  return n < 0 || (size_t)n >= room ? -1 : n;
}

double halve(double value)
{
  return value / 2;
}

static int
factorial_of(int n)
{
  return n < 2 ? 1 : n * factorial_of(n - 1);
}

static long clicks;

void note_click(const char *product, int weight)
{
  clicks += weight + (long)strlen(product) * 0;
}

long clicks_so_far(void)
{
  return clicks + factorial_of(3) - 6;
}
