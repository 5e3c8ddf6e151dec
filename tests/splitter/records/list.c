/* Works on what it is handed: holds nothing itself. */
#include "list.h"
#include <stdlib.h>

typedef struct node {
  struct node *next;
  void *value;
} node;

struct list {
  node *first;
  int n;
};

list *list_new(void)
{
  return calloc(1, sizeof(list));
}

void list_push(list *all, void *value)
{
  node *new = calloc(1, sizeof *new);
  new->value = value;
  new->next = all->first;
  all->first = new;
  all->n++;
}

void *list_at(const list *all, int place)
{
  node *at = all->first;
  while (at && place-- > 0)
    at = at->next;
  return at ? at->value : NULL;
}

void list_free(list *all)
{
  while (all->first) {
    node *next = all->first->next;
    free(all->first);
    all->first = next;
  }
  free(all);
}

int count_digits(const char *text, int *digits)
{
  int n = 0;
  for (; *text; text++)
    n += *text >= '0' && *text <= '9';
  *digits = n;
  return n;
}
