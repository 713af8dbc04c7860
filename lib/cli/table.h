/* SPDX-License-Identifier: MIT */
/*
 * table - columns of text that line up, for people.
 *
 *	struct table t;
 *	table_init(&t, 3, 1);			// three columns, the first flush left
 *	buf_adds(table_cell(&t), "gpt-4o");
 *	buf_addi(table_cell(&t), 12);
 *	...					// as many cells as whole lines need
 *	table_print(&t, &out);
 *	table_release(&t);
 *
 * A character counts as one column. Control characters print as "?", so that no cell can play with
 * a terminal.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stddef.h>

#include "base/buf.h"

struct table {
	size_t columns, left; /* the first left ones are flush left, the others right */
	struct buf text; /* all cells, one behind the other */
	size_t *ends; /* of the cells that are over */
	size_t count, cap; /* of cells begun */
};

void table_init(struct table *t, size_t columns, size_t left);
void table_release(struct table *t);

/* Begin the next cell: append its text to what is returned, before the next call. */
struct buf *table_cell(struct table *t);

/* Append the lines to out. */
void table_print(struct table *t, struct buf *out);

#endif
