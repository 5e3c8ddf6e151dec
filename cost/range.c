#include "cost/range.h"

#include <math.h>

struct range range_exact(double value)
{
  return (struct range){value, value, value};
}

struct range range_scaled(struct range range, double factor)
{
  return (struct range){range.low * factor, range.likely * factor, range.high * factor};
}

bool range_is_exact(struct range range)
{
  return !(range.high > range.low);
}

double range_quantile(struct range range, double share)
{
  double width = range.high - range.low;
  if (!(width > 0.0)) {
    return range.likely;
  }
  double rise = (range.likely - range.low) / width;
  if (share < rise) {
    return range.low + sqrt(share * width * (range.likely - range.low));
  }
  return range.high - sqrt((1.0 - share) * width * (range.high - range.likely));
}
