/* SPDX-License-Identifier: MIT */
/*
 * cost_form - the text of a cost member with the numbers left out.
 *
 * Everything in {"basis":...,"row":...,"items":[...]} but the counts and amounts is the same for
 * all requests at one row and context tier. It is written once, and a million records then only
 * copy the pieces and fill in the numbers.
 */
#ifndef PRICE_COST_FORM_H
#define PRICE_COST_FORM_H

#include "base/buf.h"
#include "price/charge.h"
#include "price/price_row.h"

struct cost_form_piece {
	size_t from, to; /* of text */
};

struct cost_form {
	const struct price_tier *tier; /* NULL: the row's own rates */
	struct buf text;
	struct cost_form_piece computed, estimated; /* up to the first item */
	struct {
		struct cost_form_piece before, between, after; /* the tokens, the amount */
	} items[PRICE_KINDS];
	struct cost_form_piece end;
};

/* The form of a row's costs at a tier of its own, or NULL for the row's own rates. */
void cost_form_init(
    struct cost_form *form, const struct price_row *row, const struct price_tier *tier);
void cost_form_release(struct cost_form *form);

/* Append the cost member's value. charge must be of the form's row and tier. */
void cost_form_write(
    const struct cost_form *form, const struct charge *charge, bool estimated, struct buf *out);

#endif
