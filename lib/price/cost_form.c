/* SPDX-License-Identifier: MIT */
/* cost_form - the text of a cost member with the numbers left out. */
#include "price/cost_form.h"

#include "base/money.h"
#include "base/num.h"
#include "json/jsonw.h"
#include "price/cost_write.h"

static struct cost_form_piece
piece(const struct cost_form *form, size_t from)
{
	return (struct cost_form_piece){ from, form->text.len };
}

static void
init_item(struct cost_form *form, const struct price_rates *rates, enum price_kind kind)
{
	static const struct str blank = { "", 0 }; /* a number's place */
	size_t mark = form->text.len;
	const char *basis;
	struct jsonw w;

	jsonw_start(&w, &form->text);
	jsonw_object(&w);
	jsonw_kstr(&w, "what", cost_write_what(kind));
	jsonw_key(&w, "tokens");
	jsonw_raw(&w, blank);
	form->items[kind].before = piece(form, mark);
	mark = form->text.len;
	jsonw_key(&w, "usdPerMillion");
	jsonw_usd(&w, charge_rate(rates, kind, &basis) * 1000000); /* PRICE_RATE_MAX: fits */
	jsonw_key(&w, "usd");
	jsonw_raw(&w, blank);
	form->items[kind].between = piece(form, mark);
	mark = form->text.len;
	if (basis)
		jsonw_kstr(&w, "basis", basis);
	jsonw_end(&w);
	form->items[kind].after = piece(form, mark);
}

/* From the opening brace to where the items begin, and with end, what closes both. */
static struct cost_form_piece
init_frame(struct cost_form *form, const struct price_row *row, const char *basis)
{
	size_t mark = form->text.len;
	struct cost_form_piece head;
	struct jsonw w;

	jsonw_start(&w, &form->text);
	jsonw_object(&w);
	if (row->basis.p)
		jsonw_kstrn(&w, "basis", row->basis);
	else
		jsonw_kstr(&w, "basis", basis);
	cost_write_row(&w, row, form->tier);
	jsonw_key(&w, "items");
	jsonw_array(&w);
	head = piece(form, mark);
	mark = form->text.len;
	jsonw_end(&w);
	jsonw_end(&w);
	form->end = piece(form, mark);
	return head;
}

void
cost_form_init(struct cost_form *form, const struct price_row *row, const struct price_tier *tier)
{
	unsigned kind;

	*form = (struct cost_form){ .tier = tier };
	buf_init(&form->text, BUF_UNLIMITED);
	form->computed = init_frame(form, row, "computed");
	form->estimated = init_frame(form, row, "estimated");
	for (kind = 0; kind < PRICE_KINDS; kind++)
		init_item(form, tier ? &tier->rates : &row->rates, (enum price_kind)kind);
}

void
cost_form_release(struct cost_form *form)
{
	buf_release(&form->text);
}

static char *
copy(char *to, const struct cost_form *form, struct cost_form_piece p)
{
	memcpy(to, form->text.p + p.from, p.to - p.from);
	return to + (p.to - p.from);
}

void
cost_form_write(
    const struct cost_form *form, const struct charge *charge, bool estimated, struct buf *out)
{
	/* Each piece is written once at most, each item has two numbers and a comma. */
	size_t room = form->text.len + charge->count * (NUM_TEXT_MAX + MONEY_TEXT_MAX + 1);
	char *to = buf_reserve(out, room);
	const struct charge_item *item;
	size_t i;

	if (!to)
		return;
	to = copy(to, form, estimated ? form->estimated : form->computed);
	for (i = 0; i < charge->count; i++) {
		item = &charge->items[i];
		if (i)
			*to++ = ',';
		to = copy(to, form, form->items[item->kind].before);
		to = num_write(to, item->tokens);
		to = copy(to, form, form->items[item->kind].between);
		to = money_write(to, item->pusd);
		to = copy(to, form, form->items[item->kind].after);
	}
	to = copy(to, form, form->end);
	*to = '\0';
	out->len = (size_t)(to - out->p);
}
