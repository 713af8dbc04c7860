/* SPDX-License-Identifier: MIT */
/* talk - what tests of dialects do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "support/parsed.h"
#include "support/talk.h"

/* Text with ' for " as JSON; the caller frees it. */
static char *
quoted(const char *text)
{
	char *copy = xstrdup(text), *p;

	for (p = copy; (p = strchr(p, '\'')); p++)
		*p = '"';
	return copy;
}

int
talk_begin(void **state, const struct dialect *dialect, const char *provider)
{
	static struct talk t;

	t = (struct talk){ .dialect = dialect,
		.provider = provider,
		.base = "https://api.example",
		.key = "KEY" };
	answer_init(&t.answer, NULL, NULL);
	wire_init(&t.wire);
	*state = &t;
	return 0;
}

int
talk_end(void **state)
{
	struct talk *t = *state;

	answer_release(&t->answer);
	wire_release(&t->wire);
	return 0;
}

bool
talk_build(struct talk *t, const char *record)
{
	char *text = quoted(record), *name = xstrdup(t->provider),
	     *base = t->base ? xstrdup(t->base) : NULL;
	struct provider provider = { .name = name, .dialect = t->dialect, .base_url = base };
	struct request_defaults none = { .options = JSON_ABSENT };
	struct request r;
	struct build b = {
		.request = &r, .provider = &provider, .key = t->key, .answer = &t->answer
	};
	bool ok;

	if (request_read(&r, parsed(text), &none, &t->err) < 0)
		fail_msg("%s in %s", t->err.text, text);
	provider.version = t->version ? xstrdup(t->version) : NULL;
	for (int i = 0; i < PLACE_COUNT; i++)
		provider.place[i] = t->place[i] ? xstrdup(t->place[i]) : NULL;
	b.model = r.model;
	wire_release(&t->wire);
	ok = dialect_build(&b, &t->wire, &t->err) == 0;
	free(text);
	free(name);
	free(base);
	free(provider.version);
	for (int i = 0; i < PLACE_COUNT; i++)
		free(provider.place[i]);
	return ok;
}

static struct json
at_path(const struct talk *t, const char *path)
{
	struct json body = parsed(t->wire.body.p);

	return *path ? json_find(body, path) : body;
}

static void
assert_json(struct json actual, const char *expected)
{
	char *text = quoted(expected);

	if (!json_equal(actual, parsed(text)))
		fail_msg("%.*s is not %s", (int)actual.len, actual.p ? actual.p : "", text);
	free(text);
}

void
talk_body_is(const struct talk *t, const char *path, const char *expected)
{
	assert_json(at_path(t, path), expected);
}

bool
talk_body_has(const struct talk *t, const char *path)
{
	return at_path(t, path).kind != JSON_NONE;
}

bool
talk_warned(const struct talk *t, const char *option)
{
	return strstr(t->answer.warnings.p, option) != NULL;
}

void
talk_read(struct talk *t, const char *const *events, bool closed)
{
	char *text;

	answer_release(&t->answer);
	for (; *events; events++) {
		text = quoted(*events);
		t->dialect->event(&t->answer, STR_LIT("message"), parsed(text));
		free(text);
	}
	if (closed && t->dialect->closed)
		t->dialect->closed(&t->answer);
	answer_finish(&t->answer, false, closed);
}

void
talk_read_body(struct talk *t, const char *body)
{
	char *text = quoted(body);

	answer_release(&t->answer);
	t->dialect->body(&t->answer, parsed(text));
	answer_finish(&t->answer, false, true);
	free(text);
}

void
talk_content_is(const struct talk *t, const char *expected)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	answer_content(&t->answer, &text);
	assert_string_equal(text.p, expected);
	buf_release(&text);
}

void
talk_reasoning_is(const struct talk *t, const char *expected)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);

	answer_reasoning(&t->answer, &text);
	assert_string_equal(text.p, expected);
	buf_release(&text);
}

void
talk_json_is(const struct buf *actual, const char *expected)
{
	assert_json(parsed(actual->p), expected);
}
