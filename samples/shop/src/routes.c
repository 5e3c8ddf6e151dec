/* Every address of the shop. */
#include "shop.h"

const struct route routes[] = {
    {"GET", "/", page_show},
    {"GET", "/health", health_show},
    {"GET", "/stats", stats_show},

    {"GET", "/products", catalogue_list},
    {"GET", "/products/:id", catalogue_detail},
    {"GET", "/categories", catalogue_categories},
    {"GET", "/search", search_query},
    {"GET", "/search/popular", search_popular},
    {"POST", "/quote", price_quote},

    {"GET", "/products/:id/stock", stock_show},
    {"GET", "/products/:id/thumbnail", thumb_show},
    {"PUT", "/products/:id/image", thumb_upload},

    {"POST", "/users", user_register},
    {"POST", "/login", user_login},
    {"POST", "/logout", user_logout},
    {"GET", "/me", user_profile},

    {"POST", "/carts", cart_create},
    {"GET", "/carts/:cart", cart_show},
    {"POST", "/carts/:cart/items", cart_add},
    {"DELETE", "/carts/:cart/items/:product", cart_remove},
    {"GET", "/cart", cart_mine},

    {"POST", "/orders", order_create},
    {"GET", "/orders", order_list},
    {"GET", "/orders/:id", order_show},
    {"POST", "/orders/:id/cancel", order_cancel},
    {"GET", "/api/orders", order_list_by_token},

    {"GET", "/payments/providers", payment_list_providers},
    {"GET", "/vouchers/:code", payment_show_voucher},

    {"POST", "/track/click", track_click},
    {"GET", "/track/summary", track_summary},

    {"GET", "/reports/:day", report_show},
    {"POST", "/admin/command", admin_command},
};

const int n_routes = (int)(sizeof routes / sizeof *routes);
