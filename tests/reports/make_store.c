/* Makes stores by hand for tests of reports and commands.
 *
 * usage: make_store KIND FILE
 *   small    a shop of three services, with cuts, bills and a migration order
 *   changed  the same after some edits, for comparisons
 *   hostile  names and strings that try to break out of pages, graphs and terminals
 *   large    N_LARGE routines in thirty services, of which one is large
 *   empty    a store without rows
 */
#include <stdio.h>
#include <string.h>

#include "store/facts.h"
#include "store/identity.h"
#include "store/plan.h"
#include "store/results.h"

#define N_LARGE 6000

struct maker {
  struct store *store;
  GError *error;
  int n_bills;
};

static void put(struct maker *maker, const struct record_table *table, const void *record)
{
  if (!maker->error) {
    store_insert(maker->store, table, record, &maker->error);
  }
}

static int64_t routine_id(const char *name)
{
  return store_id("routine", name, NULL);
}

static int64_t state_id(const char *name)
{
  return store_id("state", name, NULL);
}

static int64_t service_id(const char *name)
{
  return name[0] ? store_id("service", name, NULL) : 0;
}

static void put_file(struct maker *maker, const char *file)
{
  put(maker, &fact_file_table,
      &(struct fact_file){
          .file = file, .is_tu = true, .status = "ok", .hash = "00", .n_lines = 200});
  put(maker, &fact_program_table,
      &(struct fact_program){.program = "shop", .file = file, .source = "link.txt"});
}

static void put_routine(struct maker *maker, const char *service, const char *name,
                        const char *file, int line)
{
  put(maker, &fact_routine_table,
      &(struct fact_routine){.id = routine_id(name),
                             .name = name,
                             .symbol = name,
                             .file = file,
                             .line = line,
                             .end_line = line + 20,
                             .is_defined = true,
                             .signature = "int (const struct request *)",
                             .n_statements = 12});
  if (!service) {
    return;
  }
  put(maker, &plan_member_table,
      &(struct plan_member){.service = service_id(service),
                            .kind = "routine",
                            .item = routine_id(name),
                            .role = service[0] ? "member" : "shared",
                            .margin = 2.5,
                            .confidence = 0.9,
                            .reason = service[0] ? "its calls and its state are here"
                                                 : "has no state and is used by all"});
}

static void put_state(struct maker *maker, const char *service, const char *name, const char *field,
                      const char *file, const char *storage, const char *class)
{
  g_autofree char *whole = g_strconcat(name, field[0] ? "." : "", field, NULL);
  put(maker, &fact_state_table,
      &(struct fact_state){.id = state_id(whole),
                           .name = name,
                           .field = field,
                           .file = file,
                           .line = 7,
                           .storage = storage,
                           .class = class,
                           .type = "int",
                           .object = state_id(name)});
  put(maker, &plan_member_table,
      &(struct plan_member){.service = service_id(service),
                            .kind = "state",
                            .item = state_id(whole),
                            .role = service[0] ? "owner" : "replicated",
                            .margin = 4,
                            .confidence = 0.8,
                            .reason = "writes it most often"});
}

static void put_call(struct maker *maker, const char *caller, const char *callee, const char *file,
                     int line, bool is_indirect)
{
  g_autofree char *where = g_strdup_printf("%d", line);
  int64_t site = store_id("site", caller, callee, file, where, NULL);
  put(maker, &fact_site_table,
      &(struct fact_site){.id = site,
                          .caller = routine_id(caller),
                          .file = file,
                          .line = line,
                          .column = 3,
                          .is_direct = !is_indirect,
                          .is_complete = true,
                          .expression = is_indirect ? "route->handler" : callee});
  put(maker, &fact_call_table,
      &(struct fact_call){.site = site,
                          .caller = routine_id(caller),
                          .callee = routine_id(callee),
                          .kind = is_indirect ? "indirect" : "direct",
                          .tier = is_indirect ? "flow" : "direct",
                          .file = file,
                          .line = line,
                          .column = 3});
}

static void put_access(struct maker *maker, const char *routine, const char *state,
                       const char *mode, const char *file, int line)
{
  put(maker, &fact_access_table,
      &(struct fact_access){.routine = routine_id(routine),
                            .state = state_id(state),
                            .mode = mode,
                            .how = "assign",
                            .file = file,
                            .line = line,
                            .column = 5});
}

