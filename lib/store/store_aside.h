/* SPDX-License-Identifier: MIT */
/*
 * store_aside - a desk whose store is asked beside a loop, by a thread.
 *
 * A store that is near and has nobody in the way is asked at once: that is quicker than a thread.
 * One that is far, slow, or that others hold is asked by the thread, with all that has come
 * together in a turn of the loop, or while the thread was away: that is one step in the store, so
 * that many requests take no more time than one. What was read there is read anew some times a
 * second, as long as somebody asks for it.
 *
 *	desk = store_aside_open(&loop, store, on_news, user);
 *	store_aside_go(desk);			// before the loop sleeps, and some times a second
 *	store_aside_wait(desk);			// all that was handed in is done
 *	store_aside_close(desk);		// before the loop is run for the last time
 */
#ifndef STORE_STORE_ASIDE_H
#define STORE_STORE_ASIDE_H

#include <uv.h>

#include "store/store_desk.h"

/* store is borrowed, and nobody else's while the desk is open. news is called from the loop: what
 * was to be asked again later may be asked now. */
struct store_desk *store_aside_open(
    uv_loop_t *loop, struct store *store, void (*news)(void *user), void *user);
/* Let the thread go with what there is, unless it is away. */
void store_aside_go(struct store_desk *desk);
/* What was handed in is done, and from now on it is a plain desk; news is not called any more. The
 * store's own deadlines bound the time. */
void store_aside_wait(struct store_desk *desk);
/* After store_aside_wait. */
void store_aside_close(struct store_desk *desk);

#endif
