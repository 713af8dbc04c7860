/* SPDX-License-Identifier: MIT */
/* http - the client: libcurl's multi on libuv's loop, its sockets and timers, exchanges in flight.
 */
#include "net/http.h"

#include <stdlib.h>

#include "base/die.h"
#include "base/mem.h"
#include "net/http_exchange.h"
#include "sys/clock.h"

/* Idle connections kept where config names no number. */
enum { KEEP_CONNECTIONS = 256 };

/* --- what the loop has to do for exchanges --- */

static void http_on_soon(uv_idle_t *idle);
static void http_on_deadline(uv_timer_t *timer);

void
http_exchange_wake(struct http_exchange *x)
{
	struct http *h = x->http;

	if (x->is_ready)
		return;
	x->is_ready = true;
	x->next_ready = NULL;
	*h->ready_end = x;
	h->ready_end = &x->next_ready;
	(void)uv_idle_start(&h->soon, http_on_soon); /* fails only without a callback */
}

static void
ready_forget(struct http_exchange *x)
{
	struct http_exchange **at = &x->http->ready;

	if (!x->is_ready) {
		x->is_ready = true; /* done may still call http_cancel: it wakes nothing more */
		return;
	}
	while (*at != x)
		at = &(*at)->next_ready;
	*at = x->next_ready;
	if (!*at)
		x->http->ready_end = at;
}

/* Let the deadline timer fire by then. */
static void
deadline_by(struct http *h, int64_t due_us)
{
	int64_t left = due_us - clock_mono_us();

	if (due_us >= h->deadline_us || h->closing)
		return;
	h->deadline_us = due_us;
	uv_update_time(h->loop); /* or a long callback would make it fire early */
	(void)uv_timer_start(&h->deadline, http_on_deadline,
	    left > 0 ? (uint64_t)(left + 999) / 1000 : 0, 0); /* fails only when closing */
}

static void
exchange_watch(struct http_exchange *x)
{
	enum http_end end;
	int64_t due = http_exchange_due(x, clock_mono_us(), &end);

	if (due != CLOCK_NEVER)
		deadline_by(x->http, due);
}

/* --- ends --- */

static void
handle_keep(struct http *h, CURL *easy)
{
	curl_easy_reset(easy); /* the connections are the multi's, not its */
	VEC_GROW(h->spare, h->spare_count, h->spare_cap);
	h->spare[h->spare_count++] = easy;
}

static void
live_remove(struct http_exchange *x)
{
	struct http *h = x->http;

	if (x->next)
		x->next->prev = x->prev;
	if (x->prev)
		x->prev->next = x->next;
	else
		h->live = x->next;
	h->in_flight--;
	if (!h->live) {
		(void)uv_timer_stop(&h->deadline); /* or it would keep the loop alive */
		h->deadline_us = CLOCK_NEVER;
	}
}

/* The one way out of an exchange. */
static void
exchange_finish(struct http_exchange *x, CURLcode code)
{
	struct http *h = x->http;
	struct http_result result = { .status = x->head_over ? x->status : 0 };
	long connects = 0;
	char *message;

	result.end = http_end_of(x, code);
	result.length_proven = result.end == HTTP_DONE && http_end_is_proven(x);
	result.sent_us = x->sent_us ? x->sent_us : x->start_us;
	result.end_us = clock_mono_us();
	result.body_bytes = x->body_bytes;
	(void)curl_easy_getinfo(x->easy, CURLINFO_NUM_CONNECTS, &connects); /* else 0 */
	result.reused = x->sent_us && connects == 0;
	message = http_end_message(x, result.end, code);
	result.message = message;

	ready_forget(x);
	live_remove(x);
	if (x->is_added)
		(void)curl_multi_remove_handle(h->multi, x->easy); /* fails only for a stranger */
	if (x->on.done)
		x->on.done(x->user, &result);
	handle_keep(h, x->easy);
	http_exchange_free(x);
	free(message);
}

void
http_reap(struct http *h)
{
	struct http_exchange *x;
	CURLMsg *msg;
	CURLcode code;
	char *private;
	int left;

	while ((msg = curl_multi_info_read(h->multi, &left))) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		code = msg->data.result; /* msg dies with remove_handle */
		if (curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &private))
			BUG("http: a transfer without its exchange");
		x = (struct http_exchange *)(void *)private;
		exchange_finish(x, code);
	}
}

/* --- from the loop --- */

static void
exchange_resume(struct http_exchange *x)
{
	CURLcode rc;

	x->wants_resume = false;
	if (!x->is_held)
		return;
	x->is_held = false;
	x->http->turn_bytes = 0;
	rc = curl_easy_pause(x->easy, CURLPAUSE_CONT); /* data comes from inside this */
	if (rc)
		exchange_finish(x, rc); /* the callback refused, or what was held is broken */
}

static void
exchange_serve(struct http_exchange *x)
{
	struct http *h = x->http;

	if (x->is_cancelled || x->end != HTTP_DONE) {
		exchange_finish(x, CURLE_OK);
		return;
	}
	if (!x->is_added) {
		http_demand(curl_multi_add_handle(h->multi, x->easy));
		x->is_added = true;
		exchange_watch(x);
	}
	if (x->wants_resume && !x->is_paused) {
		exchange_watch(x);
		exchange_resume(x);
	}
}

void
http_serve_ready(struct http *h)
{
	struct http_exchange *x;

	(void)uv_idle_stop(&h->soon); /* never fails */
	while ((x = h->ready)) {
		h->ready = x->next_ready;
		if (!h->ready)
			h->ready_end = &h->ready;
		x->is_ready = false;
		exchange_serve(x);
	}
	http_reap(h);
}

