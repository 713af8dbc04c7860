/* SPDX-License-Identifier: MIT */
/* derive - one attempt's request, made of the reader's. */
#include "failover/derive.h"

#include "json/edit.h"
#include "json/jsonw.h"
#include "llm/request.h"

#define GO_ON                                                                                      \
	"Your answer was cut off. Go on exactly where it stopped: repeat nothing of it, and say "  \
	"nothing before it."

/* --- what is another provider's own --- */

static bool
has_foreign_state(struct json part, const char *provider)
{
	struct json opaque = json_get(part, "opaque");

	return json_exists(opaque) && !json_eq(json_get(opaque, "provider"), provider);
}

static bool
is_foreign_block(struct json part, const char *provider)
{
	return json_eq(json_get(part, "type"), "provider") &&
	       !json_eq(json_get(part, "provider"), provider);
}

/* Of parts; what a tool said has parts of its own, and those no more. */
static bool
are_clean_parts(struct json parts, const char *provider)
{
	struct json_iter it = json_each(parts);

	while (parts.kind == JSON_ARRAY && json_next(&it)) {
		if (has_foreign_state(it.value, provider) || is_foreign_block(it.value, provider))
			return false;
	}
	return true;
}

/* What the part holds, where it is a tool's result that has parts. */
static struct json
result_of(struct json part)
{
	struct json content = json_get(part, "content");

	if (!json_eq(json_get(part, "type"), "toolResult") || !request_is_parts(content))
		return JSON_ABSENT;
	return content;
}

static bool
is_clean(struct json content, const char *provider)
{
	struct json_iter it = json_each(content);

	if (!are_clean_parts(content, provider))
		return false;
	while (content.kind == JSON_ARRAY && json_next(&it)) {
		if (!are_clean_parts(result_of(it.value), provider))
			return false;
	}
	return true;
}

static void
put_clean_result(struct jsonw *w, struct json parts, const char *provider)
{
	struct json_iter it = json_each(parts);

	jsonw_array(w);
	while (json_next(&it)) {
		struct buf text = BUF_INIT(BUF_UNLIMITED);
		struct json_edit e;

		if (is_foreign_block(it.value, provider))
			continue;
		json_edit_start(&e, it.value);
		if (has_foreign_state(it.value, provider))
			json_edit_drop(&e, "opaque");
		json_edit_write(&e, &text);
		jsonw_raw(w, buf_str(&text));
		buf_release(&text);
	}
	jsonw_end(w);
}

static void
put_clean_part(struct jsonw *w, struct json part, const char *provider)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), result = BUF_INIT(BUF_UNLIMITED);
	struct json parts = result_of(part);
	struct json_edit e;
	struct jsonw r;

	if (!has_foreign_state(part, provider) && are_clean_parts(parts, provider)) {
		jsonw_json(w, part);
		return;
	}
	json_edit_start(&e, part);
	if (has_foreign_state(part, provider))
		json_edit_drop(&e, "opaque");
	if (!are_clean_parts(parts, provider)) {
		jsonw_start(&r, &result);
		put_clean_result(&r, parts, provider);
		json_edit_set(&e, "content", buf_str(&result));
	}
	json_edit_write(&e, &text);
	jsonw_raw(w, buf_str(&text));
	buf_release(&text);
	buf_release(&result);
}

/* The message without what is foreign in it; one that has nothing else is left out, for there is no
 * turn without content. */
static void
put_clean_message(struct jsonw *w, struct json message, const char *provider)
{
	struct json content = json_get(message, "content");
	struct json_iter it = json_each(content);
	struct buf parts = BUF_INIT(BUF_UNLIMITED), text = BUF_INIT(BUF_UNLIMITED);
	struct json_edit e;
	struct jsonw p;
	size_t n = 0;

	if (is_clean(content, provider)) {
		jsonw_json(w, message);
		return;
	}
	jsonw_start(&p, &parts);
	jsonw_array(&p);
	while (json_next(&it)) {
		if (is_foreign_block(it.value, provider))
			continue;
		put_clean_part(&p, it.value, provider);
		n++;
	}
	jsonw_end(&p);
	if (n) {
		json_edit_start(&e, message);
		json_edit_set(&e, "content", buf_str(&parts));
		json_edit_write(&e, &text);
		jsonw_raw(w, buf_str(&text));
	}
	buf_release(&parts);
	buf_release(&text);
}

static bool
are_clean(struct json messages, const char *provider)
{
	struct json_iter it = json_each(messages);

	while (json_next(&it)) {
		if (!is_clean(json_get(it.value, "content"), provider))
			return false;
	}
	return true;
}

/* --- a continuation --- */

struct str
derive_shown(struct str said)
{
	while (said.len && memchr(" \t\r\n", said.p[said.len - 1], 4))
		said.len--;
	return said;
}

static void
put_turn(struct jsonw *w, const char *role, struct str text)
{
	jsonw_object(w);
	jsonw_kstr(w, "role", role);
	jsonw_kstrn(w, "content", text);
	jsonw_end(w);
}

