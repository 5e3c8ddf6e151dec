/* The queue in memory and the thread that empties it. */
#ifndef SHOP_QUEUE_H
#define SHOP_QUEUE_H

int queue_start(void);
/* Finishes what is queued, then ends the thread. */
void queue_stop(void);
int queue_length(void);
/* Waits until nothing is left to do. */
void queue_wait(void);

#endif
