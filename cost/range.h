/* A number that is not known exactly: lowest, likely and highest value. Draws are triangular. Not
 * for money. */
#ifndef CLEAVE_COST_RANGE_H
#define CLEAVE_COST_RANGE_H

#include <stdbool.h>

struct range {
  double low;
  double likely;
  double high;
};

struct range range_exact(double value);
struct range range_scaled(struct range range, double factor);
bool range_is_exact(struct range range);

/* The value below which a share of the draws lies, 0 to 1: the inverse of the triangular
 * distribution function. */
double range_quantile(struct range range, double share);

#endif
