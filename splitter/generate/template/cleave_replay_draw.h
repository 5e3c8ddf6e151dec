/* Where drawn values come from: a list of choices. A case is its choices, so that it can be told,
 * repeated and made smaller; 0 is the plain choice everywhere. Beyond a given list, choices are
 * plain or random. */
#ifndef CLEAVE_REPLAY_DRAW_H
#define CLEAVE_REPLAY_DRAW_H

#include <stddef.h>
#include <stdint.h>

/* A choice that was made. */
struct choice {
  uint64_t value;
  uint64_t place; /* hash of where the value stands */
  unsigned n;     /* of alternatives that are tried one by one; 0: any number */
};

struct choices {
  const uint64_t *given;
  size_t n_given;
  int is_random; /* what is not given is random, not plain */
  uint64_t state[4];
  struct choice *made;
  size_t n_made;
  size_t room;
  unsigned budget; /* elements that may still be drawn */
  int is_unfit;    /* the values that came out cannot be had */
};

/* GIVEN must outlive CHOICES. */
void choices_init(struct choices *choices, const uint64_t *given, size_t n_given);
/* Random from here on, by SEED and CASE_INDEX alone. */
void choices_seed(struct choices *choices, const char *function, uint64_t seed,
                  uint64_t case_index);
void choices_clear(struct choices *choices);

/* 0 .. n - 1. */
unsigned choose(struct choices *choices, uint64_t place, unsigned n);
/* 0 .. n - 1 for one of n notable values, or n for any: then ask for bits. */
unsigned choose_notable(struct choices *choices, uint64_t place, unsigned n);
uint64_t choose_bits(struct choices *choices, uint64_t place);
/* A number up to LIMIT, taken out of the budget: 1 first, then 0, 2, 3, ... */
size_t choose_length(struct choices *choices, uint64_t place, size_t limit);

/* The place of a part of PLACE. */
uint64_t choice_place(uint64_t place, const char *part);

/* Lists of choices that together try every alternative of every place once. */
struct choice_plans {
  uint64_t **lists;
  size_t *lengths;
  size_t n;
  size_t room;
  uint64_t *known; /* hash set of place and alternative */
  size_t n_known;
  size_t n_slots;
};
/* Adds a list for every alternative of what CHOICES made that no list has tried. */
void choice_plans_learn(struct choice_plans *plans, const struct choices *choices);
void choice_plans_add(struct choice_plans *plans, const struct choice *made, size_t n,
                      uint64_t last);
void choice_plans_clear(struct choice_plans *plans);

#endif
