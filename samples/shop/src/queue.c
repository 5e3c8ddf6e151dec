#include "shop.h"

#define QUEUE_MAX_ATTEMPTS 3

static struct job *queue_head, **queue_tail = &queue_head;
static int n_queued;
static int is_queue_busy;
static int is_queue_stopping;
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queue_changed = PTHREAD_COND_INITIALIZER;
static pthread_t queue_thread;

static void queue_append(struct job *job) {
  pthread_mutex_lock(&queue_lock);
  job->next = NULL;
  *queue_tail = job;
  queue_tail = &job->next;
  n_queued++;
  pthread_cond_broadcast(&queue_changed);
  pthread_mutex_unlock(&queue_lock);
}

/* The next job, or NULL when the queue is empty and the program ends. */
static struct job *queue_take(void) {
  pthread_mutex_lock(&queue_lock);
  is_queue_busy = 0;
  pthread_cond_broadcast(&queue_changed);
  while (!queue_head && !is_queue_stopping) pthread_cond_wait(&queue_changed, &queue_lock);
  struct job *job = queue_head;
  if (job) {
    queue_head = job->next;
    if (!queue_head) queue_tail = &queue_head;
    n_queued--;
    is_queue_busy = 1;
  }
  pthread_mutex_unlock(&queue_lock);
  return job;
}

static void *queue_work(void *context UNUSED) {
  struct job *job;
  while ((job = queue_take())) {
    if (job_handle(job) == 0) {
      job_free(job);
    } else if (++job->n_attempts < QUEUE_MAX_ATTEMPTS) {
      queue_append(job);
    } else {
      stats.jobs_failed++;
      log_error("gave up on job %s '%s'", job->kind, job->payload);
      job_free(job);
    }
  }
  return NULL;
}

int notify(const char *kind, const char *payload) {
  stats.jobs_queued++;
  queue_append(job_new(kind, payload));
  return 0;
}

int queue_start(void) { return pthread_create(&queue_thread, NULL, queue_work, NULL) == 0 ? 0 : -1; }

void queue_stop(void) {
  pthread_mutex_lock(&queue_lock);
  is_queue_stopping = 1;
  pthread_cond_broadcast(&queue_changed);
  pthread_mutex_unlock(&queue_lock);
  pthread_join(queue_thread, NULL);
}

int queue_length(void) {
  pthread_mutex_lock(&queue_lock);
  int n = n_queued + is_queue_busy;
  pthread_mutex_unlock(&queue_lock);
  return n;
}

void queue_wait(void) {
  pthread_mutex_lock(&queue_lock);
  while (queue_head || is_queue_busy) pthread_cond_wait(&queue_changed, &queue_lock);
  pthread_mutex_unlock(&queue_lock);
}
