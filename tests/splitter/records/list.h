typedef struct list list;
list *list_new(void);
void list_push(list *, void *);
void *list_at(const list *, int);
void list_free(list *);
int count_digits(const char *text, int *digits);
