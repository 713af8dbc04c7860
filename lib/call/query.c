/* SPDX-License-Identifier: MIT */
/* query - one HTTP exchange that is waited for. */
#include "call/query.h"

#include "base/version.h"
#include "call/sign.h"
#include "sys/clock.h"

struct query {
	struct reader *reader; /* tells an answer from an error */
	struct answer answer;
	const struct provider *provider;
	struct http_exchange *exchange;
	struct buf *body;
};

/* That it came whole is all that is asked of it here. */
static void
body_came(struct answer *a, struct json body)
{
	(void)body;
	answer_end(a);
}

static const struct dialect any_body = { .name = "query", .body = body_came };

static void
on_head(void *user, int status, const struct http_headers *headers)
{
	struct query *q = user;

	reader_head(q->reader, status, headers, clock_wall_us());
}

static bool
on_data(void *user, const char *p, size_t n)
{
	struct query *q = user;

	buf_add(q->body, p, n);
	http_saw_output(q->exchange);
	return reader_feed(q->reader, p, n);
}

static void
on_done(void *user, const struct http_result *result)
{
	struct query *q = user;

	q->exchange = NULL;
	reader_end(q->reader, q->provider, result);
}

static void
run(struct query *q, const struct query_config *config, const struct wire *w)
{
	static const struct http_handler handler = {
		.head = on_head,
		.data = on_data,
		.done = on_done,
	};
	struct http_config http_config = {
		.user_agent = "agentflow/" AGENTFLOW_VERSION,
		.ca_file = config->ca_file,
		.ca_dir = config->ca_dir,
		.log = config->log,
	};
	struct http_request request = {
		.method = "GET",
		.url = w->url.p,
		.headers = &w->headers,
		.deadline_us = clock_deadline(config->timeout_ms),
	};
	struct http *http;
	uv_loop_t loop;

	(void)uv_loop_init(&loop); /* fails without descriptors, as the connection then does */
	http = http_new(&loop, &http_config);
	q->exchange = http_start(http, &request, &handler, q);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	http_free(http);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&loop);
}

int
query_get(const struct query_config *config, const struct provider *p, struct wire *w,
    struct buf *out, struct err *err)
{
	struct query q = { .provider = p, .body = out };
	const struct answer_error *e = &q.answer.error;
	struct signer signer = { .had_us = 0 };
	int r;

	r = signer_sign(&signer, p, config->env, "GET", w, err);
	signer_release(&signer);
	if (r < 0)
		return err_wrap(err, "%s", p->name);
	answer_init(&q.answer, NULL, NULL);
	q.reader = reader_new(&any_body, &q.answer, FRAME_WHOLE);
	run(&q, config, w);
	reader_free(q.reader);
	if (e->kind != ERROR_NONE)
		r = err_set(err,
		    error_kind_is_retryable(e->kind) ? EXIT_RETRY
		    : error_kind_is_refusal(e->kind) ? EXIT_REFUSED
						     : EXIT_NO,
		    "%s: %s: %s", p->name, error_kind_name(e->kind), e->message.p);
	else if (buf_is_full(out))
		r = err_set(err, EXIT_NO, "%s: the answer is too long", p->name);
	answer_release(&q.answer);
	return r;
}
