#ifndef PRICES_H
#define PRICES_H
#include <stddef.h>
#include <stdint.h>

enum grade { GRADE_PLAIN = 1, GRADE_FINE = 4 };

struct line {
  long quantity;
  int64_t cents;
  char name[16];
  enum grade grade;
};

struct total {
  int64_t cents;
  double rate;
  float share;
  unsigned n_lines;
};

int price_total(const struct line *lines, size_t n_lines, const char *country, struct total *total);
char *price_label(const char *name, double rate);
const char *price_zone(int number);
int scale_all(int *numbers, size_t n_numbers, int factor);
int fill_text(char *out, size_t room, int number);
void note_click(const char *product, int weight);
long clicks_so_far(void);
double halve(double value);
#endif
