/* What runs from cron and by hand: shop-batch [-c FILE] [-d URL] COMMAND. */
#include "catalogue.h"
#include "config.h"
#include "db.h"
#include "job.h"
#include "log.h"
#include "notify.h"
#include "report.h"
#include "schema.h"
#include "stock.h"
#include "thumb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void usage(FILE *to)
{
  fprintf(to, "usage: shop-batch [-c FILE] [-d URL] COMMAND\n"
              "  init                 create the tables\n"
              "  report DAY|nightly   write a sales report\n"
              "  import-stock FILE    add deliveries, lines of \"SKU;QUANTITY\"\n"
              "  export-orders        print all orders, one line each\n"
              "  thumbnails           make all thumbnails again\n"
              "  mail-order ID        send the mail of an order again\n");
}

/* There is no queue here: whoever runs the tool waits. */
int notify(const char *kind, const char *payload)
{
  struct job *job = job_new(kind, payload);
  int status = job_handle(job);
  job_free(job);
  return status;
}

static int import_stock_line(char *line, int number)
{
  long id, quantity;
  char *semicolon = strchr(line, ';');
  if (semicolon)
    *semicolon = '\0';
  if (!semicolon || str_to_long(str_trim(semicolon + 1), &quantity) != 0 ||
      db_long(&id, "SELECT id FROM products WHERE sku = $1", "s", str_trim(line)) != 1) {
    fprintf(stderr, "shop-batch: line %d: not \"SKU;QUANTITY\"\n", number);
    return -1;
  }
  return stock_add(id, quantity, "import");
}

/* All lines or none. */
static int import_stock(const char *path)
{
  char line[256];
  int n = 0, status = 0;
  FILE *file = fopen(path, "r");
  if (!file) {
    fprintf(stderr, "shop-batch: cannot open '%s': %s\n", path, strerror(errno));
    return -1;
  }
  if (db_begin() != 0) {
    fclose(file);
    return -1;
  }
  while (status == 0 && fgets(line, sizeof line, file)) {
    n++;
    if (*str_trim(line))
      status = import_stock_line(line, n);
  }
  fclose(file);
  if (status != 0) {
    db_rollback();
    return -1;
  }
  return db_commit();
}

static int print_row(void *context, int n_columns, const char *const *values)
{
  for (int i = 0; i < n_columns; i++)
    fprintf(context, "%s%s", i ? ";" : "", values[i]);
  fputc('\n', context);
  return 0;
}

static int export_orders(void)
{
  return db_select(print_row, stdout,
                   "SELECT o.id, u.email, o.status, o.country, o.total_cents FROM orders o"
                   " JOIN users u ON u.id = o.user_id ORDER BY o.id",
                   "") < 0
             ? -1
             : 0;
}

struct id_list {
  long ids[1000];
  int n;
};

static int take_id(void *context, int n_columns, const char *const *values)
{
  struct id_list *list = context;
  (void)n_columns;
  if (list->n < 1000)
    list->ids[list->n++] = strtol(values[0], NULL, 10);
  return 0;
}

static int make_thumbnails(void)
{
  struct id_list list = {.n = 0};
  int status = 0;
  if (db_select(take_id, &list, "SELECT product_id FROM thumbnails ORDER BY product_id", "") < 0)
    return -1;
  for (int i = 0; i < list.n; i++)
    if (thumb_make(list.ids[i]) != 0)
      status = -1;
  return status;
}

static int run_command(int n, char **words)
{
  if (!strcmp(words[0], "init") && n == 1)
    return 0;
  else if (!strcmp(words[0], "report") && n == 2 && !strcmp(words[1], "nightly"))
    return report_nightly();
  else if (!strcmp(words[0], "report") && n == 2)
    return report_day(words[1]);
  else if (!strcmp(words[0], "import-stock") && n == 2)
    return import_stock(words[1]);
  else if (!strcmp(words[0], "export-orders") && n == 1)
    return export_orders();
  else if (!strcmp(words[0], "thumbnails") && n == 1)
    return make_thumbnails();
  else if (!strcmp(words[0], "mail-order") && n == 2) {
    struct buffer payload;
    buffer_init(&payload);
    buffer_printf(&payload, "template=order-placed&order=%s", words[1]);
    int status = notify("mail", payload.data);
    buffer_clear(&payload);
    return status;
  }
  return -2;
}

int main(int argc, char **argv)
{
  const char *url = NULL;
  int option;
  while ((option = getopt(argc, argv, "c:d:h")) != -1) {
    if (option == 'c') {
      setenv("SHOP_CONFIG", optarg, 1);
    } else if (option == 'd') {
      url = optarg;
    } else {
      usage(option == 'h' ? stdout : stderr);
      return option == 'h' ? 0 : 2;
    }
  }
  if (optind == argc) {
    usage(stderr);
    return 2;
  }
  if (config_init() != 0)
    return 2;
  g_db = db_open(url ? url : config.database_url);
  if (!g_db)
    return 1;
  int status = schema_init() == 0 ? run_command(argc - optind, argv + optind) : -1;
  catalogue_cache_flush();
  db_close(g_db);
  if (status == -2)
    usage(stderr);
  return status == -2 ? 2 : status == 0 ? 0 : 1;
}
