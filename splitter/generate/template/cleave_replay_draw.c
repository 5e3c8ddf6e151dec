#include "cleave_replay_draw.h"

#include <stdlib.h>
#include <string.h>

#define BUDGET 20000
#define PLAN_LIMIT 5000

void choices_init(struct choices *choices, const uint64_t *given, size_t n_given)
{
  memset(choices, 0, sizeof *choices);
  choices->given = given;
  choices->n_given = n_given;
  choices->budget = BUDGET;
}

/* splitmix64 (Steele, Lea, Flood 2014) fills the state of the generator below. */
static uint64_t split_mix(uint64_t *state)
{
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

void choices_seed(struct choices *choices, const char *function, uint64_t seed, uint64_t case_index)
{
  uint64_t state = choice_place(seed, function) + case_index * 0x2545f4914f6cdd1du;
  choices->is_random = 1;
  for (int i = 0; i < 4; i++) {
    choices->state[i] = split_mix(&state);
  }
}

static uint64_t rotate(uint64_t value, int n)
{
  return (value << n) | (value >> (64 - n));
}

/* xoshiro256** (Blackman, Vigna 2018). */
static uint64_t random_bits(struct choices *choices)
{
  uint64_t *s = choices->state;
  uint64_t result = rotate(s[1] * 5, 7) * 9;
  uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 45);
  return result;
}

void choices_clear(struct choices *choices)
{
  free(choices->made);
  choices->made = NULL;
  choices->n_made = 0;
}

static uint64_t note(struct choices *choices, uint64_t place, unsigned n, uint64_t value)
{
  if (choices->n_made == choices->room) {
    choices->room = choices->room > 0 ? choices->room * 2 : 64;
    choices->made = realloc(choices->made, choices->room * sizeof *choices->made);
    if (!choices->made) {
      abort();
    }
  }
  choices->made[choices->n_made++] = (struct choice){value, place, n};
  return value;
}

static int is_given(const struct choices *choices)
{
  return choices->n_made < choices->n_given;
}

unsigned choose(struct choices *choices, uint64_t place, unsigned n)
{
  uint64_t value = is_given(choices)    ? choices->given[choices->n_made] % n
                   : choices->is_random ? random_bits(choices) % n
                                        : 0;
  return (unsigned)note(choices, place, n, value);
}

unsigned choose_notable(struct choices *choices, uint64_t place, unsigned n)
{
  uint64_t value = is_given(choices) ? choices->given[choices->n_made] % (n + 1) : 0;
  if (!is_given(choices) && choices->is_random) {
    uint64_t bits = random_bits(choices);
    value = bits & 1 ? n : (bits >> 1) % n;
  }
  return (unsigned)note(choices, place, n, value);
}

uint64_t choose_bits(struct choices *choices, uint64_t place)
{
  uint64_t value = is_given(choices)    ? choices->given[choices->n_made]
                   : choices->is_random ? random_bits(choices)
                                        : 0;
  return note(choices, place, 0, value);
}

size_t choose_length(struct choices *choices, uint64_t place, size_t limit)
{
  static const size_t lengths[] = {1, 0, 2, 3, 17, 300};
  unsigned n = sizeof lengths / sizeof *lengths;
  unsigned at = choose_notable(choices, place, n + 1);
  size_t length = at < n    ? lengths[at]
                  : at == n ? limit
                            : (size_t)(choose_bits(choices, place) % 24);
  length = length < limit ? length : limit;
  length = length < choices->budget ? length : choices->budget;
  choices->budget -= (unsigned)length;
  return length;
}

/* FNV-1a. */
uint64_t choice_place(uint64_t place, const char *part)
{
  uint64_t hash = place ^ 0xcbf29ce484222325u;
  for (; *part; part++) {
    hash = (hash ^ (unsigned char)*part) * 0x100000001b3u;
  }
  return hash * 0x100000001b3u + 1;
}

static uint64_t *slot_of(uint64_t *known, size_t n_slots, uint64_t key)
{
  size_t at = (size_t)(key % n_slots);
  while (known[at] != 0 && known[at] != key) {
    at = (at + 1) % n_slots;
  }
  return &known[at];
}

/* Whether PLACE and ALTERNATIVE are new; they are known from here on. */
static int learn(struct choice_plans *plans, uint64_t place, uint64_t alternative)
{
  uint64_t state = place + alternative;
  uint64_t key = split_mix(&state) | 1;
  if (plans->n_known * 2 >= plans->n_slots) {
    size_t n_slots = plans->n_slots > 0 ? plans->n_slots * 2 : 256;
    uint64_t *known = calloc(n_slots, sizeof *known);
    if (!known) {
      abort();
    }
    for (size_t i = 0; i < plans->n_slots; i++) {
      if (plans->known[i] != 0) {
        *slot_of(known, n_slots, plans->known[i]) = plans->known[i];
      }
    }
    free(plans->known);
    plans->known = known;
    plans->n_slots = n_slots;
  }
  uint64_t *slot = slot_of(plans->known, plans->n_slots, key);
  if (*slot != 0) {
    return 0;
  }
  *slot = key;
  plans->n_known++;
  return 1;
}

void choice_plans_add(struct choice_plans *plans, const struct choice *made, size_t n,
                      uint64_t last)
{
  if (plans->n == plans->room) {
    plans->room = plans->room > 0 ? plans->room * 2 : 64;
    plans->lists = realloc(plans->lists, plans->room * sizeof *plans->lists);
    plans->lengths = realloc(plans->lengths, plans->room * sizeof *plans->lengths);
  }
  uint64_t *list = malloc((n + 1) * sizeof *list);
  if (!list || !plans->lists || !plans->lengths) {
    abort();
  }
  for (size_t i = 0; i < n; i++) {
    list[i] = made[i].value;
  }
  list[n] = last;
  plans->lists[plans->n] = list;
  plans->lengths[plans->n++] = n + 1;
}

void choice_plans_learn(struct choice_plans *plans, const struct choices *choices)
{
  for (size_t i = 0; i < choices->n_made; i++) {
    const struct choice *made = &choices->made[i];
    learn(plans, made->place, made->value);
    for (unsigned other = 0; other < made->n && plans->n < PLAN_LIMIT; other++) {
      if (learn(plans, made->place, other)) {
        choice_plans_add(plans, choices->made, i, other);
      }
    }
  }
}

void choice_plans_clear(struct choice_plans *plans)
{
  for (size_t i = 0; i < plans->n; i++) {
    free(plans->lists[i]);
  }
  free(plans->lists);
  free(plans->lengths);
  free(plans->known);
  memset(plans, 0, sizeof *plans);
}
