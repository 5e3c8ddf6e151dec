/* Product pictures (binary PPM) and their thumbnails. */
#pragma once

#include "request.h"

struct job;

struct picture {
  long width;
  long height;
  unsigned char *pixels; /* three bytes each; belongs to whoever made it */
};

/* 0, or -1 when the bytes are no picture. */
int picture_parse(const char *data, size_t length, struct picture *picture);
/* Shrinks to at most max pixels a side, keeping the proportions. */
void picture_shrink(const struct picture *from, long max, struct picture *to);

/* Job "thumbnail": product=ID. */
int thumb_job_run(const struct job *job);
int thumb_make(long product_id);

int thumb_upload(struct request *request, struct response *response);
int thumb_show(struct request *request, struct response *response);
