/* Mails: written from templates, kept in a table and dropped into the spool of the mail server. */
#pragma once

struct job;

/* Job "mail": template=NAME and what the template needs (user=, order=, product=, left=). */
int mail_job_run(const struct job *job);
