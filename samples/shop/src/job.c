#include "shop.h"

static const struct job_type job_types[] = {
    {"mail", mail_job_run},
    {"thumbnail", thumb_job_run},
};

struct job *job_new(const char *kind, const char *payload) {
  struct job *job = mem_alloc(sizeof *job);
  str_set(job->kind, kind);
  job->payload = mem_string(payload);
  return job;
}

void job_free(struct job *job) {
  if (!job) return;
  free(job->payload);
  free(job);
}

int job_handle(const struct job *job) {
  for (size_t i = 0; i < sizeof job_types / sizeof *job_types; i++) {
    if (strcmp(job_types[i].kind, job->kind)) continue;
    int status = job_types[i].run(job);
    if (status == 0) stats.jobs_done++;
    return status;
  }
  log_error("no handler for jobs of kind '%s'", job->kind);
  return -1;
}

void job_arg_text(const struct job *job, const char *name, char *to, size_t size) {
  struct fields fields = {0};
  fields_parse_form(&fields, job->payload, strlen(job->payload));
  const char *value = fields_get(&fields, name);
  str_copy(to, size, value ? value : "");
  fields_clear(&fields);
}

long job_arg_long(const struct job *job, const char *name) {
  char text[24];
  long value = 0;
  job_arg_text(job, name, text, sizeof text);
  return str_to_long(text, &value) == 0 ? value : 0;
}
