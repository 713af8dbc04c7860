/* SPDX-License-Identifier: MIT */
/* openai_chat_details - reasoning_details, kept so that they can go back as they came. */
#include "base/mem.h"
#include "llm/openai_chat.h"

#define OPENING "{\"reasoning_details\":["

struct openai_chat_state *
openai_chat_state(struct answer *a)
{
	if (!a->dialect_state)
		a->dialect_state = xcalloc(1, sizeof(struct openai_chat_state));
	return a->dialect_state;
}

/* The member that a detail of this type streams in pieces, or NULL. */
static const char *
field_of(struct json detail)
{
	struct json type = json_get(detail, "type");

	if (json_eq(type, "reasoning.text"))
		return "text";
	if (json_eq(type, "reasoning.summary"))
		return "summary";
	return NULL;
}

static void
cut_tail(struct buf *b, size_t n)
{
	b->len -= n;
	b->p[b->len] = '\0';
}

/* Members of the detail behind a comma each, without field; those that are null or that every piece
 * repeats only where all is set. Returns how many. */
static size_t
add_members(struct buf *out, struct json detail, const char *field, bool all)
{
	static const char *const repeated[] = { "type", "index", "format", "id", NULL };
	struct json_iter it = json_each(detail);
	size_t n = 0, i;

	while (json_next(&it)) {
		for (i = 0; repeated[i] && !json_eq(it.key, repeated[i]); i++)
			;
		if ((field && json_eq(it.key, field)) ||
		    (!all && (repeated[i] || !json_exists(it.value))))
			continue;
		if (n++ || !all)
			buf_addc(out, ',');
		buf_addstr(out, json_raw(it.key));
		buf_addc(out, ':');
		buf_addstr(out, json_raw(it.value));
	}
	return n;
}

/* Go on with the last detail, whose text is its last member: ...text"}]} */
static void
continue_detail(struct openai_chat_state *s, struct buf *out, struct json detail, const char *field)
{
	struct json text = json_get(detail, field);

	cut_tail(out, strlen("\"}]}"));
	if (text.kind == JSON_STRING)
		buf_add(out, text.p + 1, text.len - 2);
	buf_addc(out, '"');
	if (add_members(out, detail, field, false)) /* a signature: nothing follows it */
		s->detail_open = false;
	buf_adds(out, "}]}");
}

static void
begin_detail(struct openai_chat_state *s, struct buf *out, struct json detail, const char *field)
{
	struct json text = field ? json_get(detail, field) : JSON_ABSENT;
	size_t n;

	if (str_starts(buf_str(out), OPENING)) {
		cut_tail(out, strlen("]}"));
		buf_addc(out, ',');
	} else {
		buf_reset(out);
		buf_adds(out, OPENING);
	}
	buf_addc(out, '{');
	n = add_members(out, detail, text.kind == JSON_STRING ? field : NULL, true);
	s->detail_open = text.kind == JSON_STRING;
	if (s->detail_open) {
		if (n)
			buf_addc(out, ',');
		buf_addf(out, "\"%s\":", field);
		buf_addstr(out, json_raw(text));
	}
	buf_adds(out, "}]}");
}

static void
add_piece(struct openai_chat_state *s, struct buf *out, struct json detail)
{
	const char *field = field_of(detail);
	int64_t index = -1;

	(void)json_i64(json_get(detail, "index"), &index);
	if (s->detail_open && field && s->detail_field == field[0] && s->detail_index == index) {
		continue_detail(s, out, detail, field);
		return;
	}
	begin_detail(s, out, detail, field);
	s->detail_field = field ? field[0] : '\0';
	s->detail_index = index;
}

void
openai_chat_details(struct answer *a, struct json details, bool whole)
{
	struct openai_chat_state *s = openai_chat_state(a);
	struct json_iter it = json_each(details);
	struct part *part;

	if (!json_count(details))
		return;
	part = answer_find(a, PART_REASONING, KEY_NONE);
	if (!part) /* sealed thoughts only: the part holds nothing but them */
		part = answer_part(a, PART_REASONING, KEY_NONE);
	if (!part)
		return;
	if (!str_starts(buf_str(&part->opaque), OPENING))
		s->detail_open = false;
	while (json_next(&it)) {
		if (it.value.kind != JSON_OBJECT)
			continue;
		if (whole)
			s->detail_open = false;
		add_piece(s, &part->opaque, it.value);
	}
	if (buf_is_full(&part->opaque)) { /* half of it would not be JSON */
		buf_release(&part->opaque);
		s->detail_open = false;
		a->overflow = true;
	}
}
