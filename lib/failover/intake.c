/* SPDX-License-Identifier: MIT */
/* intake - the lines of the files of a command line, from the event loop. */
#include "failover/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "sys/file.h"

static void
close_file(struct intake *in)
{
	input_close(in->input);
	in->input = NULL;
	if (in->fd > STDIN_FILENO)
		(void)close(in->fd); /* it was read only */
	in->fd = -1;
}

static void
on_bytes(void *user, const char *p, long n, int errnum)
{
	struct intake *in = user;
	struct err err = ERR_INIT;

	if (n > 0) {
		buf_reset(&in->block);
		buf_add(&in->block, p, (size_t)n);
		lines_push(&in->lines, in->block.p, in->block.len);
		input_stop(in->input);
		return;
	}
	if (n < 0) {
		err_sys(&err, errnum, "cannot read %s",
		    strcmp(in->name, "-") == 0 ? "standard input" : in->name);
		in->failed(in->user, &err);
	}
	close_file(in);
	in->at_end = true;
}

static bool
open_next(struct intake *in)
{
	struct err err = ERR_INIT;

	while (*in->operands) {
		in->name = *in->operands++;
		in->fd = strcmp(in->name, "-") == 0 ? STDIN_FILENO
						    : open(in->name, O_RDONLY | O_CLOEXEC);
		if (in->fd >= 0) {
			in->at_end = false;
			in->input = input_open(in->loop, in->fd, on_bytes, in);
			return true;
		}
		err_sys(&err, errno, "cannot open %s", in->name);
		in->failed(in->user, &err);
	}
	in->over = true;
	return false;
}

static char *const standard_input[] = { (char *)"-", NULL };

static uint64_t
count_lines(const char *name)
{
	bool is_stdin = strcmp(name, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint64_t n = fd >= 0 ? file_lines_ahead(fd) : 0;

	if (fd >= 0 && !is_stdin)
		(void)close(fd); /* it was read only */
	return n;
}

uint64_t
intake_count(char *const *operands)
{
	uint64_t sum = 0, n;

	for (operands = *operands ? operands : standard_input; *operands; operands++) {
		n = count_lines(*operands);
		if (!n)
			return 0;
		sum += n;
	}
	return sum;
}

void
intake_open(struct intake *in, uv_loop_t *loop, char *const *operands,
    void (*failed)(void *user, const struct err *err), void *user)
{
	*in = (struct intake){ .loop = loop, .fd = -1, .failed = failed, .user = user };
	in->operands = *operands ? operands : standard_input;
	lines_init(&in->lines, NDJSON_LINE_MAX);
	buf_init(&in->block, BUF_UNLIMITED);
	(void)open_next(in); /* over says so */
}

enum lines_status
intake_next(struct intake *in, struct str *line)
{
	enum lines_status status;

	while (!in->over) {
		status = lines_next(&in->lines, line);
		if (status == LINES_MORE && in->at_end)
			status = lines_end(&in->lines, line);
		if (status != LINES_MORE)
			return status;
		if (!in->at_end) {
			input_start(in->input);
			return LINES_MORE;
		}
		lines_release(&in->lines);
		lines_init(&in->lines, NDJSON_LINE_MAX);
		(void)open_next(in); /* over says so */
	}
	return LINES_MORE;
}

void
intake_stop(struct intake *in)
{
	close_file(in);
	in->over = true;
}

void
intake_close(struct intake *in)
{
	close_file(in);
	lines_release(&in->lines);
	buf_release(&in->block);
}
