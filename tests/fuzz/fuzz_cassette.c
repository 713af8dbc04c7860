/* SPDX-License-Identifier: MIT */
/*
 * fuzz_cassette - a meta.json of any bytes is a case whose answer is sound, or an error; as a
 * response head the same bytes tell of a rate limit or of none, and as a body of vectors they are
 * as many as there are texts, each of them JSON.
 */
#include "fuzz/fuzz.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cassette/case.h"
#include "llm/embed.h"
#include "llm/rate_limit.h"
#include "sys/file.h"

static char dir[] = "/tmp/fuzz_cassette.XXXXXX";

static void
put(const char *name, struct str text)
{
	char *path = file_join(dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || file_write_all(fd, text.p, text.len) < 0)
		abort();
	(void)close(fd);
	free(path);
}

static void
leave(void)
{
	static const char *const names[] = { "meta.json", "body", NULL };

	for (size_t i = 0; names[i]; i++) {
		char *path = file_join(dir, names[i]);

		(void)unlink(path);
		free(path);
	}
	(void)rmdir(dir);
}

static void
check_pieces(const struct cassette_answer *a)
{
	size_t end = 0;
	int64_t at_us = 0;

	for (size_t i = 0; i < a->count; i++) {
		if (a->pieces[i].end < end || a->pieces[i].at_us < at_us)
			abort();
		end = a->pieces[i].end;
		at_us = a->pieces[i].at_us;
	}
	if (end != a->body.len || a->end_us < 0)
		abort();
}

static void
as_meta(struct str text)
{
	struct cassette_case k;
	struct cassette_answer a;
	struct err err = ERR_INIT;

	put("meta.json", text);
	cassette_case_init(&k, dir, "case");
	if (cassette_case_answer(&k, &a, &err) == 0) {
		if (a.status < 200 || a.status > 599)
			abort();
		for (size_t i = 0; i < a.headers.count; i++)
			if (strpbrk(a.headers.items[i].name, "\r\n: ") ||
			    strpbrk(a.headers.items[i].value, "\r\n"))
				abort();
		check_pieces(&a);
		cassette_answer_release(&a);
	} else if (!err.text[0]) {
		abort();
	}
	(void)cassette_case_body(&k);
	cassette_case_release(&k);
}

/* Lines "name: value". */
static void
as_head(struct str text)
{
	struct http_headers headers = { 0 };
	struct rate_limit limit;
	struct str line, name;

	while (str_split(&text, '\n', &line)) {
		char *n, *v;

		if (!str_split(&line, ':', &name) || !line.p)
			continue;
		n = xmemdup(name.p, name.len);
		v = xmemdup(line.p, line.len);
		http_headers_set(&headers, n, v);
		free(n);
		free(v);
	}
	limit = rate_limit_read(&headers, INT64_C(1790000000000000));
	if (rate_limit_wait_ms(&limit) < 0 || limit.tokens_left < -1 || limit.requests_left < -1)
		abort();
	http_headers_release(&headers);
}

static void
as_vectors(struct str text)
{
	struct json body, v[2], proven;
	struct err err = ERR_INIT;

	if (json_parse(text.p, text.len, &body, &err) < 0 || embed_vectors(body, v, 2, &err) < 0)
		return;
	for (size_t i = 0; i < 4; i++) {
		struct buf out = BUF_INIT(BUF_UNLIMITED);

		if (embed_write(v[i / 2], i % 2, &out) == 0 &&
		    (json_parse(out.p, out.len, &proven, &err) < 0 ||
			proven.kind != (i % 2 ? JSON_STRING : JSON_ARRAY)))
			abort();
		buf_release(&out);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	static bool ready;

	if (!ready) {
		if (!mkdtemp(dir))
			abort();
		put("body", STR_LIT("data: {\"a\":1}\n\ndata: [DONE]\n\n"));
		(void)atexit(leave); /* what stays is only a leftover */
		ready = true;
	}
	as_meta(text);
	as_head(text);
	as_vectors(text);
	return 0;
}
