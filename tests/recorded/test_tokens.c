/* SPDX-License-Identifier: MIT */
/* test_tokens - providers' recorded counts, asked for again and read; and the estimate, held
 * against what providers reported for recorded requests. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/die.h"
#include "base/mem.h"
#include "json/jsonw.h"
#include "llm/count.h"
#include "llm/tokens.h"
#include "recorded/recorded.h"
#include "support/top.h"
#include "sys/file.h"

enum { FEW = 8, LEAST = 100 }; /* a provider's cases for a line of its own; tokens an error is of */

static int tests, failures;

static void
report(const char *id, const char *what, struct buf *why)
{
	printf("%s %d - %s %s\n%s", why->len ? "not ok" : "ok", ++tests, id, what, why->p);
	failures += why->len > 0;
	buf_reset(why);
}

/* The recorded request as a record; lifted owns its text. */
static bool
lift(const char *words, const char *provider, struct json url, struct json body, struct buf *lifted,
    struct request *r, struct buf *why)
{
	struct request_defaults defaults = { .options = JSON_ABSENT };
	struct buf input = BUF_INIT(BUF_UNLIMITED);
	struct json in, record;
	struct err err = ERR_INIT;
	struct recorded c = { .words = words };
	struct jsonw w;
	bool ok;

	jsonw_start(&w, &input);
	jsonw_object(&w);
	jsonw_kstr(&w, "provider", provider);
	jsonw_kjson(&w, "url", url);
	jsonw_key(&w, "body");
	jsonw_object(&w);
	if (strcmp(words, "anthropic") == 0 && !json_exists(json_get(body, "max_tokens")))
		jsonw_ki64(
		    &w, "max_tokens", 4096); /* which a count does not name, and a call must */
	jsonw_members(&w, body);
	jsonw_end(&w);
	jsonw_end(&w);
	ok = json_parse(input.p, input.len, &in, &err) == 0 &&
	     recorded_run(&c, "lift", in, lifted, &record, why);
	if (ok && request_read(r, record, &defaults, &err) < 0) {
		buf_addf(why, "# the record is refused: %s\n", err.text);
		ok = false;
	}
	buf_release(&input);
	return ok;
}

/* --- counts --- */

static const struct counted {
	const char *provider, *words;
	const struct dialect *dialect;
	const char
	    *inner; /* where the request stands in the body; NULL: it is the body, or the next */
} counted[] = {
	{ "anthropic", "anthropic", &dialect_anthropic_messages, NULL },
	{ "gemini", "gemini", &dialect_gemini, "generateContentRequest" },
	{ "openai", "responses", &dialect_openai_responses, NULL },
	{ "bedrock", "bedrock", &dialect_bedrock_converse, "input.converse" },
};

static struct json
inner_of(const struct counted *k, struct json body)
{
	struct json v = k->inner ? json_find(body, k->inner) : body;

	return json_exists(v) ? v : body;
}

/* Both bodies, spelling aside. */
static void
compare(const struct counted *k, struct json want, struct json have, struct buf *why)
{
	struct recorded c = { .words = k->words };
	struct buf a = BUF_INIT(BUF_UNLIMITED), b = BUF_INIT(BUF_UNLIMITED);
	struct json x, y;

	if (recorded_run(&c, "same", want, &a, &x, why) &&
	    recorded_run(&c, "same", have, &b, &y, why) && !json_equal(x, y))
		buf_addf(why, "# built    %.400s\n# recorded %.400s\n", b.p, a.p);
	buf_release(&a);
	buf_release(&b);
}

static void
check_request(const struct counted *k, struct json meta, struct json recorded, struct buf *why)
{
	struct json url = json_get(meta, "url"), body = inner_of(k, recorded), built;
	struct provider provider = { .name = (char *)(uintptr_t)k->provider,
		.dialect = k->dialect,
		.base_url = (char *)(uintptr_t) "https://api.example" };
	struct buf lifted = BUF_INIT(BUF_UNLIMITED), path = BUF_INIT(BUF_UNLIMITED);
	char *recorded_url = json_strdup(url);
	struct answer warnings;
	struct request r = { 0 };
	struct err err = ERR_INIT;
	struct wire w;

	wire_init(&w);
	answer_init(&warnings, NULL, NULL);
	if (lift(k->words, k->provider, url, body, &lifted, &r, why)) {
		struct build b = { .request = &r,
			.provider = &provider,
			.model = r.model,
			.key = "KEY",
			.answer = &warnings };
		struct buf name = BUF_INIT(BUF_UNLIMITED);

		buf_addstr(&name, r.model);
		b.model = buf_str(&name);
		if (count_build(&b, &w, &err) < 0 ||
		    json_parse(w.body.p, w.body.len, &built, &err) < 0) {
			buf_addf(why, "# it can't be built: %s\n", err.text);
		} else {
			compare(k, body, inner_of(k, built), why);
			recorded_url[strcspn(recorded_url, "?")] = '\0';
			buf_adds(&path, strstr(w.url.p, "example") + strlen("example"));
			if (!str_ends(str_of(recorded_url), path.p))
				buf_addf(
				    why, "# the path is %s, recorded %s\n", path.p, recorded_url);
		}
		buf_release(&name);
	}
	request_release(&r);
	answer_release(&warnings);
	wire_release(&w);
	buf_release(&lifted);
	buf_release(&path);
	free(recorded_url);
}

