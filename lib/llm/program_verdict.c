/* SPDX-License-Identifier: MIT */
/*
 * program_verdict - whether what a program printed is an answer.
 *
 * Exit status 0 proves nothing: programs end with it after an error, after a refused key, and after
 * a signal that ended them. So all must agree: that it was not we who ended it, the exit status,
 * the terminal event, its error flag, the text, and the tokens that were used.
 */
#include <stdio.h>

#include "base/num.h"
#include "json/jsonw.h"
#include "llm/error.h"
#include "llm/program_reader.h"

enum { SHOWN_MAX = 400, CHARACTERS_A_TOKEN = 4 };

/* --- what an error means --- */

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* The words of a message serve as codes ("rate_limit_error"), a lone number as the HTTP status. */
static void
find_clues(struct error_clues *clues, struct str text)
{
	for (size_t i = 0, n; i < text.len; i += n ? n : 1) {
		struct str word = { text.p + i, 0 };
		int64_t status;

		while (i + word.len < text.len && is_word(word.p[word.len]))
			word.len++;
		n = word.len;
		if (!clues->status && n == 3 && num_i64(word, &status) && status >= 400 &&
		    status < 600)
			clues->status = (int)status;
		else if (n > 3 && memchr(word.p, '_', n) && clues->code_count < ERROR_CODES_MAX)
			clues->codes[clues->code_count++] = word;
	}
}

static enum error_kind
matched(const struct program_matches *m, struct str text)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->items[i].kind != ERROR_NONE && pattern_search(m->items[i].pattern, text))
			return m->items[i].kind;
	return ERROR_NONE;
}

/* What programs say of a login that is missing, which no API says. */
static bool
wants_login(struct str words)
{
	static const char *const phrases[] = { "no api key", "not logged in", "log in to",
		"please log in", "login required", "not authenticated", "authentication required",
		"no authentication" };

	for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
		if (str_has_nocase(words, phrases[i]))
			return true;
	return false;
}

static enum error_kind
kind_of_exit(const struct program *p, int status)
{
	enum error_kind kind = ERROR_NONE;
	int64_t n;

	for (size_t i = 0; i < p->exits.count; i++)
		if (num_i64(str_of(p->exits.items[i].name), &n) && n == status)
			(void)error_kind_parse(str_of(p->exits.items[i].value), &kind);
	return kind;
}

/* The last line of what it said that says something; all of it where that is short. */
static struct str
last_words(struct str text)
{
	size_t from;

	text = str_trim(text);
	if (text.len <= SHOWN_MAX)
		return text;
	from = text.len - SHOWN_MAX;
	while (from < text.len && text.p[from - 1] != '\n')
		from++;
	if (from == text.len) /* one long line: its end, from a character's border */
		for (from = text.len - SHOWN_MAX; ((unsigned char)text.p[from] & 0xC0) == 0x80;)
			from++;
	return (struct str){ text.p + from, text.len - from };
}

/* The words that tell what went wrong: the program's own, or its complaints, or its noise. */
static struct str
words_of(const struct program_reader *r)
{
	if (r->error.len)
		return str_trim(buf_str(&r->error));
	if (str_trim(buf_str(&r->complaint)).len)
		return last_words(buf_str(&r->complaint));
	return last_words(buf_str(&r->noise));
}

/* Programs pass on what the API told them: "API Error: 401 {...}". */
static struct json
body_in(struct str words)
{
	const char *open = words.len ? memchr(words.p, '{', words.len) : NULL;
	struct err err = ERR_INIT;
	struct json v = JSON_ABSENT;
	size_t len = words.len;

	while (open && len && words.p[len - 1] != '}')
		len--;
	if (!open || words.p + len <= open ||
	    json_parse(open, (size_t)(words.p + len - open), &v, &err) < 0)
		return JSON_ABSENT;
	return v;
}

/* A failure of that kind, or of the kind that the words mean. what: how it showed; NULL: the words
 * alone say it. */
static void
fail(struct program_reader *r, enum error_kind kind, struct str words, const char *what)
{
	struct error_clues clues = { .text = words };
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	enum error_kind told = matched(&r->output->errors, words);

	find_clues(&clues, words);
	if (kind == ERROR_NONE && told == ERROR_NONE && json_exists(body_in(words)))
		answer_error_json(r->answer, clues.status, body_in(words));
	if (kind == ERROR_NONE)
		kind = told != ERROR_NONE   ? told
		       : wants_login(words) ? ERROR_AUTH
					    : error_classify(&clues);
	if (what)
		buf_adds(&text, what);
	if (what && words.len)
		buf_adds(&text, ": ");
	for (size_t i = 0; i < words.len; i++) /* on one line, without a terminal's codes */
		buf_addc(&text, (unsigned char)words.p[i] < ' ' ? ' ' : words.p[i]);
	answer_fail(r->answer, kind, "%s", text.p);
	if (clues.status && r->answer->error.status == 0)
		r->answer->error.status = clues.status;
	buf_release(&text);
}

/* --- what it said --- */

