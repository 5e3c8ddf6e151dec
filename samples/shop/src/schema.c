#include "shop.h"

static const char *const schema_tables[] = {
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS products (id ID_COLUMN, sku TEXT NOT NULL UNIQUE,"
    " name TEXT NOT NULL, category TEXT NOT NULL, description TEXT NOT NULL, price_cents BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS stock (product_id BIGINT PRIMARY KEY, quantity BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS stock_moves (id ID_COLUMN, product_id BIGINT NOT NULL,"
    " delta BIGINT NOT NULL, reason TEXT NOT NULL, at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS users (id ID_COLUMN, email TEXT NOT NULL UNIQUE,"
    " name TEXT NOT NULL, salt TEXT NOT NULL, password_hash TEXT NOT NULL,"
    " api_token TEXT NOT NULL UNIQUE, n_logins BIGINT NOT NULL, created_at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS carts (id ID_COLUMN, created_at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS cart_items (cart_id BIGINT NOT NULL, product_id BIGINT NOT NULL,"
    " quantity BIGINT NOT NULL, PRIMARY KEY (cart_id, product_id))",
    "CREATE TABLE IF NOT EXISTS orders (id ID_COLUMN, user_id BIGINT NOT NULL,"
    " status TEXT NOT NULL, country TEXT NOT NULL, total_cents BIGINT NOT NULL, created_at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS order_lines (order_id BIGINT NOT NULL, product_id BIGINT NOT NULL,"
    " quantity BIGINT NOT NULL, price_cents BIGINT NOT NULL, PRIMARY KEY (order_id, product_id))",
    "CREATE TABLE IF NOT EXISTS payments (id ID_COLUMN, order_id BIGINT NOT NULL,"
    " provider TEXT NOT NULL, account TEXT NOT NULL, amount_cents BIGINT NOT NULL,"
    " status TEXT NOT NULL, at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS vouchers (code TEXT PRIMARY KEY, balance_cents BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS mails (id ID_COLUMN, recipient TEXT NOT NULL,"
    " subject TEXT NOT NULL, body TEXT NOT NULL, sent_at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS clicks (id ID_COLUMN, visitor TEXT NOT NULL, page TEXT NOT NULL,"
    " target TEXT NOT NULL, product_id BIGINT NOT NULL, at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS reports (day TEXT PRIMARY KEY, n_orders BIGINT NOT NULL,"
    " revenue_cents BIGINT NOT NULL, n_clicks BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS report_lines (day TEXT NOT NULL, product_id BIGINT NOT NULL,"
    " quantity BIGINT NOT NULL, revenue_cents BIGINT NOT NULL, PRIMARY KEY (day, product_id))",
    "CREATE TABLE IF NOT EXISTS thumbnails (product_id BIGINT PRIMARY KEY, width BIGINT NOT NULL,"
    " height BIGINT NOT NULL, path TEXT NOT NULL)",
};

static const struct {
  const char *sku, *name, *category, *description;
  long price_cents, quantity;
} schema_products[] = {
    {"SH-100", "Red shoe", "shoes", "A light shoe for the summer", 5990, 40},
    {"SH-101", "Blue shoe", "shoes", "The same shoe, in blue", 5990, 35},
    {"SH-200", "Rain boot", "shoes", "Keeps dry up to the knee", 4450, 20},
    {"SH-300", "Running shoe", "shoes", "For the long distance", 12900, 25},
    {"SH-310", "Trail shoe", "shoes", "Grip on wet stone", 13900, 12},
    {"HA-100", "Straw hat", "hats", "Wide brim, for the garden", 2490, 60},
    {"HA-110", "Wool hat", "hats", "Warm and itchy", 1990, 80},
    {"HA-120", "Rain hat", "hats", "Yellow, as it must be", 2990, 30},
    {"BA-100", "Day bag", "bags", "Twenty litres for a day out", 4990, 45},
    {"BA-110", "Shoe bag", "bags", "For two pairs of shoes", 1490, 100},
    {"BA-200", "Travel bag", "bags", "Sixty litres with wheels", 15900, 8},
    {"BA-210", "Wash bag", "bags", "Hangs on a hook", 1790, 70},
    {"CO-100", "Rain coat", "coats", "Long, with a hood", 8990, 22},
    {"CO-110", "Wool coat", "coats", "For the city in winter", 21900, 9},
    {"CO-120", "Wind jacket", "coats", "Packs into its own pocket", 7490, 33},
    {"CO-130", "Red vest", "coats", "Seen from afar", 3990, 28},
    {"SO-100", "Wool socks", "socks", "Two pairs, grey", 1290, 200},
    {"SO-110", "Running socks", "socks", "Three pairs, left and right", 1690, 150},
    {"SO-120", "Red socks", "socks", "One pair, hand-made", 990, 90},
    {"SO-130", "Thick socks", "socks", "For boots \"one size up\"", 1490, 110},
    {"AC-100", "Umbrella", "extras", "Survives some wind", 2790, 55},
    {"AC-110", "Shoe laces", "extras", "120 cm, many colours", 390, 500},
    {"AC-120", "Shoe polish", "extras", "Black, 50 ml", 690, 240},
    {"AC-130", "Gift card sleeve", "extras", "Paper, red", 190, 1000},
};

static int schema_seed(void) {
  long id = 0;
  for (size_t i = 0; i < sizeof schema_products / sizeof *schema_products; i++) {
    if (db_select_long(&id,
                       "INSERT INTO products (sku, name, category, description, price_cents)"
                       " VALUES ($1, $2, $3, $4, $5) RETURNING id",
                       "ssssi", schema_products[i].sku, schema_products[i].name, schema_products[i].category,
                       schema_products[i].description, schema_products[i].price_cents) != 0 ||
        db_exec("INSERT INTO stock (product_id, quantity) VALUES ($1, $2)", "ii", id, schema_products[i].quantity) < 0)
      return -1;
  }
  if (db_exec("INSERT INTO vouchers (code, balance_cents)"
              " VALUES ('WELCOME10', 1000), ('GIFT50', 5000), ('BIG500', 50000)",
              "") < 0 ||
      db_exec("INSERT INTO meta (name, value) VALUES ('catalogue_version', 1)", "") < 0)
    return -1;
  return user_create("alice@example.com", "Alice", "wonderland", "token-alice", &id) == 0 &&
                 user_create("bob@example.com", "Bob", "builder", "token-bob", &id) == 0 &&
                 user_create("carol@example.com", "Carol", "singing", "token-carol", &id) == 0
             ? 0
             : -1;
}

int schema_init(void) {
  if (db_begin() != 0) return -1;
  for (size_t i = 0; i < sizeof schema_tables / sizeof *schema_tables; i++) {
    char *sql = str_replace(schema_tables[i], "ID_COLUMN", g_db->driver->id_column);
    long n = db_exec(sql, "");
    free(sql);
    if (n < 0) return db_rollback();
  }
  long n_products = 0;
  if (db_select_long(&n_products, "SELECT COUNT(*) FROM products", "") != 0 || (n_products == 0 && schema_seed() != 0))
    return db_rollback();
  if (n_products == 0) log_notice("filled an empty database");
  return db_commit();
}
