#include "analyzer/signature.h"

#include <string.h>

/* Length of the class that a text begins with: up to "," or ")". */
static size_t class_length(const char *text)
{
  return strcspn(text, ",()");
}

static bool same_class(const char *left, const char *right)
{
  size_t length = class_length(left);
  return length == class_length(right) && strncmp(left, right, length) == 0;
}

/* The class after this one, or NULL at the end of the list. */
static const char *next_class(const char *text)
{
  text += class_length(text);
  return *text == ',' ? text + 1 : NULL;
}

static bool is_rest(const char *text)
{
  return strncmp(text, "...", 3) == 0;
}

bool signature_fits(const char *call, const char *routine)
{
  if (*call == '\0' || *routine == '\0' || *call == '?' || *routine == '?')
    return true;
  if (*call != 'v' && !same_class(call, routine))
    return false;
  const char *passed = strchr(call, '(');
  const char *taken = strchr(routine, '(');
  if (passed == NULL || taken == NULL || passed[1] == '?' || taken[1] == '?')
    return true;
  passed = passed[1] == ')' ? NULL : passed + 1;
  taken = taken[1] == ')' ? NULL : taken + 1;
  while (taken != NULL && !is_rest(taken)) {
    if (passed == NULL)
      return false;
    if (is_rest(passed))
      return true;
    if (!same_class(passed, taken))
      return false;
    passed = next_class(passed);
    taken = next_class(taken);
  }
  return true;
}
