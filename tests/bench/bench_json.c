/* SPDX-License-Identifier: MIT */
/*
 * bench_json - what the JSON room does, one job a run, for json.sh to time:
 *
 *	bench_json generate COUNT     write response records to stdout, always the same ones
 *	bench_json parse FILE         prove every line to be JSON
 *	bench_json scan FILE          the same, finding the twelve members that pricing wants
 *	bench_json splice FILE        the same, and write each record with two members set
 *	bench_json lines FILE         read the lines and look at nothing
 *	bench_json walk FILE          the work of parse alone: the best of ROUNDS in memory
 *	bench_json walk-scan FILE     likewise that of scan
 *	bench_json memcpy FILE        the bound: the file in memory copied
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/die.h"
#include "json/edit.h"
#include "json/json.h"
#include "json/jsonw.h"
#include "json/ndjson.h"
#include "sys/file.h"

enum { BATCH = 256 * 1024, ROUNDS = 5 };

static const char *const paths[] = {
	"type",
	"ok",
	"provider",
	"model",
	"usage",
	"usage.tokensIn",
	"usage.tokensOut",
	"usage.cacheReadTokens",
	"usage.cacheWriteTokens",
	"usage.reasoningTokens",
	"costUsd",
	"cost",
};
enum { PATHS = sizeof paths / sizeof *paths };

/* A linear congruential generator (Knuth, MMIX): the same records on every machine. */
static uint64_t seed = 20261121;

static unsigned
chance(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

static void
put_content(struct jsonw *w)
{
	static const char *const words[] = { "the", "model", "answers", "with", "plain", "text",
		"\n", "a", "list:\n- one\n- two\n", "\"quoted\"", "caf\xC3\xA9", "tokens", "and",
		"some", "longer", "explanation", "of", "the", "result,", "which", "goes", "on." };
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	unsigned n = 10 + chance(120);

	while (n--) {
		buf_adds(&text, words[chance(sizeof words / sizeof *words)]);
		buf_addc(&text, ' ');
	}
	jsonw_kstrn(w, "content", buf_str(&text));
	buf_release(&text);
}

static void
put_record(struct buf *out, int64_t i)
{
	static const char *const models[][2] = {
		{ "openai", "gpt-4o-mini-2024-07-18" },
		{ "anthropic", "claude-haiku-4-5" },
		{ "gemini", "gemini-2.5-flash" },
		{ "ollama", "llama3.2" },
	};
	const char *const *model = models[chance(4)];
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "response");
	jsonw_key(&w, "id");
	buf_addf(out, "\"r%lld\"", (long long)i);
	w.after_key = false;
	w.need_comma = true;
	jsonw_kbool(&w, "ok", true);
	jsonw_kstr(&w, "provider", model[0]);
	jsonw_kstr(&w, "model", model[1]);
	jsonw_kstr(&w, "requestedModel", model[1]);
	put_content(&w);
	jsonw_kstr(&w, "stop", "end");
	jsonw_kstr(&w, "stopRaw", "stop");
	jsonw_key(&w, "usage");
	jsonw_object(&w);
	jsonw_ki64(&w, "tokensIn", chance(20000));
	jsonw_ki64(&w, "tokensOut", chance(2000));
	jsonw_ki64(&w, "cacheReadTokens", 0);
	jsonw_ki64(&w, "reasoningTokens", chance(500));
	jsonw_kstr(&w, "source", "reported");
	jsonw_end(&w);
	jsonw_ki64(&w, "ms", chance(30000));
	jsonw_ki64(&w, "ttftMs", chance(3000));
	jsonw_key(&w, "tags");
	jsonw_object(&w);
	jsonw_kstr(&w, "team", "support");
	jsonw_ki64(&w, "case", chance(1000));
	jsonw_end(&w);
	jsonw_end(&w);
}

static int
generate(int64_t count)
{
	struct ndjson_writer out;
	struct err err = ERR_INIT;
	int64_t i;

	ndjson_writer_init(&out, STDOUT_FILENO, BATCH);
	for (i = 0; i < count && !out.broken; i++) {
		put_record(ndjson_put_begin(&out), i);
		ndjson_put_end(&out);
	}
	if (ndjson_finish(&out, EXIT_OK, &err) != EXIT_OK)
		err_die(&err);
	return 0;
}

