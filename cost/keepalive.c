#include "cost/keepalive.h"

#include <math.h>
#include <string.h>

static const struct keepalive_point aws_points[] = {
    {0, 0},      {60, 0},     {120, 0.02}, {180, 0},    {240, 0.01}, {270, 0.03},
    {300, 0.08}, {315, 0.43}, {330, 0.68}, {345, 0.94}, {360, 1},
};

static const struct keepalive_point azure_points[] = {
    {0, 0},      {120, 0},    {150, 0.06}, {180, 0.13}, {210, 0.22}, {240, 0.29}, {270, 0.31},
    {300, 0.34}, {315, 0.33}, {330, 0.4},  {345, 0.73}, {360, 0.76}, {375, 0.98}, {390, 1},
};

static const struct keepalive_point gcp_points[] = {
    {0, 0},   {660, 0},    {720, 0.01}, {780, 0.04}, {840, 0.02}, {870, 0.06},
    {885, 0}, {900, 0.07}, {915, 0.9},  {930, 0.9},  {945, 1},
};

#define CURVE(points) {points, sizeof(points) / sizeof((points)[0])}

static const struct keepalive_curve aws_curve = CURVE(aws_points);
static const struct keepalive_curve azure_curve = CURVE(azure_points);
static const struct keepalive_curve gcp_curve = CURVE(gcp_points);

const struct keepalive_curve *keepalive_curve(const char *cloud)
{
  return strcmp(cloud, "aws") == 0     ? &aws_curve
         : strcmp(cloud, "gcp") == 0   ? &gcp_curve
         : strcmp(cloud, "azure") == 0 ? &azure_curve
                                       : NULL;
}

double keepalive_gone(const struct keepalive_curve *curve, double idle_s)
{
  for (size_t i = 1; i < curve->n_points; i++) {
    const struct keepalive_point *from = &curve->points[i - 1];
    const struct keepalive_point *to = &curve->points[i];
    if (idle_s < to->idle_s) {
      double share = (idle_s - from->idle_s) / (to->idle_s - from->idle_s);
      return from->gone + share * (to->gone - from->gone);
    }
  }
  return 1.0;
}

double keepalive_quantile(const struct keepalive_curve *curve, double probability)
{
  for (size_t i = 1; i < curve->n_points; i++) {
    const struct keepalive_point *from = &curve->points[i - 1];
    const struct keepalive_point *to = &curve->points[i];
    if (probability < to->gone) {
      double share = (probability - from->gone) / (to->gone - from->gone);
      return from->idle_s + share * (to->idle_s - from->idle_s);
    }
  }
  return curve->points[curve->n_points - 1].idle_s;
}

/* The survivor function is (1 - gone(t)) exp(-hazard t); the share of warm calls is the integral of
 * rate exp(-rate t) times it, on each straight piece in closed form. */
double keepalive_cold_share(const struct keepalive_curve *curve, double rate, double hazard)
{
  double warm = 0.0;
  double decay = rate + hazard;
  if (!(rate > 0.0)) {
    return 1.0;
  }
  for (size_t i = 1; i < curve->n_points; i++) {
    double from = curve->points[i - 1].idle_s;
    double to = curve->points[i].idle_s;
    double stays = 1.0 - curve->points[i - 1].gone;
    double slope = (curve->points[i - 1].gone - curve->points[i].gone) / (to - from);
    double length = to - from;
    double head = exp(-decay * from);
    double passed = -expm1(-decay * length);
    double first = passed / decay;                                   /* integral of e^-ds */
    double second = (first - length * exp(-decay * length)) / decay; /* of s e^-ds */
    warm += rate * head * (stays * first + slope * second);
  }
  return fmin(1.0, fmax(0.0, 1.0 - warm));
}
