/* SPDX-License-Identifier: MIT */
/* lead - what may stand before an answer's own text. */
#include "llm/lead.h"

#include "json/jsonw.h"
#include "llm/answer.h"

#define OPENING "<think>"
#define CLOSING "</think>"
enum { TAGS_MAX = 4096 };

void
lead_init(struct lead *lead)
{
	*lead = (struct lead){
		.prefix = BUF_INIT(ANSWER_TEXT_MAX),
		.held = BUF_INIT(ANSWER_TEXT_MAX),
		.open = BUF_INIT(TAGS_MAX),
		.close = BUF_INIT(TAGS_MAX),
	};
}

void
lead_release(struct lead *lead)
{
	buf_release(&lead->prefix);
	buf_release(&lead->held);
	buf_release(&lead->open);
	buf_release(&lead->close);
	lead_init(lead);
}

void
lead_skip(struct lead *lead, struct str prefix)
{
	if (!prefix.len)
		return;
	buf_reset(&lead->prefix);
	buf_addstr(&lead->prefix, prefix);
	lead->at = LEAD_PREFIX;
}

void
lead_think(struct lead *lead)
{
	lead->tags = true;
	if (lead->at == LEAD_NONE)
		lead->at = LEAD_TAG;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static size_t
leading_space(struct str text)
{
	size_t n = 0;

	while (n < text.len && is_space(text.p[n]))
		n++;
	return n;
}

static void
say(struct answer *a, enum part_type type, struct str text)
{
	struct buf hold = BUF_INIT(BUF_UNLIMITED);

	(void)answer_say(a, type, KEY_NONE, jsonw_quoted(&hold, text));
	buf_release(&hold);
}

/* The part that is open for reasoning learns what stood around it. */
static void
keep_tags(struct answer *a)
{
	struct part *part = answer_find(a, PART_REASONING, KEY_NONE);
	struct lead *lead = &a->lead;
	struct jsonw w;

	if (!part) /* nothing was thought; that too goes back as it came */
		part = answer_part(a, PART_REASONING, KEY_NONE);
	if (!part)
		return;
	buf_reset(&part->opaque);
	jsonw_start(&w, &part->opaque);
	jsonw_object(&w);
	jsonw_kstr(&w, "field", "think");
	jsonw_kstrn(&w, "open", buf_str(&lead->open));
	jsonw_kstrn(&w, "close", buf_str(&lead->close));
	jsonw_end(&w);
}

/*
 * Each of these looks at what is held and takes what it can from its beginning. True: the state
 * moved on, and there may be more to take.
 */
static bool
take_prefix(struct lead *lead)
{
	struct str prefix = buf_str(&lead->prefix);
	size_t n = lead->held.len < prefix.len ? lead->held.len : prefix.len;

	if (memcmp(lead->held.p, prefix.p, n) == 0) {
		if (n < prefix.len)
			return false;
		buf_cut(&lead->held, n);
	}
	lead->at = lead->tags ? LEAD_TAG : LEAD_NONE;
	return true;
}

static bool
take_tag(struct lead *lead)
{
	size_t space = leading_space(buf_str(&lead->held)), len = strlen(OPENING);
	size_t rest = lead->held.len - space, n = rest < len ? rest : len;

	if (memcmp(lead->held.p + space, OPENING, n) != 0) {
		lead->at = LEAD_NONE;
		return true;
	}
	if (n < len)
		return false;
	buf_add(&lead->open, lead->held.p, space + len);
	buf_cut(&lead->held, space + len);
	lead->at = LEAD_OPENED;
	return true;
}

/* White space beside a tag goes with the tag. */
static bool
take_space(struct lead *lead, struct buf *tag, int next)
{
	size_t space = leading_space(buf_str(&lead->held));

	buf_add(tag, lead->held.p, space);
	buf_cut(&lead->held, space);
	if (!lead->held.len)
		return false;
	lead->at = next;
	return true;
}

/* How much of text is reasoning for certain: not what may be the tag's beginning, nor white space
 * before it. */
static size_t
certain(struct str text)
{
	size_t n = strlen(CLOSING) - 1, end;

	for (n = text.len < n ? text.len : n; n > 0; n--) {
		if (memcmp(text.p + text.len - n, CLOSING, n) == 0)
			break;
	}
	for (end = text.len - n; end > 0 && is_space(text.p[end - 1]); end--)
		;
	return end;
}

static bool
take_thought(struct answer *a)
{
	struct lead *lead = &a->lead;
	const char *tag = strstr(lead->held.p, CLOSING);
	size_t len = tag ? (size_t)(tag - lead->held.p) : lead->held.len;
	size_t sure = tag ? len : certain(buf_str(&lead->held));

	while (tag && sure > 0 && is_space(lead->held.p[sure - 1]))
		sure--;
	if (sure)
		say(a, PART_REASONING, (struct str){ lead->held.p, sure });
	buf_cut(&lead->held, sure);
	if (!tag)
		return false;
	len = len - sure + strlen(CLOSING);
	buf_add(&lead->close, lead->held.p, len);
	buf_cut(&lead->held, len);
	keep_tags(a);
	lead->at = LEAD_CLOSED;
	return true;
}

static bool
take(struct answer *a)
{
	struct lead *lead = &a->lead;
	bool more = false;

	switch (lead->at) {
	case LEAD_NONE:
		break;
	case LEAD_PREFIX:
		return take_prefix(lead);
	case LEAD_TAG:
		return take_tag(lead);
	case LEAD_OPENED:
		return take_space(lead, &lead->open, LEAD_INSIDE);
	case LEAD_INSIDE:
		return take_thought(a);
	case LEAD_CLOSED:
		more = take_space(lead, &lead->close, LEAD_NONE);
		keep_tags(a);
		break;
	}
	return more;
}

static void
release_held(struct answer *a, enum part_type type)
{
	struct lead *lead = &a->lead;
	struct buf text = lead->held;

	buf_init(&lead->held, ANSWER_TEXT_MAX);
	if (text.len)
		say(a, type, buf_str(&text));
	buf_release(&text);
}

void
lead_text(struct answer *a, struct str text)
{
	struct lead *lead = &a->lead;

	buf_addstr(&lead->held, text);
	while (lead->held.len && lead->at != LEAD_NONE && take(a))
		;
	if (lead->at == LEAD_NONE)
		release_held(a, PART_TEXT);
}

void
lead_end(struct answer *a)
{
	struct lead *lead = &a->lead;
	bool inside = lead->at == LEAD_OPENED || lead->at == LEAD_INSIDE;

	lead->at = LEAD_NONE;
	release_held(a, inside ? PART_REASONING : PART_TEXT);
	if (inside)
		keep_tags(a);
}
