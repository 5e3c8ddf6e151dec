/* The name that a misspelt one probably means, for error messages. Knows nothing of files. */
#ifndef CLEAVE_BASE_NEAREST_H
#define CLEAVE_BASE_NEAREST_H

/* The candidate with the fewest edits (optimal string alignment: insert, delete, replace, swap of
 * neighbours; letters compared without case), the first of equals; NULL when every candidate
 * differs in more than half of its letters or there is none. The result belongs to the caller of
 * the candidates. O(n * length^2).
 */
const char *nearest_name(const char *name, const char *const *candidates,
                         unsigned int n_candidates);

#endif
