/* What happens by the clock: a table of timers and the thread that watches it. */
#ifndef SHOP_TIMER_H
#define SHOP_TIMER_H

int timer_start(void);
void timer_stop(void);

#endif