static void
check_answer(struct json response, struct buf *why)
{
	static const char *const names[] = { "input_tokens", "totalTokens", "inputTokens", NULL };
	struct answer a;
	int64_t want = -1;
	size_t i;

	for (i = 0; names[i]; i++)
		(void)json_i64(json_get(response, names[i]), &want);
	answer_init(&a, NULL, NULL);
	count_reader.body(&a, response);
	if (want < 0 ? a.error.kind == ERROR_NONE : !a.ended || a.usage.in != want)
		buf_addf(
		    why, "# read as %lld, told %lld\n", (long long)a.usage.in, (long long)want);
	answer_release(&a);
}

static void
check_count(const char *root, const struct counted *k, const char *name)
{
	struct buf text[3] = { BUF_INIT(BUF_UNLIMITED), BUF_INIT(BUF_UNLIMITED),
		BUF_INIT(BUF_UNLIMITED) };
	static const char *const files[] = { "meta.json", "request.json", "response.json" };
	struct buf why = BUF_INIT(BUF_UNLIMITED);
	struct json v[3];
	struct err err = ERR_INIT;
	bool ok = true;
	int i;

	for (i = 0; ok && i < 3; i++) {
		char *path = xasprintf(
		    "%s/%s/count-tokens/%s/%s", root, k->provider, name, files[i]);

		ok = file_read(path, &text[i], &err) == 0 &&
		     json_parse(text[i].p, text[i].len, &v[i], &err) == 0;
		free(path);
	}
	if (!ok) {
		buf_addf(&why, "# %s\n", err.text);
	} else if (!json_exists(json_find(v[1], "input.invokeModel"))) { /* another API's body */
		check_request(k, v[0], v[1], &why);
		check_answer(v[2], &why);
	}
	report(name, "count", &why);
	for (i = 0; i < 3; i++)
		buf_release(&text[i]);
	buf_release(&why);
}

