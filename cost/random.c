#include "cost/random.h"

/* Right edge of the lowest layer and the area of each, for 256 layers of exp(-x). */
#define EDGE 7.69711747013104972
#define AREA 0.0039496598225815571993

static uint64_t split_mix(uint64_t *seed)
{
  uint64_t value = (*seed += 0x9e3779b97f4a7c15U);
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

void random_init(struct random *random, uint64_t seed)
{
  for (int i = 0; i < 4; i++) {
    random->state[i] = split_mix(&seed);
  }
  /* Layer 0 is the tail's: a box of the common area, wider than its curve. */
  random->edges[0] = AREA / exp(-EDGE);
  random->edges[1] = EDGE;
  random->edges[RANDOM_LAYERS] = 0.0;
  for (int i = 2; i < RANDOM_LAYERS; i++) {
    random->edges[i] = -log(exp(-random->edges[i - 1]) + AREA / random->edges[i - 1]);
  }
  for (int i = 0; i <= RANDOM_LAYERS; i++) {
    random->heights[i] = exp(-random->edges[i]);
  }
}

double random_exponential_rest(struct random *random, unsigned int layer, double value)
{
  for (;;) {
    if (layer == 0) {
      return EDGE + random_exponential(random); /* the tail of exp(-x) is exp(-x) again */
    }
    double low = random->heights[layer];
    double high = random->heights[layer + 1];
    if (low + random_uniform(random) * (high - low) < exp(-value)) {
      return value;
    }
    uint64_t bits = random_next(random);
    layer = (unsigned int)(bits & (RANDOM_LAYERS - 1));
    value = (double)(bits >> 11) * 0x1p-53 * random->edges[layer];
    if (value < random->edges[layer + 1]) {
      return value;
    }
  }
}
