#include "routines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t mix(int64_t a, uint64_t b, int8_t c, bool d)
{
  return ((uint64_t)a ^ (b << 1)) + (uint64_t)c + (d ? 1u : 0u);
}

double same_double(double value)
{
  return value;
}

float same_float(float value)
{
  return value;
}

long double same_wide(long double value)
{
  return value;
}

int64_t same_number(int64_t value)
{
  return value;
}

void reverse(const unsigned char *data, size_t n, unsigned char *out)
{
  for (size_t i = 0; i < n; i++) {
    out[i] = data[n - 1 - i];
  }
}

size_t clip(const char *text, char *out, size_t cap)
{
  size_t n = strlen(text);
  if (cap > 0) {
    size_t kept = n < cap ? n : cap - 1;
    memcpy(out, text, kept);
    out[kept] = '\0';
  }
  return n;
}

long total(const int *items, size_t n_items)
{
  long sum = 0;
  for (size_t i = 0; i < n_items; i++) {
    sum += items[i];
  }
  return sum;
}

int to_number(const char *text, long *value)
{
  char *end = NULL;
  *value = strtol(text, &end, 10);
  return end != text && *end == '\0' ? 0 : -1;
}

void recolour(struct shape *shape)
{
  shape->colour = shape->colour == RED ? BLUE : RED;
  shape->small = shape->small + 1;
  if (shape->kind == KIND_NUMBER) {
    shape->value.number = (int64_t)(0 - (uint64_t)shape->value.number);
  } else if (shape->kind == KIND_WORD && shape->value.word[0]) {
    shape->value.word[0] = 'Z';
  }
}

int tell(const struct shape *shape)
{
  return shape->tilt * 100 + (shape->label ? (int)strlen(shape->label) : -1);
}

void shorten(struct bill *bill)
{
  for (int i = 0; i < bill->n; i++) {
    bill->prices[i] ^= 1;
  }
  bill->n -= bill->n > 1;
}

int counter(int step)
{
  static int count;
  count = (count + 1) % 1000;
  return step ^ count;
}

int where_am_i(int base)
{
  return getenv("CLEAVE_FUNCTION") ? base + (base == 127) : base;
}

/* Reads one byte more than it is told there are. */
unsigned char last_byte(const unsigned char *data, size_t n)
{
  return data[n];
}

/* Writes one byte more than the contract says. */
void fill(unsigned char *out, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    out[i] = (unsigned char)(i + n);
  }
}

int divide(int a, int b)
{
  return (int)((long)a / b);
}

int spin(unsigned char n)
{
  for (volatile unsigned i = 0; n == 255; i = i + 1) {
  }
  return n;
}

int leave(signed char n)
{
  if (n == 10) {
    exit(3);
  }
  return n;
}

long stamp(int base)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return base + now.tv_nsec + now.tv_sec;
}

/* An error by its contract: nothing above 1000. */
int twice(int value)
{
  if (value > 1000 || value < -1000) {
    errno = ERANGE;
    return -1;
  }
  return value * 2;
}

int main(void)
{
  return 0;
}
