/* SPDX-License-Identifier: MIT */
/* program_reader - what a program prints becomes an answer, as its output's rules say. */
#include "llm/program_reader.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/money.h"
#include "base/num.h"
#include "json/jsonw.h"
#include "json/lex.h"

enum { COMPLAINT_MAX = 16 << 10 };
#define PRINTED_MAX ((uint64_t)4 << 30) /* deltas that repeat all that was said are quadratic */

static bool read_frame(void *user, struct str name, struct str data);

struct program_reader *
program_reader_new(const struct program *p, struct answer *a)
{
	struct program_reader *r = xcalloc(1, sizeof *r);

	r->program = p;
	r->output = p->output;
	r->answer = a;
	if (r->output->format == PROGRAM_JSONL)
		r->frame = frame_new(FRAME_NDJSON, FRAME_LIMIT, read_frame, r);
	else if (r->output->format == PROGRAM_JSON)
		r->frame = frame_new(FRAME_WHOLE, FRAME_LIMIT, read_frame, r);
	buf_init(&r->line, FRAME_LIMIT);
	buf_init(&r->complaint, 2 * COMPLAINT_MAX);
	buf_init(&r->noise, COMPLAINT_MAX);
	buf_init(&r->content, ANSWER_TEXT_MAX);
	buf_init(&r->error, COMPLAINT_MAX);
	buf_init(&r->hold, BUF_UNLIMITED);
	buf_init(&r->text, BUF_UNLIMITED);
	return r;
}

void
program_reader_free(struct program_reader *r)
{
	if (!r)
		return;
	frame_free(r->frame);
	buf_release(&r->line);
	buf_release(&r->complaint);
	buf_release(&r->noise);
	buf_release(&r->content);
	buf_release(&r->error);
	buf_release(&r->hold);
	buf_release(&r->text);
	free(r);
}

/* --- events --- */

static bool
is_there(const struct program_pair *pair, struct json event)
{
	struct json v = json_find(event, pair->name);

	return pair->is_json ? str_is(json_raw(v), pair->value) : json_eq(v, pair->value);
}

/* Pairs of one path follow each other: one of them must hold. */
static bool
is_true_of(const struct program_pairs *when, struct json event)
{
	size_t i = 0, next;

	for (; i < when->count; i = next) {
		bool holds = false;

		for (next = i;
		     next < when->count && strcmp(when->items[next].name, when->items[i].name) == 0;
		     next++)
			holds = holds || is_there(&when->items[next], event);
		if (!holds)
			return false;
	}
	return true;
}

static struct json
fact(struct program_reader *r, const struct program_rule *rule, enum program_fact which,
    struct json event)
{
	return program_output_eval(r->output, &rule->facts[which], event, &r->hold);
}

static void
take_count(struct program_reader *r, int64_t *field, struct json v)
{
	int64_t n;

	if (!json_count_of(v, &n) || n < 0)
		return;
	r->counted = true;
	if (r->output->sums)
		usage_add(field, n);
	else
		*field = n;
}

static void
take_cost(struct program_reader *r, struct json v)
{
	struct answer *a = r->answer;
	int64_t pusd;
	double usd;

	if (!json_double(v, &usd) || usd < 0 || usd > 1e6)
		return;
	if (!json_scaled(v, MONEY_SCALE, &pusd))
		pusd = (int64_t)(usd * 1e12 + 0.5); /* more places than we keep */
	if (!r->output->sums || a->cost_pusd < 0)
		a->cost_pusd = pusd;
	else
		(void)money_add(&a->cost_pusd, pusd); /* past nine million dollars it stays */
}

static void
take_usage(struct program_reader *r, const struct program_rule *rule, struct json event)
{
	struct usage *u = &r->answer->usage;
	int64_t *const fields[FACT_COUNTS] = { &u->in, &u->out, &u->cache_read, &u->cache_write,
		&u->reasoning };

	for (int i = 0; i < FACT_COUNTS; i++)
		take_count(
		    r, fields[i], fact(r, rule, (enum program_fact)(FACT_TOKENS_IN + i), event));
	take_cost(r, fact(r, rule, FACT_COST, event));
}

