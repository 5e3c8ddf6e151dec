/* Seeded random numbers for simulation and sampling: the same seed gives the same numbers on every
 * machine. Inline, because a simulation draws two per call. Sources: D. Blackman and S. Vigna,
 * xoshiro256++, 2019; G. Marsaglia and W. W. Tsang, The ziggurat method, 2000.
 */
#ifndef CLEAVE_COST_RANDOM_H
#define CLEAVE_COST_RANDOM_H

#include <math.h>
#include <stdint.h>

#define RANDOM_LAYERS 256

struct random {
  uint64_t state[4];
  double edges[RANDOM_LAYERS + 1];   /* of the layers of exp(-x), falling */
  double heights[RANDOM_LAYERS + 1]; /* exp(-edge) */
};

/* Also builds the tables of the exponential draws. */
void random_init(struct random *random, uint64_t seed);

/* For the rare cases of random_exponential. */
double random_exponential_rest(struct random *random, unsigned int layer, double value);

static inline uint64_t random_rotate(uint64_t value, int n_bits)
{
  return (value << n_bits) | (value >> (64 - n_bits));
}

static inline uint64_t random_next(struct random *random)
{
  uint64_t *state = random->state;
  uint64_t result = random_rotate(state[0] + state[3], 23) + state[0];
  uint64_t shifted = state[1] << 17;
  state[2] ^= state[0];
  state[3] ^= state[1];
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= shifted;
  state[3] = random_rotate(state[3], 45);
  return result;
}

/* Uniform in [0, 1), 53 bits. */
static inline double random_uniform(struct random *random)
{
  return (double)(random_next(random) >> 11) * 0x1p-53;
}

/* Exponential with mean 1. */
static inline double random_exponential(struct random *random)
{
  uint64_t bits = random_next(random);
  unsigned int layer = (unsigned int)(bits & (RANDOM_LAYERS - 1));
  double value = (double)(bits >> 11) * 0x1p-53 * random->edges[layer];
  if (value < random->edges[layer + 1]) {
    return value;
  }
  return random_exponential_rest(random, layer, value);
}

#endif