static void put_service(struct maker *maker, const char *name, double score, const char *reason)
{
  put(maker, &plan_service_table,
      &(struct plan_service){
          .id = service_id(name), .name = name, .score = score, .reason = reason});
}

static void put_function(struct maker *maker, const char *name, const char *service,
                         const char *routine, const char *trigger, const char *key,
                         const char *readiness, const char *reason)
{
  int64_t entry = store_id("entry", name, NULL);
  int64_t id = store_id("function", name, NULL);
  put(maker, &fact_entry_table,
      &(struct fact_entry){.id = entry,
                           .routine = routine_id(routine),
                           .trigger = trigger,
                           .key = key,
                           .rule = "route-table",
                           .confidence = 1,
                           .file = "src/routes.c",
                           .line = 12,
                           .registrar = "routes"});
  put(maker, &plan_function_table,
      &(struct plan_function){.id = id,
                              .name = name,
                              .service = service_id(service),
                              .entry = entry,
                              .routine = routine_id(routine),
                              .trigger = trigger,
                              .key = key,
                              .readiness = readiness,
                              .reason = reason,
                              .file = "src/routes.c",
                              .line = 12});
  put(maker, &plan_closure_table,
      &(struct plan_closure){.function = id, .kind = "routine", .item = routine_id(routine)});
}

static void put_cut(struct maker *maker, const char *from, const char *to, const char *mode,
                    const char *routine, const char *item, double price, const char *marshal,
                    const char *reason, const char *file, int line)
{
  bool is_call = strcmp(mode, "call") == 0;
  put(maker, &plan_cut_table,
      &(struct plan_cut){.id = store_id("cut", from, to, mode, routine, item, NULL),
                         .from_service = service_id(from),
                         .to_service = service_id(to),
                         .kind = is_call ? "call" : "state",
                         .mode = mode,
                         .routine = routine_id(routine),
                         .item = is_call ? routine_id(item) : state_id(item),
                         .n_sites = 1,
                         .price = price,
                         .marshal = marshal,
                         .reason = reason,
                         .file = file,
                         .line = line});
}

static void put_bill(struct maker *maker, const char *stage, const char *cloud, const char *name,
                     const char *plan, const char *item, const char *quantity, const char *unit,
                     const char *price, const char *amount)
{
  put(maker, &result_bill_table,
      &(struct result_bill){.position = maker->n_bills++,
                            .stage = stage,
                            .cloud = cloud,
                            .name = name,
                            .billing_plan = plan,
                            .item = item,
                            .quantity = quantity,
                            .unit = unit,
                            .unit_price = price,
                            .amount = amount,
                            .source = "price list of the cloud, 2026-10-01"});
}

static void put_step(struct maker *maker, int step, const char *service, double cut, int n_ready,
                     const char *reason)
{
  put(maker, &plan_step_table,
      &(struct plan_step){.step = step,
                          .service = service_id(service),
                          .cut = cut,
                          .n_ready = n_ready,
                          .reason = reason});
}

static void make_code(struct maker *maker)
{
  static const char *const files[] = {"src/catalogue.c", "src/log.c",    "src/mail.c",
                                      "src/main.c",      "src/orders.c", "src/routes.c"};
  for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
    put_file(maker, files[i]);
  }
  put_routine(maker, "catalogue", "catalogue_list", "src/catalogue.c", 20);
  put_routine(maker, "catalogue", "catalogue_price", "src/catalogue.c", 60);
  put_routine(maker, "orders", "order_place", "src/orders.c", 30);
  put_routine(maker, "orders", "order_total", "src/orders.c", 80);
  put_routine(maker, "orders", "order_report", "src/orders.c", 120);
  put_routine(maker, "mail", "mail_send", "src/mail.c", 15);
  put_routine(maker, "mail", "mail_worker", "src/mail.c", 50);
  put_routine(maker, "", "log_write", "src/log.c", 5);
  put_routine(maker, NULL, "main", "src/main.c", 10);
  put_state(maker, "catalogue", "price_cache", "n_entries", "src/catalogue.c", "static", "shared");
  put_state(maker, "orders", "last_order", "", "src/orders.c", "static", "shared");
  put_state(maker, "mail", "mail_queue", "", "src/mail.c", "global", "shared");
  put_state(maker, "orders", "orders", "", "", "table", "external");
  put_state(maker, "", "config", "port", "src/main.c", "global", "init-only");
}

