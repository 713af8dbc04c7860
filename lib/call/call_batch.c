/* SPDX-License-Identifier: MIT */
/* call_batch - a call that carries many texts to be embedded, each a record of its own. */
#include <stdlib.h>

#include "base/die.h"
#include "base/mem.h"
#include "call/call_state.h"
#include "json/edit.h"
#include "json/jsonw.h"
#include "llm/record.h"

struct item {
	int64_t number; /* of its line */
	struct json record; /* JSON_NONE: the line is none */
	struct answer_error error; /* of its own; kind ERROR_NONE: none */
};

struct call_batch {
	struct item *items;
	size_t count;
	struct json *texts; /* of those that are good, in their order */
	size_t text_count;
};

static void
refuse(struct item *item, enum error_kind kind, const char *why)
{
	item->error.kind = kind;
	buf_adds(&item->error.message, why);
}

static void
read_item(struct call_batch *b, struct item *item, struct str line)
{
	struct json text;
	struct err err = ERR_INIT;

	item->error.retry_after_ms = -1;
	buf_init(&item->error.code, BUF_UNLIMITED);
	buf_init(&item->error.request_id, BUF_UNLIMITED);
	buf_init(&item->error.message, BUF_UNLIMITED);
	if (json_parse(line.p, line.len, &item->record, &err) < 0) {
		item->record = JSON_ABSENT;
		refuse(item, ERROR_INVALID_INPUT, err.text);
		return;
	}
	if (item->record.kind != JSON_OBJECT) {
		item->record = JSON_ABSENT;
		refuse(item, ERROR_INVALID_INPUT, "not a JSON object");
		return;
	}
	text = json_get(item->record, "text");
	if (text.kind != JSON_STRING || json_is_empty_string(text))
		refuse(item, ERROR_INVALID_INPUT, "text: must be a string that is not empty");
	else
		b->texts[b->text_count++] = text;
}

void
call_batch_read(struct call *c, struct str lines, const int64_t *numbers, size_t count)
{
	struct call_batch *b = c->batch = xcalloc(1, sizeof *b);
	struct err err = ERR_INIT;
	struct str line;

	b->items = xcalloc(count, sizeof *b->items);
	b->texts = xcalloc(count, sizeof *b->texts);
	while (b->count < count && str_split(&lines, '\n', &line)) {
		b->items[b->count].number = numbers[b->count];
		read_item(b, &b->items[b->count], line);
		b->count++;
	}
	if (request_read(&c->request, json_literal("{\"prompt\":\"\"}"),
		&c->caller->config->defaults, &err) < 0)
		BUG("call_batch: %s", err.text);
	c->is_request = true;
	buf_addf(&c->id, "\"%llu\"", (unsigned long long)++c->caller->made_ids);
	if (!b->text_count)
		answer_fail(&c->answer, ERROR_INVALID_INPUT, "no line has a text");
}

void
call_batch_free(struct call_batch *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->count; i++) {
		buf_release(&b->items[i].error.message);
		buf_release(&b->items[i].error.code);
		buf_release(&b->items[i].error.request_id);
	}
	free(b->items);
	free(b->texts);
	free(b);
}

int
call_batch_build(const struct call *c, const struct build *build, struct wire *w, struct err *err)
{
	return embed_build(
	    build, c->caller->config->embed, c->batch->texts, c->batch->text_count, w, err);
}

size_t
call_records(const struct call *c)
{
	return c->batch ? c->batch->count : 1;
}

enum error_kind
call_record_error(const struct call *c, size_t i)
{
	enum error_kind own = c->batch ? c->batch->items[i].error.kind : ERROR_NONE;

	return own != ERROR_NONE ? own : c->answer.error.kind;
}

/* --- what is written --- */

/* The body that came, as the reader kept it. */
static struct json
body_of(const struct call *c)
{
	const struct buf *value;
	struct json body = JSON_ABSENT;
	struct err err = ERR_INIT;

	if (!c->answer.part_count)
		return body;
	value = &c->answer.parts[0].value;
	return json_parse(value->p, value->len, &body, &err) == 0 ? body : JSON_ABSENT;
}

/* A text's share of the batch's tokens, by its bytes, so that the shares add up to the whole. */
static int64_t
share(int64_t whole, uint64_t before, uint64_t bytes, uint64_t all)
{
	double per_byte = all ? (double)whole / (double)all : 0;

	return (int64_t)((double)(before + bytes) * per_byte + 0.5) -
	       (int64_t)((double)before * per_byte + 0.5);
}

