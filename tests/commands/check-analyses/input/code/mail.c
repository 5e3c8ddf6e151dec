int n_mails;
int mail_send(int n) { return n_mails += n; }
int mail_drop(int n) { return n_mails -= n; }
