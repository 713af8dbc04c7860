/* SPDX-License-Identifier: MIT */
/* answer_error - what a provider's error body says, in any of the shapes that occur. */
#include "base/num.h"
#include "llm/answer.h"
#include "llm/error.h"

enum { MESSAGE_MAX = 500, BODY_SHOWN_MAX = 200, WORDS_MAX = 64 << 10, DEPTH_MAX = 4 };

struct reading {
	struct error_clues clues;
	struct str code; /* the best name of the error */
	int64_t code_number; /* where only a number names it; -1 */
	struct buf text; /* the message */
	struct buf nested; /* an upstream's body that came as a string: clues point into it */
	int64_t delay_ms; /* -1 */
};

static void
add_word(struct reading *r, struct str word)
{
	if (!word.len || r->clues.code_count == ERROR_CODES_MAX)
		return;
	r->clues.codes[r->clues.code_count++] = word;
	if (!r->code.p)
		r->code = word;
}

/* AWS puts a shape's whole name there ("com.amazon.coral.service#UnknownOperationException"), and
 * in header fields an address behind it. */
static struct str
without_space(struct str word)
{
	const char *hash = word.len ? memchr(word.p, '#', word.len) : NULL;

	if (hash) {
		word.len -= (size_t)(hash + 1 - word.p);
		word.p = hash + 1;
	}
	(void)str_split(&(struct str){ word.p, word.len }, ':', &word);
	return word;
}

static void
add_code(struct reading *r, struct json v)
{
	struct str word;

	if (json_plain(v, &word))
		add_word(r, word);
}

/* code, type, status: names, or an HTTP status where the transport's own was 200. */
static void
read_codes(struct reading *r, struct json obj)
{
	static const char *const names[] = { "code", "type", "status", "error_code", "reason" };
	static const char *const numbers[] = { "code", "status_code", "status" };
	struct str word;
	int64_t n;
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		add_code(r, json_get(obj, names[i]));
	if (json_plain(json_get(obj, "__type"), &word))
		add_word(r, without_space(word));
	for (i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (!json_i64(json_get(obj, numbers[i]), &n))
			continue;
		if (r->code_number < 0)
			r->code_number = n;
		if (!r->clues.status && n >= 300 && n <= 599)
			r->clues.status = (int)n;
	}
}

static void
add_text(struct reading *r, struct json v)
{
	if (v.kind != JSON_STRING || json_is_empty_string(v))
		return;
	if (r->text.len)
		buf_adds(&r->text, ": ");
	json_text(v, &r->text);
}

/* Google's details: reasons, quotas, and how long to wait; Anthropic's and FastAPI's alike. */
static void
read_details(struct reading *r, struct json details)
{
	struct json_iter it = json_each(details), violation;
	struct str delay;

	if (details.kind == JSON_OBJECT)
		read_codes(r, details);
	if (details.kind != JSON_ARRAY)
		return;
	while (json_next(&it)) {
		add_code(r, json_get(it.value, "reason"));
		violation = json_each(json_get(it.value, "violations"));
		while (json_next(&violation))
			add_code(r, json_get(violation.value, "quotaId"));
		if (json_plain(json_get(it.value, "retryDelay"), &delay))
			(void)num_duration_ms(delay, &r->delay_ms); /* else untouched */
	}
}

static void read_shape(struct reading *r, struct json v, int depth);

/* A gateway's {message:"Provider returned error", metadata:{raw}}: the cause is in raw. */
static void
read_upstream(struct reading *r, struct json raw, int depth)
{
	struct err err = ERR_INIT;
	struct json v;

	if (raw.kind == JSON_OBJECT) {
		read_shape(r, raw, depth + 1);
	} else if (raw.kind == JSON_STRING && !r->nested.len) {
		json_text(raw, &r->nested);
		if (json_parse(r->nested.p, r->nested.len, &v, &err) == 0 && v.kind == JSON_OBJECT)
			read_shape(r, v, depth + 1);
		else
			add_text(r, raw);
	}
}

static void
read_shape(struct reading *r, struct json v, int depth)
{
	static const char *const texts[] = { "message", "detail", "error_description", "msg",
		"Message", "title" };
	struct json error = json_get(v, "error"), text = JSON_ABSENT;
	struct json_iter it;
	size_t i, before = r->text.len;

	if (depth > DEPTH_MAX)
		return;
	if (v.kind == JSON_ARRAY) {
		it = json_each(v);
		if (json_next(&it))
			read_shape(r, it.value, depth + 1);
		return;
	}
	if (v.kind == JSON_STRING) {
		add_text(r, v);
		return;
	}
	if (error.kind == JSON_OBJECT || error.kind == JSON_ARRAY)
		read_shape(r, error, depth + 1);
	for (i = 0; i < sizeof texts / sizeof *texts && text.kind != JSON_STRING; i++)
		text = json_get(v, texts[i]);
	if (r->text.len == before)
		add_text(r, text);
	if (error.kind == JSON_STRING && !json_eq(error, "error"))
		add_text(r, r->text.len == before ? error : JSON_ABSENT);
	if (r->text.len == before)
		read_shape(r, json_get(v, "detail"), depth + 1);
	if (r->text.len == before)
		read_shape(r, json_get(v, "errors"), depth + 1);
	if (!json_exists(error) || error.kind == JSON_STRING)
		read_codes(r, v);
	if (json_exists(json_get(v, "Output"))) /* AWS, of an operation that it does not know */
		read_shape(r, json_get(v, "Output"), depth + 1);
	read_details(r, json_get(v, "details"));
	read_details(r, json_get(v, "innererror"));
	read_upstream(r, json_find(v, "metadata.raw"), depth);
}