static void make_flows(struct maker *maker)
{
  put_call(maker, "main", "catalogue_list", "src/main.c", 14, true);
  put_call(maker, "main", "order_place", "src/main.c", 14, true);
  put_call(maker, "catalogue_list", "catalogue_price", "src/catalogue.c", 24, false);
  put_call(maker, "order_place", "order_total", "src/orders.c", 33, false);
  put_call(maker, "order_place", "mail_send", "src/orders.c", 40, false);
  put_call(maker, "order_total", "catalogue_price", "src/orders.c", 84, false);
  put_call(maker, "order_report", "mail_send", "src/orders.c", 131, false);
  put_call(maker, "order_place", "log_write", "src/orders.c", 42, false);
  put_call(maker, "catalogue_list", "log_write", "src/catalogue.c", 30, false);
  put_call(maker, "mail_worker", "log_write", "src/mail.c", 66, false);
  put_access(maker, "catalogue_price", "price_cache.n_entries", "read", "src/catalogue.c", 62);
  put_access(maker, "catalogue_price", "price_cache.n_entries", "write", "src/catalogue.c", 66);
  put_access(maker, "order_total", "price_cache.n_entries", "read", "src/orders.c", 88);
  put_access(maker, "order_place", "last_order", "write", "src/orders.c", 38);
  put_access(maker, "order_place", "orders", "write", "src/orders.c", 36);
  put_access(maker, "order_report", "orders", "read", "src/orders.c", 124);
  put_access(maker, "mail_send", "mail_queue", "write", "src/mail.c", 20);
  put_access(maker, "mail_worker", "mail_queue", "write", "src/mail.c", 58);
  put_access(maker, "main", "config.port", "write", "src/main.c", 11);
  put(maker, &fact_site_table,
      &(struct fact_site){.id = store_id("site", "unknown", NULL),
                          .caller = routine_id("mail_worker"),
                          .file = "src/mail.c",
                          .line = 61,
                          .column = 9,
                          .expression = "job->run"});
  put(maker, &fact_site_table,
      &(struct fact_site){.id = store_id("site", "never set", NULL),
                          .caller = routine_id("mail_worker"),
                          .file = "src/mail.c",
                          .line = 62,
                          .column = 9,
                          .is_complete = true,
                          .expression = "job->done"});
}

static void make_plan(struct maker *maker)
{
  put_service(maker, "catalogue", 0.8, "owns the price cache");
  put_service(maker, "orders", 0.7, "owns the orders table");
  put_service(maker, "mail", 0.9, "owns the queue of mails");
  put_function(maker, "get-catalogue", "catalogue", "catalogue_list", "http", "GET /catalogue",
               "ready", "");
  put_function(maker, "post-order", "orders", "order_place", "http", "POST /orders", "adapt",
               "keeps last_order between calls");
  put_function(maker, "nightly-report", "orders", "order_report", "schedule", "0 2 * * *", "ready",
               "");
  put_function(maker, "mail-worker", "mail", "mail_worker", "queue", "mail", "blocked",
               "calls through job->run, whose targets are not known");
  put_cut(maker, "orders", "mail", "call", "order_place", "mail_send", 12.5, "ok",
          "one call for each order; a queue would remove the wait", "src/orders.c", 40);
  put_cut(maker, "orders", "mail", "call", "order_report", "mail_send", 0.5, "ok", "once a night",
          "src/orders.c", 131);
  put_cut(maker, "orders", "catalogue", "call", "order_total", "catalogue_price", 20,
          "needs-contract", "struct price * has no known length", "src/orders.c", 84);
  put_cut(maker, "orders", "catalogue", "read", "order_total", "price_cache.n_entries", 6, "ok",
          "reads a foreign cache", "src/orders.c", 88);
  put_step(maker, 1, "mail", 13, 0, "only calls come in");
  put_step(maker, 2, "catalogue", 26, 1, "one reader remains");
  put_step(maker, 3, "orders", 0, 1, "what is left");
  put(maker, &plan_reason_table,
      &(struct plan_reason){.kind = "routine",
                            .item = routine_id("order_total"),
                            .rank = 0,
                            .evidence = "calls",
                            .weight = 0.6,
                            .text = "is called by order_place",
                            .file = "src/orders.c",
                            .line = 33});
}