static int
is_case(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void
check_counts(const char *root)
{
	struct dirent **names;
	size_t i;
	int j, n;

	for (i = 0; i < sizeof counted / sizeof *counted; i++) {
		char *dir = xasprintf("%s/%s/count-tokens", root, counted[i].provider);

		n = scandir(dir, &names, is_case, alphasort);
		for (j = 0; j < n; j++) {
			check_count(root, &counted[i], names[j]->d_name);
			free(names[j]);
		}
		if (n >= 0)
			free(names);
		free(dir);
	}
}

/* --- estimates --- */

struct error {
	char provider[32];
	double percent;
	bool inside;
};
static struct error *errors;
static size_t error_count, error_cap;

/* The input tokens that the response reports, or -1. */
static int64_t
reported(struct recorded *c)
{
	struct http_result result = { .end = HTTP_DONE, .status = 200, .length_proven = true };
	struct provider provider = { .name = c->provider, .done_optional = true };
	enum frame_format format = !c->framing                             ? FRAME_WHOLE
				   : strcmp(c->framing, "ndjson") == 0     ? FRAME_NDJSON
				   : strcmp(c->framing, "sse") == 0        ? FRAME_SSE
				   : strcmp(c->framing, "json-array") == 0 ? FRAME_JSON_ARRAY
									   : FRAME_AWS;
	struct http_headers none = { 0 };
	struct answer a;
	struct reader *r;
	int64_t n;

	answer_init(&a, NULL, NULL);
	r = reader_new(c->dialect, &a, format);
	reader_head(r, 200, &none, 0);
	(void)reader_feed(r, c->response.p, c->response.len);
	reader_end(r, &provider, &result);
	n = a.error.kind == ERROR_NONE ? a.usage.in : -1;
	reader_free(r);
	answer_release(&a);
	return n;
}

/* Media, and what a provider runs or keeps itself, is nowhere in the request's text. */
static bool
is_text(const struct buf *record)
{
	static const char *const others[] = { "\"type\":\"image\"", "\"type\":\"audio\"",
		"\"type\":\"video\"", "\"type\":\"file\"", "\"type\":\"provider\"", "earch",
		"\"mcp", "cachedContent", "container", "\"plugins\"", "compound", NULL };
	size_t i;

	for (i = 0; others[i]; i++)
		if (strstr(record->p, others[i]))
			return false;
	return !strstr(record->p, "providerOptions") ||
	       !strstr(strstr(record->p, "providerOptions"), "tool");
}

static void
measure(const char *root, const char *id)
{
	struct buf lifted = BUF_INIT(BUF_UNLIMITED), why = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct request r = { 0 };
	struct recorded c;
	struct json body;
	struct tokens t;
	int64_t n;

	if (!recorded_load(&c, root, id, &err))
		goto out;
	if (c.status != 200 || !c.request.len || !c.response.len || (n = reported(&c)) < 1 ||
	    json_parse(c.request.p, c.request.len, &body, &err) < 0 ||
	    !lift(c.words, c.provider, json_get(c.meta, "url"), body, &lifted, &r, &why))
		goto out;
	if (is_text(&lifted)) {
		t = tokens_estimate(&r, r.model);
		VEC_GROW(errors, error_count, error_cap);
		errors[error_count] = (struct error){
			.percent = 100.0 * (double)llabs(t.in - n) /
				   (double)(n > LEAST ? n : LEAST),
			.inside = t.low <= n && n <= t.high,
		};
		(void)snprintf(
		    errors[error_count].provider, sizeof errors->provider, "%s", c.provider);
		error_count++;
	}
	request_release(&r);
out:
	recorded_release(&c);
	buf_release(&lifted);
	buf_release(&why);
}

static int
by_provider(const void *a, const void *b)
{
	const struct error *x = a, *y = b;
	int order = strcmp(x->provider, y->provider);

	return order ? order : (x->percent > y->percent) - (x->percent < y->percent);
}

static int
by_percent(const void *a, const void *b)
{
	const struct error *x = a, *y = b;

	return (x->percent > y->percent) - (x->percent < y->percent);
}

/* A line of the manual's table; returns how many lay inside. */
static size_t
tell(const char *name, const struct error *e, size_t n)
{
	double sum = 0;
	size_t i, inside = 0;

	for (i = 0; i < n; i++) {
		sum += e[i].percent;
		inside += e[i].inside;
	}
	if (n >= FEW)
		printf("# %-18s %4zu requests, mean %.0f %%, 95 of 100 below %.0f %%, %zu inside\n",
		    name, n, sum / (double)n, e[n * 95 / 100].percent, inside);
	return inside;
}

static void
check_estimates(const char *root)
{
	struct buf why = BUF_INIT(BUF_UNLIMITED);
	size_t i, j, count, inside;
	char **list = recorded_list(root, &count);

	for (i = 0; i < count; i++)
		measure(root, list[i]);
	recorded_list_free(list);
	qsort(errors, error_count, sizeof *errors, by_provider);
	for (i = 0; i < error_count; i = j) {
		for (j = i; j < error_count && !strcmp(errors[j].provider, errors[i].provider);)
			j++;
		(void)tell(errors[i].provider, errors + i, j - i);
	}
	qsort(errors, error_count, sizeof *errors, by_percent);
	inside = tell("all", errors, error_count);
	if (!error_count || inside * 100 < error_count * 90)
		buf_addf(&why, "# %zu of %zu lie inside the range\n", inside, error_count);
	report("estimates", "lie within their range, 90 of 100", &why);
	buf_release(&why);
	free(errors);
}

int
main(int argc, char **argv)
{
	char *root = recorded_root(), *dir = top_file("tests/recorded");
	struct err err = ERR_INIT;

	(void)argc;
	die_init(argv[0]);
	if (!root) {
		printf(
		    "ok 1 - recorded counts # skip no fixtures (set AGENTFLOW_FIXTURES)\n1..1\n");
		free(dir);
		return 0;
	}
	if (recorded_jq_load(dir, &err) < 0)
		err_die(&err);
	check_counts(root);
	check_estimates(root);
	printf("1..%d\n", tests);
	recorded_jq_free();
	free(root);
	free(dir);
	return failures ? 1 : 0;
}
