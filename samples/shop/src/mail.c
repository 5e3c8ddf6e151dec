#include "shop.h"

struct mail {
  char recipient[128];
  const char *subject;
  struct buffer body;
};

static int mail_write_welcome(struct mail *mail, const struct job *job) {
  struct user user;
  if (user_load(job_arg_long(job, "user"), &user) != 0) return -1;
  str_set(mail->recipient, user.email);
  mail->subject = "Welcome to the shop";
  buffer_printf(&mail->body, "Dear %s,\n\nyour account is ready.\n", user.name);
  return 0;
}

static int mail_write_order(struct mail *mail, const struct job *job) {
  struct order order;
  struct user user;
  char total[32], template[24];
  if (order_load(job_arg_long(job, "order"), &order) != 0 || user_load(order.user_id, &user) != 0) return -1;
  job_arg_text(job, "template", template, sizeof template);
  str_set(mail->recipient, user.email);
  str_format_money(total, sizeof total, order.total_cents);
  if (!strcmp(template, "order-placed")) {
    mail->subject = "Your order";
    buffer_printf(&mail->body, "Dear %s,\n\nthank you for order %ld over %s EUR.\n", user.name, order.id, total);
  } else {
    mail->subject = "Your order was cancelled";
    buffer_printf(&mail->body, "Dear %s,\n\norder %ld was cancelled, you get %s EUR back.\n", user.name, order.id,
                  total);
  }
  return 0;
}

static int mail_write_low_stock(struct mail *mail, const struct job *job) {
  struct product product;
  if (catalogue_find(job_arg_long(job, "product"), &product) != 0) return -1;
  str_set(mail->recipient, "purchasing@example.com");
  mail->subject = "Running low";
  buffer_printf(&mail->body, "Only %ld left of %s (%s).\n", job_arg_long(job, "left"), product.name, product.sku);
  return 0;
}

static const struct {
  const char *name;
  int (*write)(struct mail *mail, const struct job *job);
} mail_templates[] = {
    {"welcome", mail_write_welcome},
    {"order-placed", mail_write_order},
    {"order-cancelled", mail_write_order},
    {"low-stock", mail_write_low_stock},
};

static int mail_spool(long id, const struct mail *mail) {
  char path[sizeof config.mail_dir + 40];
  struct buffer text;
  snprintf(path, sizeof path, "%s/mail-%06ld.eml", config.mail_dir, id);
  buffer_init(&text);
  buffer_printf(&text, "To: %s\nFrom: shop@example.com\nSubject: %s\n\n%s", mail->recipient, mail->subject,
                mail->body.data);
  int status = file_write(path, &text);
  buffer_clear(&text);
  return status;
}

static int mail_send(const struct mail *mail) {
  long id = 0;
  if (db_begin() != 0) return -1;
  if (db_select_long(&id, "INSERT INTO mails (recipient, subject, body, sent_at) VALUES ($1, $2, $3, $4) RETURNING id",
                     "sssi", mail->recipient, mail->subject, mail->body.data, (long)clock_now()) != 0 ||
      mail_spool(id, mail) != 0)
    return db_rollback();
  stats.mails++;
  return db_commit();
}

int mail_job_run(const struct job *job) {
  char name[24];
  job_arg_text(job, "template", name, sizeof name);
  for (size_t i = 0; i < sizeof mail_templates / sizeof *mail_templates; i++) {
    if (strcmp(mail_templates[i].name, name)) continue;
    struct mail mail = {0};
    buffer_init(&mail.body);
    int status = mail_templates[i].write(&mail, job);
    if (status == 0) status = mail_send(&mail);
    buffer_clear(&mail.body);
    return status;
  }
  log_error("no mail template '%s'", name);
  return -1;
}