static void
splice(struct ndjson_writer *out, struct json root)
{
	struct json_edit e;

	json_edit_start(&e, root);
	json_edit_append(&e, "costUsd", STR_LIT("0.00123456"));
	json_edit_append(&e, "cost",
	    STR_LIT(
		"{\"basis\":\"priced\",\"row\":\"openai/gpt-4o-mini\",\"asOf\":\"2026-10-01\"}"));
	json_edit_write(&e, ndjson_put_begin(out));
	ndjson_put_end(out);
}

static int
stream(const char *job, char **files)
{
	struct ndjson_reader *in = ndjson_open(files, NDJSON_LINE_MAX);
	struct json_paths *want = json_paths_new(paths, PATHS);
	struct json root, found[PATHS];
	struct ndjson_writer out;
	struct ndjson_line line;
	struct err err = ERR_INIT;
	int more, bad = 0;

	ndjson_writer_init(&out, STDOUT_FILENO, BATCH);
	while ((more = ndjson_next(in, &line, &err)) > 0) {
		if (strcmp(job, "lines") == 0)
			continue;
		if (strcmp(job, "parse") == 0)
			bad |= json_parse(line.text.p, line.text.len, &root, &err);
		else
			bad |= json_scan(want, line.text.p, line.text.len, &root, found, &err);
		if (!bad && strcmp(job, "splice") == 0)
			splice(&out, root);
	}
	if (more < 0 || bad || ndjson_finish(&out, EXIT_OK, &err) != EXIT_OK)
		err_die(&err);
	json_paths_free(want);
	ndjson_close(in);
	return 0;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Read every line in memory; how many were JSON. */
static size_t
pass(const struct buf *text, const struct json_paths *want)
{
	struct json root, found[PATHS];
	struct err err = ERR_INIT;
	struct lines lines;
	struct str line;
	size_t good = 0;

	lines_init(&lines, NDJSON_LINE_MAX);
	lines_push(&lines, text->p, text->len);
	while (lines_next(&lines, &line) == LINES_LINE) {
		if (want)
			good += json_scan(want, line.p, line.len, &root, found, &err) == 0;
		else
			good += json_parse(line.p, line.len, &root, &err) == 0;
	}
	lines_release(&lines);
	return good;
}

static int
walk(const char *job, const char *file)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED), copy = BUF_INIT(BUF_UNLIMITED);
	struct json_paths *want = NULL;
	struct err err = ERR_INIT;
	double start, took, best = 1e9;
	size_t good = 0;
	int i;

	if (file_read(file, &text, &err) < 0)
		err_die(&err);
	if (strcmp(job, "walk-scan") == 0)
		want = json_paths_new(paths, PATHS);
	for (i = 0; i < ROUNDS; i++) {
		buf_reset(&copy);
		start = now();
		if (strcmp(job, "memcpy") == 0)
			buf_addstr(&copy, buf_str(&text));
		else
			good = pass(&text, want);
		took = now() - start;
		best = took < best ? took : best;
	}
	printf("%.0f MB/s", (double)text.len / best / 1e6);
	if (good)
		printf(
		    ", %.0f ns a record of %zu bytes", best * 1e9 / (double)good, text.len / good);
	putchar('\n');
	json_paths_free(want);
	buf_release(&copy);
	buf_release(&text);
	return 0;
}

int
main(int argc, char **argv)
{
	die_init(argv[0]);
	if (argc != 3)
		die(EXIT_USAGE,
		    "usage: bench_json generate|parse|scan|splice|lines|walk|walk-scan|memcpy ARG");
	if (strcmp(argv[1], "generate") == 0)
		return generate(strtoll(argv[2], NULL, 10));
	if (strncmp(argv[1], "walk", 4) == 0 || strcmp(argv[1], "memcpy") == 0)
		return walk(argv[1], argv[2]);
	return stream(argv[1], argv + 2);
}