static void put_range(struct maker *maker, int position, const char *name, const char *input,
                      double low, double high)
{
  put(maker, &result_range_table,
      &(struct result_range){.position = position,
                             .cloud = "aws",
                             .billing_plan = "aws-lambda-x86",
                             .name = name,
                             .input = input,
                             .low = low,
                             .likely = 5.25,
                             .high = high});
}

static void make_bills(struct maker *maker)
{
  put_range(maker, 0, "", "", 3.5, 9.25);
  put_range(maker, 1, "post-order", "rate", 4, 8.5);
  put_range(maker, 2, "nightly-report", "duration", 5, 5.75);
  put_bill(maker, "monolith", "aws", "shop", "aws-ec2-m7g.large", "instances", "1460", "h",
           "0.0816", "119.136");
  put_bill(maker, "services", "aws", "orders", "aws-fargate", "vcpu", "730", "vCPU-h", "0.04048",
           "29.5504");
  put_bill(maker, "services", "aws", "catalogue", "aws-fargate", "vcpu", "730", "vCPU-h", "0.04048",
           "29.5504");
  put_bill(maker, "services", "aws", "mail", "aws-fargate", "vcpu", "730", "vCPU-h", "0.04048",
           "29.5504");
  put_bill(maker, "functions", "aws", "get-catalogue", "aws-lambda-x86", "requests", "2000000",
           "requests", "0.0000002", "0.4");
  put_bill(maker, "functions", "aws", "get-catalogue", "aws-lambda-x86", "compute", "500000",
           "GB-s", "0.0000166667", "8.33335");
  put_bill(maker, "functions", "aws", "post-order", "aws-lambda-x86", "compute", "90000", "GB-s",
           "0.0000166667", "1.500003");
  put_bill(maker, "functions", "gcp", "post-order", "gcp-run-request", "compute", "90000", "vCPU-s",
           "0.000024", "2.16");
}

static void make_small(struct maker *maker)
{
  store_set_info(maker->store, "root", "/srv/shop", NULL);
  store_set_info(maker->store, "tool_version", "0.1.0", NULL);
  make_code(maker);
  make_flows(maker);
  make_plan(maker);
  make_bills(maker);
}

/* Another caller across a boundary, a new writer of foreign state, a function that got blocked. */
static void make_changed(struct maker *maker)
{
  make_code(maker);
  make_flows(maker);
  make_plan(maker);
  put_routine(maker, "mail", "mail_retry", "src/mail.c", 90);
  put_call(maker, "mail_retry", "order_total", "src/mail.c", 95, false);
  put_access(maker, "mail_retry", "last_order", "write", "src/mail.c", 97);
  put_cut(maker, "mail", "orders", "call", "mail_retry", "order_total", 9, "ok", "asks again",
          "src/mail.c", 95);
  put_cut(maker, "mail", "orders", "write", "mail_retry", "last_order", 30, "refused",
          "writes foreign state", "src/mail.c", 97);
  put_function(maker, "retry", "mail", "mail_retry", "direct", "retry", "blocked",
               "writes last_order of orders");
}

static void make_hostile(struct maker *maker)
{
  static const char *const names[] = {
      "</script><script>document.title='broken'</script>",
      "<img src=x onerror=document.title='broken'>",
      "\" onmouseover=\"document.title='broken'",
      "a\033[31mred\033[0m\a",
      "evil\u202egnirts",
      "line\nbreak\\N\\G &lt;b&gt; ${x} `id` $(id)",
      "]]> <!-- --> ' ; DROP",
      "\xff\xfe not UTF-8",
  };
  put_service(maker, names[0], 0.5, names[1]);
  put_service(maker, names[1], 0.5, names[0]);
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *file = g_strdup_printf("src/%s.c", names[i]);
    put_file(maker, file);
    put_routine(maker, names[i % 2], names[i], file, 1);
    put_state(maker, names[i % 2], names[i], names[(i + 1) % 8], file, "static", "shared");
    put_function(maker, names[i], names[i % 2], names[i], "http", names[i], "adapt", names[i]);
  }
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    size_t next = (i + 1) % G_N_ELEMENTS(names);
    put_call(maker, names[i], names[next], "src/x.c", (int)i + 1, false);
    put_cut(maker, names[i % 2], names[next % 2], "call", names[i], names[next], 1, "ok", names[i],
            names[i], 1);
  }
  put_step(maker, 1, names[0], 1, 1, names[1]);
  put_bill(maker, "functions", "aws", names[0], names[1], names[2], "1", names[3], "1", "1");
}

