/* SPDX-License-Identifier: MIT */
/* table - columns of text that line up, for people. */
#include "cli/table.h"

#include "base/mem.h"

void
table_init(struct table *t, size_t columns, size_t left)
{
	*t = (struct table){ .columns = columns, .left = left };
	buf_init(&t->text, BUF_UNLIMITED);
}

void
table_release(struct table *t)
{
	buf_release(&t->text);
	free(t->ends);
	t->ends = NULL;
	t->count = t->cap = 0;
}

/* Note where the cell that was begun last ends. */
static void
end_cell(struct table *t)
{
	if (t->count)
		t->ends[t->count - 1] = t->text.len;
}

struct buf *
table_cell(struct table *t)
{
	end_cell(t);
	VEC_GROW(t->ends, t->count, t->cap);
	t->count++;
	return &t->text;
}

static struct str
cell_at(const struct table *t, size_t i)
{
	size_t from = i ? t->ends[i - 1] : 0;

	return (struct str){ t->text.p + from, t->ends[i] - from };
}

static size_t
width_of(struct str s) /* characters, not bytes */
{
	size_t i, n = 0;

	for (i = 0; i < s.len; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void
pad(struct buf *out, size_t n)
{
	while (n--)
		buf_addc(out, ' ');
}

static void
print_cell(struct str cell, struct buf *out)
{
	size_t i;

	for (i = 0; i < cell.len; i++) {
		unsigned char c = (unsigned char)cell.p[i];

		buf_addc(out, c < 0x20 || c == 0x7f ? '?' : cell.p[i]);
	}
}

/* Empty cells at the end leave no white space behind. */
static void
end_line(struct buf *out)
{
	while (out->len && out->p[out->len - 1] == ' ')
		out->len--;
	buf_addc(out, '\n');
}

void
table_print(struct table *t, struct buf *out)
{
	size_t *width = xcalloc(t->columns, sizeof *width);
	size_t i, c, n;

	end_cell(t);
	for (i = 0; i < t->count; i++) {
		n = width_of(cell_at(t, i));
		if (n > width[i % t->columns])
			width[i % t->columns] = n;
	}
	for (i = 0; i < t->count; i++) {
		c = i % t->columns;
		n = width[c] - width_of(cell_at(t, i));
		if (c)
			pad(out, 2);
		if (c >= t->left)
			pad(out, n);
		print_cell(cell_at(t, i), out);
		if (c < t->left && c + 1 < t->columns)
			pad(out, n);
		if (c + 1 == t->columns)
			end_line(out);
	}
	free(width);
}
