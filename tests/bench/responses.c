/* SPDX-License-Identifier: MIT */
/*
 * responses - print N response records as llm-call writes them (default 1,000,000), the same ones
 * each time: what the benches read.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/die.h"
#include "base/num.h"
#include "json/jsonw.h"
#include "json/ndjson.h"
#include "sys/rand.h"

static const struct model {
	const char *provider, *asked, *named;
} models[] = {
	{ "openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18" },
	{ "openai", "gpt-5", "gpt-5-2025-08-07" },
	{ "anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5-20250929" },
	{ "anthropic", "claude-haiku-4-5", "claude-haiku-4-5-20251001" },
	{ "gemini", "gemini-2.5-flash", "gemini-2.5-flash" },
	{ "groq", "llama-3.3-70b-versatile", "llama-3.3-70b-versatile" },
	{ "mistral", "mistral-large-latest", "mistral-large-2512" },
	{ "ollama", "llama3.2", "llama3.2" },
};

static const char *const words[] = { "the", "request", "was", "routed", "to", "a", "cheaper",
	"model", "because", "its", "context", "is", "short", "\"quoted\"", "na\xc3\xafve", "ticket",
	"refund", "please", "see", "line\nbreak" };

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void
put_text(struct jsonw *w, struct rand *r)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	uint64_t n = 8 + rand_below(r, 28);

	while (n--) {
		buf_adds(&text, words[rand_below(r, COUNT(words))]);
		buf_addc(&text, n ? ' ' : '.');
	}
	jsonw_kstrn(w, "content", buf_str(&text));
	jsonw_key(w, "parts");
	jsonw_array(w);
	jsonw_object(w);
	jsonw_kstr(w, "type", "text");
	jsonw_kstrn(w, "text", buf_str(&text));
	jsonw_end(w);
	jsonw_end(w);
	buf_release(&text);
}

static void
put_usage(struct jsonw *w, struct rand *r)
{
	int64_t in = (int64_t)(50 + rand_below(r, 6000)), out = (int64_t)(1 + rand_below(r, 900));
	uint64_t cached = rand_below(r, 4);

	jsonw_key(w, "usage");
	jsonw_object(w);
	jsonw_ki64(w, "tokensIn", in);
	jsonw_ki64(w, "tokensOut", out);
	if (cached)
		jsonw_ki64(w, "cacheReadTokens", cached > 1 ? in / 2 : 0);
	if (cached == 3)
		jsonw_ki64(w, "cacheWriteTokens", in / 8);
	jsonw_kstr(w, "source", "reported");
	jsonw_end(w);
}

static void
put_response(struct buf *out, struct rand *r, int64_t i)
{
	const struct model *m = &models[rand_below(r, COUNT(models))];
	struct buf asked = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "response");
	jsonw_ki64(&w, "id", 1790000000000000000 + i);
	jsonw_kbool(&w, "ok", true);
	jsonw_kstr(&w, "provider", m->provider);
	jsonw_kstr(&w, "model", m->named);
	buf_addf(&asked, "%s:%s", m->provider, m->asked);
	jsonw_kstrn(&w, "requestedModel", buf_str(&asked));
	put_text(&w, r);
	jsonw_kstr(&w, "stop", "end");
	jsonw_kstr(&w, "stopRaw", "stop");
	put_usage(&w, r);
	jsonw_key(&w, "ms");
	jsonw_double(&w, (double)(200000 + rand_below(r, 4000000)) / 1000);
	jsonw_key(&w, "ttftMs");
	jsonw_double(&w, (double)(80000 + rand_below(r, 600000)) / 1000);
	jsonw_key(&w, "tags");
	jsonw_object(&w);
	jsonw_kstr(&w, "suite", "support");
	jsonw_end(&w);
	jsonw_end(&w);
	buf_release(&asked);
}

int
main(int argc, char **argv)
{
	struct ndjson_writer out;
	struct err err = ERR_INIT;
	enum exit_code code;
	struct rand r;
	int64_t i, n = 1000000;

	die_init(argv[0]);
	if (argc > 1 && !num_i64(str_of(argv[1]), &n))
		die(EXIT_USAGE, "usage: responses [N]");
	rand_seed(&r, 1);
	ndjson_writer_init(&out, STDOUT_FILENO, 256 * 1024);
	for (i = 0; i < n; i++) {
		put_response(ndjson_put_begin(&out), &r, i);
		ndjson_put_end(&out);
	}
	code = ndjson_finish(&out, EXIT_OK, &err);
	if (code == EXIT_IO)
		err_die(&err);
	return (int)code;
}