static void
put_usage(const struct call *c, int64_t tokens, struct buf *out)
{
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_ki64(&w, "tokensIn", tokens);
	jsonw_kstr(&w, "source", c->batch->text_count == 1 ? "reported" : "estimated");
	jsonw_end(&w);
}

static void
put_facts(const struct call *c, struct buf *out)
{
	struct buf list = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "provider", c->provider->name);
	jsonw_kstrn(&w, "model", c->answer.model.len ? buf_str(&c->answer.model) : c->model);
	if (c->answer.warnings.len) {
		buf_addf(&list, "[%s]", c->answer.warnings.p);
		jsonw_key(&w, "warnings");
		jsonw_raw(&w, buf_str(&list));
	}
	jsonw_end(&w);
	buf_release(&list);
}

/* One that has its vector. */
static void
write_good(
    const struct call *c, struct json record, struct str vector, int64_t tokens, struct buf *out)
{
	struct buf facts = BUF_INIT(BUF_UNLIMITED), usage = BUF_INIT(BUF_UNLIMITED);
	struct json_edit e;

	json_edit_start(&e, record);
	put_facts(c, &facts);
	json_edit_set(&e, "ok", STR_LIT("true"));
	json_edit_set(&e, "embedding", buf_str(&facts));
	if (tokens >= 0) {
		put_usage(c, tokens, &usage);
		json_edit_set(&e, "usage", buf_str(&usage));
	}
	json_edit_set(&e, "vector", vector);
	json_edit_drop(&e, "error");
	json_edit_write(&e, out);
	buf_release(&facts);
	buf_release(&usage);
}

/* One that failed: as it came, with the error; a line that is no record has its number. */
static void
write_bad(const struct item *item, const struct answer_error *error, struct buf *out)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), line = BUF_INIT(BUF_UNLIMITED);
	struct json_edit e;

	record_error(error, &text);
	json_edit_start(&e, item->record.kind == JSON_OBJECT ? item->record : json_literal("{}"));
	json_edit_set(&e, "ok", STR_LIT("false"));
	if (item->record.kind != JSON_OBJECT) {
		buf_addi(&line, item->number);
		json_edit_set(&e, "line", buf_str(&line));
	}
	json_edit_set(&e, "error", buf_str(&text));
	json_edit_drop(&e, "vector");
	json_edit_write(&e, out);
	buf_release(&text);
	buf_release(&line);
}

void
call_write_no_text(const struct call *c, struct buf *out)
{
	write_bad(&(struct item){ .number = c->number }, &c->answer.error, out);
}

/* The vectors of the texts that are good; where they are not all there that is the call's error. */
static void
find_vectors(struct call *c, struct json *vectors)
{
	struct err err = ERR_INIT;

	if (c->answer.error.kind == ERROR_NONE &&
	    embed_vectors(body_of(c), vectors, c->batch->text_count, &err) < 0)
		answer_fail(&c->answer, ERROR_PROTOCOL, "%s", err.text);
}

static uint64_t
text_bytes(const struct call_batch *b)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < b->text_count; i++)
		sum += b->texts[i].len;
	return sum;
}

void
call_write_batch(struct call *c, struct buf *out)
{
	struct call_batch *b = c->batch;
	struct json *vectors = xcalloc(b->text_count + 1, sizeof *vectors);
	uint64_t all = text_bytes(b), before = 0;
	struct buf vector = BUF_INIT(BUF_UNLIMITED);
	size_t nth = 0;

	find_vectors(c, vectors);
	for (size_t i = 0; i < b->count; i++) {
		struct item *item = &b->items[i];
		int64_t whole = c->answer.usage.in, tokens = -1;

		if (i)
			buf_addc(out, '\n');
		if (item->error.kind != ERROR_NONE) {
			write_bad(item, &item->error, out);
			continue;
		}
		if (whole >= 0)
			tokens = share(whole, before, b->texts[nth].len, all);
		before += b->texts[nth].len;
		buf_reset(&vector);
		if (c->answer.error.kind != ERROR_NONE) {
			write_bad(item, &c->answer.error, out);
		} else if (embed_write(vectors[nth], c->caller->config->embed_base64, &vector) <
			   0) {
			refuse(item, ERROR_PROTOCOL, "the vector is no list of numbers");
			write_bad(item, &item->error, out);
		} else {
			write_good(c, item->record, buf_str(&vector), tokens, out);
		}
		nth++;
	}
	buf_release(&vector);
	free(vectors);
}