/* The text as a whole tells which parts were said on the way: those do not count as content. */
static void
settle_content(struct program_reader *r)
{
	struct answer *a = r->answer;
	struct str whole = str_trim(buf_str(&r->content));
	struct buf said = BUF_INIT(BUF_UNLIMITED);
	struct part *last = NULL;
	delta_fn *on_delta = a->on_delta;
	bool same;

	answer_content(a, &said);
	same = !whole.len || str_eq(str_trim(buf_str(&said)), whole);
	buf_release(&said);
	if (same)
		return;
	for (size_t i = 0; i < a->part_count; i++) {
		if (a->parts[i].type != PART_TEXT)
			continue;
		a->parts[i].hidden = true;
		last = &a->parts[i];
	}
	if (last && str_eq(str_trim(buf_str(&last->text)), whole)) {
		last->hidden = false;
		return;
	}
	if (last) /* it was streamed in other words */
		a->on_delta = NULL;
	answer_seal(a);
	(void)answer_text(a, PART_TEXT, KEY_NONE, jsonw_quoted(&r->hold, buf_str(&r->content)));
	a->on_delta = on_delta;
}

static void
settle_usage(struct program_reader *r, int64_t prompt_tokens, int64_t text_tokens)
{
	struct usage *u = &r->answer->usage;

	if (r->counted && u->in <= 0 && u->out <= 0) { /* none were used, or none are known */
		*u = (struct usage)USAGE_UNKNOWN;
		r->answer->cost_pusd = -1;
		return;
	}
	if (r->counted) {
		if (r->output->in_lacks_cache) {
			if (u->cache_read > 0)
				usage_add(&u->in, u->cache_read);
			if (u->cache_write > 0)
				usage_add(&u->in, u->cache_write);
		}
		if (r->output->out_lacks_reasoning && u->reasoning > 0)
			usage_add(&u->out, u->reasoning);
		return;
	}
	*u = (struct usage)USAGE_UNKNOWN;
	if (!text_tokens)
		return;
	u->in = prompt_tokens;
	u->out = text_tokens;
	u->estimated = true;
}

int64_t
program_tokens(struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += ((unsigned char)text.p[i] & 0xC0) != 0x80;
	return (int64_t)((n + CHARACTERS_A_TOKEN - 1) / CHARACTERS_A_TOKEN);
}

/* What it says of the error is no answer. */
static void
hide_error(struct program_reader *r)
{
	struct str error = str_trim(buf_str(&r->error));

	for (size_t i = 0; r->failed && i < r->answer->part_count; i++) {
		struct part *part = &r->answer->parts[i];

		if (part->type == PART_TEXT && str_eq(str_trim(buf_str(&part->text)), error))
			part->hidden = true;
	}
}

/* --- the verdict --- */

static void
judge_exit(struct program_reader *r, const struct program_end *end)
{
	char what[64]; /* two numbers at most */

	if (end->signal) {
		(void)snprintf(
		    what, sizeof what, "the program was ended by signal %d", end->signal);
		fail(r, ERROR_SERVER, words_of(r), what);
	} else if (end->status) {
		(void)snprintf(
		    what, sizeof what, "the program ended with exit status %d", end->status);
		fail(r, kind_of_exit(r->program, end->status), words_of(r),
		    r->error.len ? NULL : what);
	}
}

static void
judge_text(struct program_reader *r, struct str text)
{
	struct answer *a = r->answer;
	struct program_matches *m = &r->output->failures;

	for (size_t i = 0; i < m->count; i++) {
		if (!pattern_search(m->items[i].pattern, text))
			continue;
		fail(r, m->items[i].kind, last_words(text), NULL);
		if (a->usage.estimated)
			a->usage = (struct usage)USAGE_UNKNOWN;
		return;
	}
	m = &r->output->refusals;
	for (size_t i = 0; i < m->count; i++)
		if (pattern_search(m->items[i].pattern, text))
			a->stop = STOP_REFUSAL;
	if (!str_trim(text).len && !a->tool_count)
		fail(r, ERROR_PROTOCOL, words_of(r), "the program said nothing");
	else if (r->counted && a->usage.in <= 0 && a->usage.out <= 0)
		fail(r, ERROR_PROTOCOL, STR_NONE, "the program says that it used no tokens");
}

void
program_reader_end(struct program_reader *r, const struct program_end *end)
{
	struct answer *a = r->answer;
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	program_reader_close(r, end->report);
	if (r->output->format == PROGRAM_TEXT && !end->warm && !end->status &&
	    !r->output->rule_count)
		answer_end(a); /* text has no terminal event of its own */
	settle_content(r);
	hide_error(r);
	answer_content(a, &text);
	if (!end->warm || a->usage.in == TOKENS_UNKNOWN)
		settle_usage(r, end->prompt_tokens, program_tokens(buf_str(&text)));
	if (end->kind != ERROR_NONE)
		answer_fail(a, end->kind, "%s", end->message);
	else if (r->failed)
		fail(r, kind_of_exit(r->program, end->status), words_of(r), NULL);
	judge_exit(r, end);
	if (!a->ended)
		fail(r, r->error.len ? ERROR_NONE : ERROR_TRUNCATED, words_of(r),
		    "the program ended without saying that it was done");
	judge_text(r, buf_str(&text));
	if (a->ended && a->stop == STOP_NONE)
		a->stop = a->error.kind == ERROR_NONE ? STOP_END : STOP_ERROR;
	answer_finish(a, false, true);
	buf_release(&text);
}