/* "try again in 634ms", "Please retry after 20 seconds." */
static int64_t
text_delay_ms(struct str text)
{
	static const char *const leads[] = { "try again in ", "retry in ", "retry after " };
	struct str word;
	int64_t ms;
	size_t i, at, n;

	for (i = 0; i < sizeof leads / sizeof *leads; i++) {
		n = strlen(leads[i]);
		for (at = 0; at + n < text.len; at++) {
			word = (struct str){ text.p + at, n };
			if (!str_eq_nocase(word, leads[i]))
				continue;
			word = (struct str){ text.p + at + n, 0 };
			while (at + n + word.len < text.len && !strchr(" ,;)\n", word.p[word.len]))
				word.len++;
			while (word.len && word.p[word.len - 1] == '.')
				word.len--;
			if (num_duration_ms(word, &ms))
				return ms;
		}
	}
	return -1;
}

/* Put what was read into the answer. */
static void
conclude(struct answer *a, struct reading *r)
{
	struct answer_error *e = &a->error;

	r->clues.text = buf_str(&r->text);
	e->kind = error_classify(&r->clues);
	e->status = r->clues.status;
	buf_reset(&e->message);
	buf_add(&e->message, r->text.p, str_cut_utf8(buf_str(&r->text), MESSAGE_MAX));
	buf_reset(&e->code);
	if (r->code.p)
		buf_addstr(&e->code, r->code);
	else if (r->code_number >= 0)
		buf_addi(&e->code, r->code_number);
	if (r->delay_ms < 0)
		r->delay_ms = text_delay_ms(buf_str(&r->text));
	if (e->retry_after_ms < 0)
		e->retry_after_ms = r->delay_ms;
}

/* Append text with runs of white space and control characters as one space. */
static void
fold(struct buf *out, struct str text)
{
	bool space = false;
	size_t i;

	text = str_trim(text);
	text.len = str_cut_utf8(text, BODY_SHOWN_MAX);
	for (i = 0; i < text.len; i++) {
		if ((unsigned char)text.p[i] <= ' ') {
			space = true;
			continue;
		}
		if (space)
			buf_addc(out, ' ');
		space = false;
		buf_addc(out, text.p[i]);
	}
}

void
answer_error_json(struct answer *a, int status, struct json body)
{
	answer_error_named(a, status, STR_NONE, body);
}

void
answer_error_named(struct answer *a, int status, struct str name, struct json body)
{
	struct reading r = {
		.clues.status = status >= 300 ? status : 0,
		.code_number = -1,
		.text = BUF_INIT(WORDS_MAX),
		.nested = BUF_INIT(WORDS_MAX),
		.delay_ms = -1,
	};

	if (a->error.kind != ERROR_NONE)
		return;
	if (name.len)
		add_word(&r, without_space(name));
	read_shape(&r, body, 0);
	if (!r.text.len)
		fold(&r.text, json_raw(body));
	conclude(a, &r);
	if (!a->error.request_id.len)
		json_text(json_get(body, "request_id"), &a->error.request_id);
	if (!a->output_seen) /* what the model wrote where a call of a tool was wanted (Groq) */
		(void)answer_text(
		    a, PART_TEXT, KEY_NONE, json_find(body, "error.failed_generation"));
	buf_release(&r.text);
	buf_release(&r.nested);
}

void
answer_error_text(struct answer *a, int status, struct str body)
{
	struct error_clues clues = { .status = status };
	struct buf text = BUF_INIT(WORDS_MAX);

	if (a->error.kind != ERROR_NONE)
		return;
	fold(&text, body);
	if (status < 300) {
		if (text.len)
			answer_fail(a, ERROR_PROTOCOL, "the body is not a JSON object: %s", text.p);
		else
			answer_fail(a, ERROR_PROTOCOL, "the body is empty");
	} else {
		if (text.len && text.p[0] != '<')
			clues.text = buf_str(&text);
		answer_fail(a, error_classify(&clues), "HTTP %d: %s", status,
		    text.len ? text.p : "empty body");
	}
	a->error.status = status;
	if (a->error.retry_after_ms < 0)
		a->error.retry_after_ms = text_delay_ms(clues.text);
	buf_release(&text);
}