/* Text of any shape into out: a string as it is, anything else as JSON. */
static void
put_text(struct json v, struct buf *out)
{
	if (v.kind == JSON_STRING)
		json_text(v, out);
	else if (json_exists(v))
		buf_addstr(out, json_raw(v));
}

static void
take_error(struct program_reader *r, struct json v, bool ends)
{
	if (!json_exists(v) || v.kind == JSON_FALSE || json_is_empty_string(v))
		return;
	buf_reset(&r->error);
	put_text(v, &r->error);
	if (ends)
		r->failed = true;
}

static void
apply(struct program_reader *r, const struct program_rule *rule, struct json event)
{
	static const struct stop_row none[] = { { NULL, STOP_NONE } };
	struct answer *a = r->answer;
	struct json v;

	if (rule->begins)
		answer_seal(a);
	(void)answer_text(a, PART_REASONING, KEY_NONE, fact(r, rule, FACT_REASONING, event));
	(void)answer_text(a, PART_TEXT, KEY_NONE, fact(r, rule, FACT_DELTA, event));
	v = fact(r, rule, FACT_CONTENT, event);
	if (v.kind == JSON_STRING) {
		buf_reset(&r->content);
		json_text(v, &r->content);
	}
	answer_model(a, fact(r, rule, FACT_MODEL, event));
	answer_response_id(a, fact(r, rule, FACT_SESSION, event));
	answer_stop(a, r->output->stops ? r->output->stops : none, fact(r, rule, FACT_STOP, event));
	take_error(r, fact(r, rule, FACT_ERROR, event), rule->ends);
	take_usage(r, rule, event);
	if (rule->ends)
		answer_end(a);
}

static void
apply_rules(struct program_reader *r, struct json event, bool is_file)
{
	for (size_t i = 0; i < r->output->rule_count; i++) {
		const struct program_rule *rule = &r->output->rules[i];

		if (rule->is_file == is_file && is_true_of(&rule->when, event))
			apply(r, rule, event);
	}
}

void
program_reader_event(struct program_reader *r, struct json event)
{
	apply_rules(r, event, false);
}

/* Text with what is no UTF-8 in it replaced: programs cut characters in two, and print what they
 * read. */
static struct str
mend_utf8(struct buf *out, struct str text)
{
	const char *p = text.p, *end = p + text.len;

	buf_reset(out);
	while (p < end) {
		size_t n = lex_utf8(p, end);

		if (n)
			buf_add(out, p, n);
		else
			buf_adds(out, "\xEF\xBF\xBD");
		p += n ? n : 1;
	}
	return buf_str(out);
}

/* What stands between the events is no event: it is kept for the case that there are none. */
static bool
read_frame(void *user, struct str name, struct str data)
{
	struct program_reader *r = user;
	struct err err = ERR_INIT;
	struct json v;

	(void)name;
	if (!str_is_utf8(data))
		data = mend_utf8(&r->line, data);
	if (json_parse(data.p, data.len, &v, &err) == 0 &&
	    (v.kind == JSON_OBJECT || v.kind == JSON_ARRAY))
		program_reader_event(r, v);
	else if (r->noise.len < COMPLAINT_MAX / 2)
		buf_add(&r->noise, data.p, str_cut_utf8(data, COMPLAINT_MAX / 2 - 1));
	return !r->answer->overflow;
}

/* --- text --- */

