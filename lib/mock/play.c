/* SPDX-License-Identifier: MIT */
/* play - the timing of answers: absolute times, so that rounding never adds up. */
#include "mock/play.h"

#include "base/mem.h"
#include "sys/clock.h"

/* Timers count whole milliseconds: half of one early, and half of them late, is on time on average.
 */
enum { PLAY_EARLY_US = 500 };

struct mock_play {
	uv_loop_t *loop;
	uv_timer_t *timer; /* made when first needed; frees itself */
	struct serve_exchange *x;
	const struct mock_reply *reply;
	const struct mock_wire *wire;
	const struct mock_tape *tape;
	size_t next; /* piece */
	size_t sent; /* bytes */
	int64_t due_us; /* when the next piece (or the head) is to go */
	bool head_sent;
	bool waiting; /* due_us has the next piece's wait in it */
	bool over;
};

static void play_step(struct mock_play *p);

static void
play_timer_freed(uv_handle_t *handle)
{
	free(handle);
}

static void
play_timed(uv_timer_t *timer)
{
	play_step(timer->data);
}

static void
play_wait(struct mock_play *p, int64_t now_us)
{
	if (!p->timer) {
		p->timer = xcalloc(1, sizeof *p->timer);
		(void)uv_timer_init(p->loop, p->timer); /* can't fail */
		p->timer->data = p;
	}
	/* The loop's idea of now may be old: without an update the timer would fire early. */
	uv_update_time(p->loop);
	(void)uv_timer_start(p->timer, play_timed, (uint64_t)(p->due_us - now_us + 999) / 1000, 0);
}

static void
play_end(struct mock_play *p)
{
	p->over = true;
	/* Either may end the exchange, and p with it, before it returns. */
	if (p->wire && p->wire->ending == MOCK_END_RESET)
		serve_reset(p->x);
	else
		serve_finish(p->x);
}

/* Sends the head; false where the answer is complete with it. */
static bool
play_head(struct mock_play *p)
{
	const struct mock_reply *r = p->reply;

	p->head_sent = true;
	if (p->wire) {
		serve_raw(p->x);
		return true;
	}
	if (r->streamed) {
		serve_start(p->x, r->status, r->fields);
		return true;
	}
	p->over = true;
	p->sent = r->body.bytes.len;
	serve_reply(p->x, r->status, r->fields, buf_str(&r->body.bytes));
	return false;
}

static void
play_step(struct mock_play *p)
{
	const struct mock_tape *t = p->tape;
	int64_t now_us = clock_mono_us() + PLAY_EARLY_US;

	if (p->over)
		return;
	if (!p->head_sent) {
		if (p->due_us > now_us) {
			play_wait(p, now_us);
			return;
		}
		if (!play_head(p))
			return;
	}
	for (; p->next < t->count; p->next++) {
		if (t->pieces[p->next].wait_us == MOCK_FOREVER)
			return; /* until the client leaves */
		if (!p->waiting)
			p->due_us += t->pieces[p->next].wait_us;
		p->waiting = true;
		if (p->due_us > now_us) {
			play_wait(p, now_us);
			return;
		}
		if (serve_is_slow(p->x))
			return; /* mock_play_drained goes on */
		serve_write(
		    p->x, (struct str){ t->bytes.p + p->sent, t->pieces[p->next].end - p->sent });
		p->sent = t->pieces[p->next].end;
		p->waiting = false;
	}
	play_end(p);
}

struct mock_play *
mock_play_start(uv_loop_t *loop, struct serve_exchange *x, const struct mock_reply *reply,
    const struct mock_wire *wire)
{
	struct mock_play *p = xcalloc(1, sizeof *p);

	p->loop = loop;
	p->x = x;
	p->reply = reply;
	p->wire = wire;
	p->tape = wire ? &wire->tape : &reply->body;
	/* A wire's tape has the head, and the wait before it, among its pieces. */
	p->due_us = serve_arrived_us(x) + (wire ? 0 : reply->head_wait_us);
	play_step(p);
	return p;
}

void
mock_play_drained(struct mock_play *p)
{
	play_step(p);
}

size_t
mock_play_bytes(const struct mock_play *p)
{
	return p->sent;
}

void
mock_play_free(struct mock_play *p)
{
	if (!p)
		return;
	if (p->timer)
		uv_close((uv_handle_t *)p->timer, play_timer_freed);
	free(p);
}