enum { N_SERVICES = 30, N_FILES = 130, N_FILES_OF_FIRST = 60, N_FUNCTIONS = 20 };

/* The service of a file of the large store. */
static guint service_of_file(int file)
{
  return file < N_FILES_OF_FIRST ? 0 : (guint)file % N_SERVICES;
}

static void make_large(struct maker *maker)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
  g_autoptr(GPtrArray) services = g_ptr_array_new_with_free_func(g_free);
  for (int i = 0; i < N_SERVICES; i++) {
    g_ptr_array_add(services, g_strdup_printf("service-%02d", i));
    put_service(maker, g_ptr_array_index(services, i), 0.7, "by hand");
  }
  for (int i = 0; i < N_FILES; i++) {
    g_ptr_array_add(files, g_strdup_printf("src/part%d/file%03d.c", i % 9, i));
    put_file(maker, g_ptr_array_index(files, i));
  }
  for (int i = 0; i < N_LARGE; i++) {
    g_ptr_array_add(names, g_strdup_printf("routine_%05d", i));
    put_routine(maker, g_ptr_array_index(services, service_of_file(i % N_FILES)),
                g_ptr_array_index(names, i), g_ptr_array_index(files, i % N_FILES), i + 1);
  }
  for (int i = 0; i < N_FUNCTIONS; i++) {
    g_autofree char *name = g_strdup_printf("function-%02d", i);
    put_function(maker, name, g_ptr_array_index(services, 0), g_ptr_array_index(names, i), "direct",
                 name, "ready", "");
  }
  for (int i = 0; i < 5 * N_LARGE; i++) {
    int from = i % N_LARGE;
    int to = (int)(((int64_t)i * 7919 + (int64_t)(i / N_LARGE) * 13) % N_LARGE);
    put_call(maker, g_ptr_array_index(names, from), g_ptr_array_index(names, to),
             g_ptr_array_index(files, from % N_FILES), i + 1, i % 11 == 0);
    const char *a = g_ptr_array_index(services, service_of_file(from % N_FILES));
    const char *b = g_ptr_array_index(services, service_of_file(to % N_FILES));
    if (i < 2 * N_LARGE && strcmp(a, b) != 0) {
      put_cut(maker, a, b, "call", g_ptr_array_index(names, from), g_ptr_array_index(names, to), 1,
              "ok", "by hand", g_ptr_array_index(files, from % N_FILES), i + 1);
    }
  }
}

static bool make(struct maker *maker, const char *kind)
{
  static const struct {
    const char *kind;
    void (*make)(struct maker *maker);
  } kinds[] = {{"small", make_small},
               {"changed", make_changed},
               {"hostile", make_hostile},
               {"large", make_large}};
  for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
    if (strcmp(kinds[i].kind, kind) == 0) {
      kinds[i].make(maker);
      return true;
    }
  }
  return strcmp(kind, "empty") == 0;
}

int main(int argc, char **argv)
{
  if (argc != 3) {
    fputs("usage: make_store small|changed|hostile|large|empty FILE\n", stderr);
    return 2;
  }
  struct maker maker = {.n_bills = 0};
  maker.store = store_open(argv[2], STORE_CREATE, &maker.error);
  bool is_known = maker.store && store_begin(maker.store, &maker.error) && make(&maker, argv[1]);
  if (is_known && !maker.error) {
    store_commit(maker.store, &maker.error);
  }
  if (maker.error) {
    fprintf(stderr, "make_store: %s\n", maker.error->message);
    g_clear_error(&maker.error);
    is_known = false;
  }
  store_close(maker.store);
  return is_known ? 0 : 1;
}