static void
http_on_soon(uv_idle_t *idle)
{
	http_send_ready(idle->data);
}

/* End what is due, then sleep until what is due next. In flight are at most some hundreds, and
 * bytes that come do not touch the timer: a walk now and then is cheaper than an order kept. */
static void
http_on_deadline(uv_timer_t *timer)
{
	struct http *h = timer->data;
	struct http_exchange *x, *next;
	int64_t now = clock_mono_us(), due, earliest = CLOCK_NEVER;
	enum http_end end;

	h->deadline_us = CLOCK_NEVER;
	for (x = h->live; x; x = next) {
		next = x->next; /* done ends no exchange but its own */
		due = http_exchange_due(x, now, &end);
		if (due <= now) {
			x->end = end;
			exchange_finish(x, CURLE_OK);
		} else if (due < earliest) {
			earliest = due;
		}
	}
	if (earliest != CLOCK_NEVER)
		deadline_by(h, earliest);
}

/* --- the client --- */

static void
curl_begin(void)
{
	static bool begun; /* libcurl's own state is the process's; it is never ended */

	if (!begun && curl_global_init(CURL_GLOBAL_DEFAULT))
		die(EXIT_SYSTEM, "libcurl does not start");
	begun = true;
}

static void
multi_setup(struct http *h, long at_once)
{
	CURLM *m = h->multi;
	long keep = at_once > KEEP_CONNECTIONS ? at_once : KEEP_CONNECTIONS;

	/* Options of libcurl 7.67 at the latest, with values in range: they don't fail. */
	/* One stream a connection, HTTP/2 too: where several share one, libcurl can forget a stream
	 * whose bytes it read on behalf of another, for ever (seen with 7.88.1, within seconds,
	 * when the callbacks take 100 us; later versions had such bugs with pauses). */
	(void)curl_multi_setopt(m, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	(void)curl_multi_setopt(m, CURLMOPT_MAXCONNECTS, keep);
}

struct http *
http_new(uv_loop_t *loop, const struct http_config *config)
{
	struct http *h = xcalloc(1, sizeof *h);

	curl_begin();
	h->loop = loop;
	h->deadline_us = CLOCK_NEVER;
	h->user_agent = xstrdup_or_null(config->user_agent);
	h->ca_file = xstrdup_or_null(config->ca_file);
	h->ca_dir = xstrdup_or_null(config->ca_dir);
	h->log = config->log;
	h->multi = curl_multi_init();
	if (!h->multi)
		die(EXIT_SYSTEM, "out of memory");
	multi_setup(h, config->at_once);
	http_loop_start(h);
	(void)uv_timer_init(loop, &h->deadline); /* neither can fail */
	(void)uv_idle_init(loop, &h->soon);
	h->deadline.data = h->soon.data = h;
	h->open_handles = 3;
	h->ready_end = &h->ready;
	return h;
}

static void
http_on_closed(uv_handle_t *handle)
{
	struct http *h = handle->data;

	if (--h->open_handles == 0)
		free(h);
}

void
http_free(struct http *h)
{
	if (!h)
		return;
	h->closing = true;
	while (h->live) {
		h->live->is_cancelled = true;
		exchange_finish(h->live, CURLE_OK);
	}
	while (h->spare_count)
		curl_easy_cleanup(h->spare[--h->spare_count]);
	free(h->spare);
	(void)curl_multi_cleanup(h->multi); /* calls http_on_socket; fails only for a bad handle */
	http_loop_release(h);
	free(h->user_agent);
	free(h->ca_file);
	free(h->ca_dir);
	uv_close((uv_handle_t *)&h->curl_timer, http_on_closed);
	uv_close((uv_handle_t *)&h->deadline, http_on_closed);
	uv_close((uv_handle_t *)&h->soon, http_on_closed);
}

/* --- exchanges --- */

static CURL *
handle_take(struct http *h)
{
	CURL *easy = h->spare_count ? h->spare[--h->spare_count] : curl_easy_init();

	if (!easy)
		die(EXIT_SYSTEM, "out of memory");
	return easy;
}

struct http_exchange *
http_start(
    struct http *h, const struct http_request *request, const struct http_handler *on, void *user)
{
	struct http_exchange *x = xcalloc(1, sizeof *x);

	if (h->closing)
		BUG("http: an exchange is started while all are being ended");
	x->http = h;
	x->easy = handle_take(h);
	x->on = *on;
	x->user = user;
	x->start_us = clock_mono_us();
	http_exchange_setup(x, request);
	x->next = h->live;
	if (x->next)
		x->next->prev = x;
	h->live = x;
	h->in_flight++;
	http_exchange_wake(x); /* libcurl takes no handle from inside its callbacks */
	return x;
}

void
http_cancel(struct http_exchange *x)
{
	x->is_cancelled = true;
	http_exchange_wake(x);
}

void
http_saw_output(struct http_exchange *x)
{
	if (x->saw_output)
		return;
	x->saw_output = true;
	x->quiet_us = clock_mono_us();
	exchange_watch(x);
}

void
http_pause(struct http_exchange *x)
{
	if (x->is_paused)
		return;
	x->is_paused = true;
	x->paused_us = clock_mono_us();
}

void
http_resume(struct http_exchange *x)
{
	int64_t now = clock_mono_us();

	if (!x->is_paused)
		return;
	x->is_paused = false;
	if (x->first_us)
		x->first_us += now - (x->paused_us > x->first_us ? x->paused_us : x->first_us);
	x->quiet_us = now;
	x->wants_resume = true;
	http_exchange_wake(x);
}

size_t
http_in_flight(const struct http *h)
{
	return h->in_flight;
}
