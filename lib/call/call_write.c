/* SPDX-License-Identifier: MIT */
/* call_write - what a call comes to, as records and for people. */
#include <stdlib.h>

#include "json/jsonw.h"
#include "call/call_state.h"
#include "llm/record.h"
#include "net/secret.h"

void
call_write_chunk(struct call *c, const struct delta *delta, struct buf *out)
{
	record_chunk(out, buf_str(&c->id), c->seq++, delta);
}

void
call_write_restart(struct call *c, struct buf *out)
{
	record_restart(out, buf_str(&c->id), c->seq++, c->past.exchanges + 1);
}

void
call_write_delta(const struct delta *delta, struct buf *out)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	if (delta->raw.p)
		json_text((struct json){ delta->raw.p, delta->raw.len, JSON_STRING }, &text);
	else
		buf_addstr(&text, delta->text);
	secret_mask_answer(buf_str(&text), out);
	buf_release(&text);
}

static int64_t
elapsed_us(int64_t from_us, int64_t to_us)
{
	return from_us > 0 && to_us >= from_us ? to_us - from_us : -1;
}

static void
write_response(struct call *c, struct buf *out)
{
	struct buf raw = BUF_INIT(BUF_UNLIMITED);
	int64_t sent_us = c->sent_us ? c->sent_us : c->start_us;
	bool called = c->reader || c->sent_us;
	bool streamed = called && c->wire.framing != FRAME_WHOLE;
	struct response_facts facts = {
		.id = call_id(c),
		.line = c->answer.error.kind == ERROR_INVALID_INPUT ? c->number : 0,
		.provider = c->provider ? c->provider->name : NULL,
		.like = c->provider ? c->provider->like : NULL,
		.requested_model = c->model,
		.requested = c->request.model,
		.total_us = called ? elapsed_us(sent_us, c->end_us) : -1,
		.ttft_us = streamed ? elapsed_us(sent_us, c->first_us) : -1,
		.queue_us = called ? elapsed_us(c->read_us, c->ready_us ? c->ready_us : c->start_us)
				   : -1,
		.profile = c->profile ? profile_name(c->profile) : NULL,
		.profile_digest = c->profile ? profile_digest(c->profile) : NULL,
		.tags = c->request.tags,
		.meta = c->request.meta,
		.trace_id = c->caller->trace.id[0] ? c->caller->trace.id : NULL,
		.span_id = c->caller->trace.id[0] ? c->span_id : NULL,
		.object = c->object.len ? buf_str(&c->object) : STR_NONE,
		.exchanges = c->past.exchanges,
	};

	if (call_raw_write(c, &raw))
		facts.raw = buf_str(&raw);
	record_response(out, &c->answer, &facts);
	buf_release(&raw);
}

void
call_write(struct call *c, struct buf *out)
{
	const struct call_config *config = c->caller->config;
	const char *provider = c->provider ? c->provider->name : NULL;

	if (config->embed && !c->batch)
		call_write_no_text(c, out);
	else if (c->batch && (!config->dry_run || c->answer.error.kind != ERROR_NONE))
		call_write_batch(c, out);
	else if (c->answer.error.kind != ERROR_NONE)
		write_response(c, out);
	else if (config->count && (!config->dry_run || call_is_estimated(c)))
		call_write_count(c, out);
	else if (config->dry_run && c->provider->program)
		record_program_run(out, buf_str(&c->id), provider, &c->wire, &c->answer);
	else if (config->dry_run)
		record_http_request(out, buf_str(&c->id), provider, &c->wire, &c->answer);
	else
		write_response(c, out);
}

void
call_complaint(const struct call *c, bool with_id, struct buf *out)
{
	const struct answer_error *e = &c->answer.error;
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	if (with_id && c->id.len)
		buf_addf(&text, "%s: ", c->id.p);
	else if (with_id)
		buf_addf(&text, "line %lld: ", (long long)c->number);
	buf_addf(&text, "%s: %s", error_kind_name(e->kind), e->message.p);
	secret_mask(buf_str(&text), out);
	buf_release(&text);
}
