int order_place(int), order_cancel(int), mail_send(int), mail_drop(int);
int main(void) { return order_place(1) + order_cancel(1) + mail_send(1) + mail_drop(1); }
