/* SPDX-License-Identifier: MIT */
/* run_input - the value that a run is given, read and checked. */
#include "flow/run_input.h"

#include "sys/file.h"

void
run_input_release(struct run_input *in)
{
	buf_release(&in->bytes);
	buf_release(&in->line);
}

/* Line ends in JSON lie between its tokens: any white space will do. */
static void
put_on_one_line(const struct buf *bytes, struct buf *line)
{
	buf_addstr(line, buf_str(bytes));
	for (size_t i = 0; i < line->len; i++) {
		if (line->p[i] == '\n' || line->p[i] == '\r')
			line->p[i] = ' ';
	}
}

int
run_input_read(struct run_input *in, const char *file, const char *text,
    const struct schema *schema, struct err *err)
{
	buf_init(&in->bytes, RUN_INPUT_MAX);
	buf_init(&in->line, RUN_INPUT_MAX);
	if (file && file_read(file, &in->bytes, err) < 0)
		return -1;
	if (!file)
		buf_adds(&in->bytes, text);
	if (json_parse(in->bytes.p, in->bytes.len, &in->value, err) < 0) {
		err->code = EXIT_IO;
		return err_wrap(err, "input");
	}
	put_on_one_line(&in->bytes, &in->line);
	if (json_parse(in->line.p, in->line.len, &in->value, err) < 0)
		return -1;
	if (schema && !schema_valid(schema, in->value, err)) {
		err->code = EXIT_IO;
		return err_wrap(err, "the input does not fit the workflow's inputSchema");
	}
	return 0;
}
