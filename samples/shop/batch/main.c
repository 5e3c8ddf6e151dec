/* What runs from cron and by hand: shop-batch [-c FILE] [-d URL] COMMAND. */
#include "shop.h"

#include <unistd.h>

void usage(FILE *to) {
  fprintf(to, "usage: shop-batch [-c FILE] [-d URL] COMMAND\n"
              "  init                 create the tables\n"
              "  report DAY|nightly   write a sales report\n"
              "  import-stock FILE    add deliveries, lines of \"SKU;QUANTITY\"\n"
              "  export-orders        print all orders, one line each\n"
              "  thumbnail PRODUCT    make a thumbnail again\n"
              "  mail-order ID        send the mail of an order again\n");
}

/* There is no queue here: whoever runs the tool waits. */
int notify(const char *kind, const char *payload) {
  struct job *job = job_new(kind, payload);
  int status = job_handle(job);
  job_free(job);
  return status;
}

static int import_stock_line(char *line, int number) {
  long id, quantity;
  char *semicolon = strchr(line, ';');
  if (semicolon) *semicolon = '\0';
  if (!semicolon || str_to_long(str_trim(semicolon + 1), &quantity) != 0 ||
      db_select_long(&id, "SELECT id FROM products WHERE sku = $1", "s", str_trim(line)) != 0) {
    fprintf(stderr, "shop-batch: line %d: not \"SKU;QUANTITY\"\n", number);
    return -1;
  }
  return stock_add(id, quantity, "import");
}

/* All lines or none. */
static int import_stock(const char *path) {
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
    if (*str_trim(line)) status = import_stock_line(line, n);
  }
  fclose(file);
  if (status != 0) return db_rollback();
  return db_commit();
}

static int print_row(void *context, const char *const *values) {
  fprintf(context, "%s;%s;%s;%s;%s\n", values[0], values[1], values[2], values[3], values[4]);
  return 0;
}

static int export_orders(void) {
  return db_done(db_select(print_row, stdout,
                           "SELECT o.id, u.email, o.status, o.country, o.total_cents FROM orders o"
                           " JOIN users u ON u.id = o.user_id ORDER BY o.id",
                           ""));
}

static int run_command(int n, char **words) {
  if (!strcmp(words[0], "init") && n == 1) return 0;
  else if (!strcmp(words[0], "report") && n == 2 && !strcmp(words[1], "nightly")) return report_nightly();
  else if (!strcmp(words[0], "report") && n == 2) return report_day(words[1]);
  else if (!strcmp(words[0], "import-stock") && n == 2) return import_stock(words[1]);
  else if (!strcmp(words[0], "export-orders") && n == 1) return export_orders();
  else if (!strcmp(words[0], "thumbnail") && n == 2) return thumb_make(atol(words[1]));
  else if (!strcmp(words[0], "mail-order") && n == 2) return order_mail("order-placed", atol(words[1]));
  return -2;
}

int main(int argc, char **argv) {
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
  if (config_init() != 0) return 2;
  g_db = db_open(url ? url : config.database_url);
  if (!g_db) return 1;
  int status = schema_init() == 0 ? run_command(argc - optind, argv + optind) : -1;
  catalogue_cache_flush();
  db_close(g_db);
  if (status == -2) usage(stderr);
  return status == -2 ? 2 : status == 0 ? 0 : 1;
}
