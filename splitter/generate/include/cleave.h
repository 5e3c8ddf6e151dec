/* Words about parameters and members, for whoever takes a program apart with Cleave.
 *
 *   int price(const char *sku, const int *items, size_t n) CLEAVE("items: in,count(n); sku: string");
 *
 * Under clang, which Cleave reads with, they become annotations; for every other compiler they are
 * nothing. The vocabulary stands in Cleave's docs/functions.md. */
#ifndef CLEAVE_H
#define CLEAVE_H

#if defined(__clang__)
#define CLEAVE(words) __attribute__((annotate("cleave:" words)))
#else
#define CLEAVE(words)
#endif

#endif
