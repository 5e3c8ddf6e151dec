/* Symbols of every kind, for the corpus of fuzz_object. */
static int count = 1;
int common, shared = 2;
static int helper(int x) { return x + count; }
int first(void) { return helper(shared); }
int second(void) __attribute__((alias("first")));
__attribute__((weak)) int third(void) { return common; }
