static int n_orders;
int order_place(int n) { return n_orders += n; }
int order_cancel(int n) { return n_orders -= n; }
