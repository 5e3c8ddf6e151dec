#ifndef ROUTINES_H
#define ROUTINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum colour { RED, GREEN = 7, BLUE = -3 };
enum kind { KIND_NONE, KIND_NUMBER, KIND_WORD };

struct shape {
  enum kind kind;
  union {
    int64_t number;
    char word[8];
  } value;
  unsigned small : 3;
  int tilt : 5;
  enum colour colour;
  char *label;
};

/* The first n of the prices are set. */
struct bill {
  int prices[6];
  signed char n;
};

/* Routines that answer the same wherever they run. */
uint64_t mix(int64_t a, uint64_t b, int8_t c, bool d);
double same_double(double value);
float same_float(float value);
long double same_wide(long double value);
int64_t same_number(int64_t value);
void reverse(const unsigned char *data, size_t n, unsigned char *out);
size_t clip(const char *text, char *out, size_t cap);
long total(const int *items, size_t n_items);
int to_number(const char *text, long *value);
void recolour(struct shape *shape);
int tell(const struct shape *shape);
void shorten(struct bill *bill);

/* Routines that do not, and contracts that are wrong. */
int counter(int step);
int where_am_i(int base);
unsigned char last_byte(const unsigned char *data, size_t n);
void fill(unsigned char *out, size_t n);
int divide(int a, int b);
int spin(unsigned char n);
int leave(signed char n);
long stamp(int base);
int twice(int value);

#endif
