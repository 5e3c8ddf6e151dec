#include "shop.h"

#define SEARCH_MAX_HITS 20
#define SEARCH_MAX_TERMS 500
#define SEARCH_TOP_TERMS 10

struct search_hit {
  long product_id, price_cents;
  int score;
  char name[80];
};

struct search_result {
  char term[64];
  struct search_hit *hits;
  int n;
};

struct search_term {
  char text[64];
  long count;
};

/* What was looked for since start-up. */
static struct search_term *search_terms;
static int n_search_terms;
static pthread_mutex_t search_lock = PTHREAD_MUTEX_INITIALIZER;

static void search_remember(const char *term) {
  pthread_mutex_lock(&search_lock);
  int i = 0;
  while (i < n_search_terms && strcmp(search_terms[i].text, term)) i++;
  if (i == n_search_terms && i < SEARCH_MAX_TERMS) {
    search_terms = mem_resize(search_terms, (size_t)(i + 1) * sizeof *search_terms);
    memset(&search_terms[i], 0, sizeof *search_terms);
    str_set(search_terms[i].text, term);
    n_search_terms++;
  }
  if (i < n_search_terms) search_terms[i].count++;
  pthread_mutex_unlock(&search_lock);
}

void search_forget(void) {
  pthread_mutex_lock(&search_lock);
  free(search_terms);
  search_terms = NULL;
  n_search_terms = 0;
  pthread_mutex_unlock(&search_lock);
}

/* A hit in the name counts more than one in the description, most of all at its beginning. */
static int search_score(const char *term, const char *name, const char *description) {
  char lower[200];
  str_set(lower, name);
  str_lower(lower);
  const char *in_name = strstr(lower, term);
  int score = in_name ? (in_name == lower ? 10 : 6) : 0;
  str_set(lower, description);
  str_lower(lower);
  return score + (strstr(lower, term) ? 1 : 0);
}

static int search_take_row(void *context, const char *const *values) {
  struct search_result *result = context;
  struct search_hit hit = {0};
  hit.product_id = atol(values[0]);
  str_set(hit.name, values[1]);
  hit.price_cents = atol(values[3]);
  hit.score = search_score(result->term, values[1], values[2]);
  result->hits = mem_resize(result->hits, (size_t)(result->n + 1) * sizeof hit);
  result->hits[result->n++] = hit;
  return 0;
}

static int search_compare_hits(const void *left, const void *right) {
  const struct search_hit *a = left, *b = right;
  if (a->score != b->score) return b->score - a->score;
  return (a->product_id > b->product_id) - (a->product_id < b->product_id);
}

static int search_compare_terms(const void *left, const void *right) {
  const struct search_term *a = left, *b = right;
  if (a->count != b->count) return a->count < b->count ? 1 : -1;
  return strcmp(a->text, b->text);
}

static void search_write(struct buffer *out, const struct search_result *result) {
  json_write(out, "{'query':%s,'total':%l,'hits':[", result->term, (long)result->n);
  for (int i = 0; i < result->n && i < SEARCH_MAX_HITS; i++) {
    char price[32];
    str_format_money(price, sizeof price, result->hits[i].price_cents);
    json_item(out, "{'id':%l,'name':%s,'price':%s,'score':%l}", result->hits[i].product_id, result->hits[i].name, price,
              (long)result->hits[i].score);
  }
  json_write(out, "]}");
}

int search_query(struct request *request, struct response *response) {
  struct search_result result = {0};
  const char *query = request_arg(request, "q");
  if (!query || strlen(query) < 2) return response_error(response, 400, "two letters at least");
  str_set(result.term, query);
  str_lower(result.term);
  char *quoted = str_replace(result.term, "%", "");
  struct buffer pattern;
  buffer_init(&pattern);
  buffer_printf(&pattern, "%%%s%%", quoted);
  long n = db_select(search_take_row, &result,
                     "SELECT id, name, description, price_cents FROM products"
                     " WHERE LOWER(name) LIKE $1 OR LOWER(description) LIKE $1 ORDER BY id",
                     "s", pattern.data);
  buffer_clear(&pattern);
  free(quoted);
  if (n > 0) qsort(result.hits, (size_t)result.n, sizeof *result.hits, search_compare_hits);
  if (n >= 0) {
    stats.searches++;
    search_remember(result.term);
    search_write(&response->body, &result);
  }
  free(result.hits);
  return n < 0 ? -1 : 0;
}

int search_popular(struct request *request UNUSED, struct response *response) {
  json_write(&response->body, "[");
  pthread_mutex_lock(&search_lock);
  if (n_search_terms) qsort(search_terms, (size_t)n_search_terms, sizeof *search_terms, search_compare_terms);
  for (int i = 0; i < n_search_terms && i < SEARCH_TOP_TERMS; i++)
    json_item(&response->body, "{'term':%s,'count':%l}", search_terms[i].text, search_terms[i].count);
  pthread_mutex_unlock(&search_lock);
  json_write(&response->body, "]");
  return 0;
}