static bool
matches(const struct program_matches *m, struct str text)
{
	for (size_t i = 0; i < m->count; i++)
		if (pattern_search(m->items[i].pattern, text))
			return true;
	return false;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The first number of the text, at that scale: "1.2k" is 1200, "3,456" is 3456. */
static bool
number_in(struct str text, int scale, int64_t *out)
{
	struct buf digits = BUF_INIT(BUF_UNLIMITED);
	size_t i = 0;
	bool ok;

	while (i < text.len && !is_digit(text.p[i]))
		i++;
	for (; i < text.len && (is_digit(text.p[i]) || text.p[i] == '.' || text.p[i] == ','); i++)
		if (text.p[i] != ',')
			buf_addc(&digits, text.p[i]);
	while (digits.len && digits.p[digits.len - 1] == '.')
		buf_truncate(&digits, digits.len - 1);
	if (i < text.len && (text.p[i] == 'k' || text.p[i] == 'K'))
		buf_adds(&digits, "e3");
	else if (i < text.len && text.p[i] == 'M')
		buf_adds(&digits, "e6");
	ok = digits.len && num_scaled(buf_str(&digits), scale, out);
	buf_release(&digits);
	return ok;
}

static void
find_counts(struct program_reader *r, struct str line)
{
	struct usage *u = &r->answer->usage;
	int64_t *const fields[] = { &r->answer->cost_pusd, &u->in, &u->out, &u->cache_read,
		&u->cache_write, &u->reasoning };

	for (int i = FACT_COST; i < FACT_COUNT; i++) {
		const struct pattern *p = r->output->find[i];
		struct str rest;
		size_t at;

		if (!p || !pattern_find(p, line, &at))
			continue;
		rest = (struct str){ line.p + at, line.len - at };
		if (number_in(rest, i == FACT_COST ? MONEY_SCALE : 0, fields[i - FACT_COST]) &&
		    i != FACT_COST)
			r->counted = true;
	}
}

/* A line with its end. Blank ones before the text are no part of it, and an end of a line only is
 * where something follows. */
static void
read_line(struct program_reader *r, struct str line)
{
	struct str shown = str_trim(line);

	find_counts(r, shown);
	if (matches(&r->output->drop, shown))
		return;
	if (shown.len) {
		while (line.len && (line.p[line.len - 1] == '\n' || line.p[line.len - 1] == '\r'))
			line.len--;
		buf_addstr(&r->text, line);
		(void)answer_text(
		    r->answer, PART_TEXT, KEY_NONE, jsonw_quoted(&r->hold, buf_str(&r->text)));
		buf_reset(&r->text);
	}
	if (r->answer->part_count)
		buf_addc(&r->text, '\n');
}

static void
feed_text(struct program_reader *r, const char *p, size_t n)
{
	const char *end = p + n, *newline;

	while ((newline = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		size_t len = (size_t)(newline + 1 - p);

		if (r->line.len) {
			buf_add(&r->line, p, len);
			read_line(r, buf_str(&r->line));
			buf_reset(&r->line);
		} else {
			read_line(r, (struct str){ p, len });
		}
		p = newline + 1;
	}
	buf_add(&r->line, p, (size_t)(end - p));
}

/* --- bytes --- */

bool
program_reader_feed(struct program_reader *r, const char *p, size_t n)
{
	struct answer *a = r->answer;
	struct err err = ERR_INIT;

	r->printed += n;
	if (!r->frame)
		feed_text(r, p, n);
	else if (frame_feed(r->frame, p, n, &err) < 0 && !a->overflow)
		answer_fail(a, ERROR_PROTOCOL, "%s", err.text);
	if (a->overflow || buf_is_full(&r->line) || r->printed > PRINTED_MAX)
		answer_fail(a, ERROR_PROTOCOL, "the program prints too much");
	return a->error.kind == ERROR_NONE;
}

/* The end of what it complains of is what tells: the rest goes. */
void
program_reader_complain(struct program_reader *r, const char *p, size_t n)
{
	struct buf *b = &r->complaint;

	if (n > COMPLAINT_MAX) {
		p += n - COMPLAINT_MAX;
		n = COMPLAINT_MAX;
	}
	if (b->len + n > 2 * COMPLAINT_MAX)
		buf_cut(b, b->len - (COMPLAINT_MAX - n > b->len ? b->len : COMPLAINT_MAX - n));
	buf_add(b, p, n);
}

/* What is held back is handed out: the last line, the one document. */
void
program_reader_close(struct program_reader *r, struct str file)
{
	struct err err = ERR_INIT;
	struct json v;

	if (r->frame && r->answer->error.kind == ERROR_NONE && frame_end(r->frame, true, &err) < 0)
		buf_adds(&r->noise, err.text); /* what is cut has no terminal event */
	if (!r->frame && r->line.len)
		read_line(r, buf_str(&r->line));
	if (file.len && json_parse(file.p, file.len, &v, &err) == 0)
		apply_rules(r, v, true);
}
