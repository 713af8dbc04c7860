/* SPDX-License-Identifier: MIT */
/* route - records in, requests out with their `route`. */
#include "policy/route.h"

#include "json/edit.h"
#include "llm/record.h"

enum { P_TYPE, P_MESSAGES, P_PROMPT, P_ROUTE, P_COUNT };
static const char *const paths[P_COUNT] = { "type", "messages", "prompt", "route" };

void
route_init(struct route_filter *f, struct router *router, int64_t now_us)
{
	*f = (struct route_filter){ .router = router, .now_us = now_us };
	f->paths = json_paths_new(paths, P_COUNT);
	buf_init(&f->request.model_text, 0);
	buf_init(&f->value, BUF_UNLIMITED);
}

void
route_release(struct route_filter *f)
{
	json_paths_free(f->paths);
	request_release(&f->request);
	facts_release(&f->facts);
	decision_release(&f->decision);
	buf_release(&f->value);
}

/* As request_is, of members that are found already. */
static bool
is_request(const struct json *found)
{
	if (json_exists(found[P_TYPE]))
		return json_eq(found[P_TYPE], "request");
	return json_exists(found[P_MESSAGES]) || json_exists(found[P_PROMPT]);
}

static enum route_outcome
decide(struct route_filter *f, struct str line, struct json *found, struct err *err)
{
	struct json record;

	if (json_scan(f->paths, line.p, line.len, &record, found, err) < 0)
		return ROUTE_BAD;
	if (!json_is(record, JSON_OBJECT)) {
		(void)err_set(err, EXIT_NO, "not a JSON object");
		return ROUTE_BAD;
	}
	if (!is_request(found))
		return ROUTE_OTHER;
	request_release(&f->request);
	if (request_read(&f->request, record, NULL, err) < 0)
		return ROUTE_MALFORMED;
	facts_start(&f->facts, &f->request);
	router_decide(f->router, &f->request, &f->facts, f->now_us, &f->decision);
	return f->decision.refused ? ROUTE_REFUSED : ROUTE_ROUTED;
}

enum route_outcome
route_decide(struct route_filter *f, struct str line, struct err *err)
{
	struct json found[P_COUNT];

	return decide(f, line, found, err);
}

static void
splice(struct route_filter *f, const struct json *found, struct buf *out)
{
	struct json_edit e;
	struct jsonw w;

	buf_reset(&f->value);
	jsonw_start(&w, &f->value);
	decision_write(f->router, &f->decision, &w);
	json_edit_start(&e, f->request.record);
	if (json_is(found[P_ROUTE], JSON_NONE))
		json_edit_append(&e, "route", buf_str(&f->value));
	else
		json_edit_set(&e, "route", buf_str(&f->value));
	json_edit_write(&e, out);
}

/* The reasons of a refusal as one line. */
static void
join_reasons(const struct decision *d, struct buf *out)
{
	struct str rest = buf_str(&d->reasons), line;
	const char *gap = d->reasons.len && memchr(d->reasons.p, '\n', d->reasons.len)
			      ? "nobody may serve it: "
			      : "";

	while (str_split(&rest, '\n', &line)) {
		buf_adds(out, gap);
		buf_addstr(out, line);
		gap = "; ";
	}
}

static void
fail(struct route_filter *f, enum error_kind kind, const char *message, struct buf *out)
{
	struct response_facts facts = {
		.id = json_exists(f->request.id) ? json_raw(f->request.id) : STR_NONE,
		.requested = f->request.model,
		.total_us = -1,
		.ttft_us = -1,
		.queue_us = -1,
		.tags = f->request.tags,
		.meta = f->request.meta,
	};
	struct answer a;

	answer_init(&a, NULL, NULL);
	answer_fail(&a, kind, "%s", message);
	record_response(out, &a, &facts);
	answer_release(&a);
}

enum route_outcome
route_record(struct route_filter *f, struct str line, struct buf *out, struct err *err)
{
	struct json found[P_COUNT];
	enum route_outcome outcome = decide(f, line, found, err);

	switch (outcome) {
	case ROUTE_OTHER:
		buf_addstr(out, line);
		break;
	case ROUTE_ROUTED:
		splice(f, found, out);
		break;
	case ROUTE_REFUSED:
		buf_reset(&f->value);
		join_reasons(&f->decision, &f->value);
		fail(f, f->decision.refused, f->value.p, out);
		break;
	case ROUTE_MALFORMED:
		fail(f, ERROR_INVALID_INPUT, err->text, out);
		break;
	case ROUTE_BAD:
		break;
	}
	return outcome;
}