/* Where the request itself ends with words of the assistant's, the answer went on from those. */
static void
put_said(struct jsonw *w, const struct derive *d, struct json last)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct json content = json_get(last, "content");

	if (json_eq(json_get(last, "role"), "assistant")) {
		if (content.kind == JSON_STRING)
			json_text(content, &text);
		else
			put_clean_message(w, last, d->provider);
	}
	buf_addstr(&text, d->said);
	put_turn(w, "assistant", derive_shown(buf_str(&text)));
	buf_release(&text);
	if (!d->takes_prefill)
		put_turn(w, "user", STR_LIT(GO_ON));
}

static void
put_prompt(struct jsonw *w, struct json prompt)
{
	jsonw_object(w);
	jsonw_kstr(w, "role", "user");
	jsonw_kjson(w, "content", prompt);
	jsonw_end(w);
}

/* --- the whole --- */

static void
put_messages(struct jsonw *w, const struct derive *d, struct json messages, struct json prompt)
{
	struct json_iter it = json_each(messages);
	struct json last = JSON_ABSENT;

	jsonw_array(w);
	while (json_next(&it)) {
		if (json_exists(last))
			put_clean_message(w, last, d->provider);
		last = it.value;
	}
	if (json_exists(last) && (!d->is_continuation || json_exists(prompt) ||
				     !json_eq(json_get(last, "role"), "assistant")))
		put_clean_message(w, last, d->provider);
	if (d->is_continuation) {
		if (json_exists(prompt))
			put_prompt(w, prompt);
		put_said(w, d, json_exists(prompt) ? JSON_ABSENT : last);
	}
	jsonw_end(w);
}

static bool
is_stream(const struct derive *d, struct json own)
{
	struct json over = { d->options.p, d->options.len, JSON_OBJECT };
	struct json stream = d->options.len ? json_get(over, "stream") : JSON_ABSENT;

	if (!json_exists(stream))
		stream = json_get(own, "stream");
	return json_exists(stream) ? stream.kind == JSON_TRUE : d->streams;
}

/* A whole answer has no first output before its last: its time to it is the whole one's. */
static void
put_times(const struct derive *d, struct json own, struct buf *out)
{
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	if (d->timeout_ms)
		jsonw_ki64(&w, "timeoutMs", d->timeout_ms);
	if (d->ttft_timeout_ms && is_stream(d, own))
		jsonw_ki64(&w, "ttftTimeoutMs", d->ttft_timeout_ms);
	jsonw_end(&w);
}

static void
patch(struct buf *target, struct str by)
{
	struct buf patched = BUF_INIT(BUF_UNLIMITED);

	json_merge_patch((struct json){ target->p, target->len, JSON_OBJECT },
	    (struct json){ by.p, by.len, JSON_OBJECT }, &patched);
	buf_release(target);
	*target = patched;
}

static void
put_options(const struct derive *d, struct json own, struct buf *out)
{
	struct buf times = BUF_INIT(BUF_UNLIMITED);

	if (d->streams && !json_exists(json_get(own, "stream"))) {
		buf_adds(out, "{\"stream\":true}");
		if (own.kind == JSON_OBJECT)
			patch(out, json_raw(own));
	} else {
		buf_addstr(out, own.kind == JSON_OBJECT ? json_raw(own) : STR_LIT("{}"));
	}
	if (d->options.len)
		patch(out, d->options);
	put_times(d, own, &times);
	patch(out, buf_str(&times));
	buf_release(&times);
}

void
derive_request(const struct derive *d, struct buf *out)
{
	struct json_iter it = json_each(d->record);
	struct json messages = JSON_ABSENT, prompt = JSON_ABSENT, own = JSON_ABSENT;
	struct buf model = BUF_INIT(BUF_UNLIMITED), options = BUF_INIT(BUF_UNLIMITED);
	struct buf turns = BUF_INIT(BUF_UNLIMITED), profile = BUF_INIT(BUF_UNLIMITED);
	struct json_edit e;
	struct jsonw w;

	while (json_next(&it)) {
		if (json_eq(it.key, "messages"))
			messages = it.value;
		else if (json_eq(it.key, "prompt"))
			prompt = it.value;
		else if (json_eq(it.key, "options"))
			own = it.value;
	}
	json_edit_start(&e, d->record);
	json_edit_set(&e, "id", d->id);
	jsonw_quote(&model, str_of(d->model));
	json_edit_set(&e, "model", buf_str(&model));
	put_options(d, own, &options);
	json_edit_set(&e, "options", buf_str(&options));
	json_edit_drop(&e, "route");
	if (d->profile) {
		jsonw_quote(&profile, str_of(d->profile));
		json_edit_set(&e, "profile", buf_str(&profile));
	}
	if (d->is_continuation || !are_clean(messages, d->provider)) {
		jsonw_start(&w, &turns);
		put_messages(&w, d, messages, prompt);
		json_edit_set(&e, "messages", buf_str(&turns));
		if (d->is_continuation)
			json_edit_drop(&e, "prompt");
	}
	json_edit_write(&e, out);
	buf_release(&model);
	buf_release(&options);
	buf_release(&turns);
	buf_release(&profile);
}
