#include "list.h"
#include "session.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Made once before the program serves, and held by main alone. */
struct board {
  int n_marks;
};

/* The same on the stack of main: filled in before, unlike the request. */
struct tally {
  const char *name;
  int n;
};

/* Filled in before by name. */
struct desk {
  int n_open;
};

/* Filled in before, too, but begun anew for each request. */
struct page {
  int n_lines, width;
};

struct request {
  const char *path;
  const char *body;
  struct board *board;
  struct tally *tally;
  struct desk *desk;
  struct page *page;
};
struct response {
  int status;
  char body[64];
};
struct route {
  const char *method, *path;
  int (*handler)(const struct request *, struct response *);
};
struct event_base;
struct event *event_new(struct event_base *, int, short, void (*)(int, short, void *), void *);

/* Kept in a list, written only by what it is handed to. */
typedef struct {
  int n_turns;
  int limit;
} lamp;
static list *lamps;

static lamp *lamp_new(int limit)
{
  lamp *new = calloc(1, sizeof *new);
  new->limit = limit;
  return new;
}

static void lamp_turn(lamp *at)
{
  at->n_turns++;
}

static void on_lamp_timer(int fd, short what, void *data)
{
  (void)fd, (void)what;
  lamp_turn(data);
}

static void on_session_timer(int fd, short what, void *data)
{
  session *at = data;
  (void)fd, (void)what;
  at->n_requests = 0;
}

static int widest;

/* Added to alike, but one is said to the customer. */
static int tickets, visits;

static int measure(const struct request *request, struct response *response)
{
  list *words = list_new();
  list_push(words, (void *)request->body);
  response->status = list_at(words, 0) != NULL;
  list_free(words);
  return 0;
}

static int take_ticket(const struct request *request, struct response *response)
{
  (void)request;
  response->status = ++tickets;
  return 0;
}

static int visit(const struct request *request, struct response *response)
{
  (void)request;
  visits++;
  response->status = 200;
  return 0;
}

static int measure_path(const struct request *request, struct response *response)
{
  response->status = count_digits(request->path, &widest);
  return 0;
}

static int login(const struct request *request, struct response *response)
{
  session *at = session_begin(atoi(request->body));
  session_use(at);
  response->status = 200;
  return 0;
}

static int logged_in(const struct request *request, struct response *response)
{
  session *at = session_find(atoi(request->body));
  response->status = at ? 200 : 404;
  return 0;
}

static int token(const struct request *request, struct response *response)
{
  FILE *random = fopen("/dev/urandom", "r");
  (void)request;
  response->status = random ? fgetc(random) : -1;
  if (random)
    fclose(random);
  return 0;
}

static int light(const struct request *request, struct response *response)
{
  list_push(lamps, lamp_new(atoi(request->body)));
  response->status = 201;
  return 0;
}

static int mark(const struct request *request, struct response *response)
{
  response->status = ++request->board->n_marks;
  return 0;
}

static void tally_begin(struct tally *at)
{
  at->name = "requests";
  at->n = 0;
}

static int count(const struct request *request, struct response *response)
{
  request->tally->n = atoi(request->body);
  response->status = request->tally->n;
  return 0;
}

static int enter(const struct request *request, struct response *response)
{
  response->status = ++request->desk->n_open;
  return 0;
}

static void page_begin(struct page *at)
{
  at->n_lines = 0;
  at->width = 80;
}

static int print(const struct request *request, struct response *response)
{
  response->status = ++request->page->n_lines / request->page->width;
  return 0;
}

static const struct route routes[] = {
    {"GET", "/measure", measure}, {"GET", "/path", measure_path},
    {"POST", "/login", login},    {"GET", "/session", logged_in},
    {"GET", "/token", token},     {"POST", "/ticket", take_ticket},
    {"POST", "/visit", visit},    {"POST", "/lamp", light},
    {"POST", "/mark", mark},      {"POST", "/count", count},
    {"POST", "/enter", enter},    {"POST", "/print", print}};

int main(int argc, char **argv)
{
  char line[64];
  struct event_base *base = NULL;
  struct board *board = calloc(1, sizeof *board);
  struct request request;
  struct tally tally;
  struct desk desk;
  struct page page;
  desk.n_open = 0;
  page_begin(&page);
  lamps = list_new();
  tally_begin(&tally);
  for (int i = 0; i < argc; i++) {
    lamp *new = lamp_new(i);
    list_push(lamps, new);
    event_new(base, -1, 0, on_lamp_timer, new);
    event_new(base, -1, 0, on_session_timer, session_begin(i));
  }
  while (fgets(line, sizeof line, stdin)) {
    request.path = argv[0];
    request.body = line;
    request.board = board;
    request.tally = &tally;
    request.desk = &desk;
    request.page = &page;
    page = (struct page){.width = 80};
    struct response response = {0};
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
      if (strstr(line, routes[i].path))
        routes[i].handler(&request, &response);
    printf("%d\n", response.status);
  }
}
