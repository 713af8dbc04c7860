/* SPDX-License-Identifier: MIT */
/* ndjson - records in, records out. */
#include "json/ndjson.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "json/jsonw.h"
#include "json/lex.h"

enum { READ_SIZE = 256 * 1024 };

/* What a line may bear beside its text: a byte order mark and a carriage return. */
enum { TRIMMINGS = 4 };

void
lines_init(struct lines *l, size_t limit)
{
	*l = (struct lines){ .limit = limit };
	buf_init(&l->held, limit + TRIMMINGS);
}

void
lines_release(struct lines *l)
{
	buf_release(&l->held);
}

void
lines_push(struct lines *l, const char *p, size_t n)
{
	l->at = p;
	l->end = p + n;
}

/* A whole line has come: hand out its text unless it is blank. */
static enum lines_status
hand_out(struct lines *l, struct str text, struct str *line)
{
	l->inside = false;
	if (l->number == 1 && text.len >= 3 && memcmp(text.p, "\xEF\xBB\xBF", 3) == 0) {
		text.p += 3;
		text.len -= 3;
	}
	if (text.len && text.p[text.len - 1] == '\r')
		text.len--;
	if (text.len > l->limit)
		return LINES_TOO_LONG;
	if (lex_space(text.p, text.p + text.len) == text.p + text.len)
		return LINES_MORE;
	*line = text;
	return LINES_LINE;
}

/* The next part of a line, up to its end or that of the bytes at hand. */
static enum lines_status
take_part(struct lines *l, struct str part, bool is_end, struct str *line)
{
	bool skip = l->inside && l->overlong;

	if (!l->inside) {
		l->inside = true;
		l->overlong = false;
		l->number++;
		buf_reset(&l->held); /* handed out by the last call */
	}
	if (!skip && is_end && !l->held.len)
		return hand_out(l, part, line);
	if (!skip)
		buf_addstr(&l->held, part);
	if (buf_is_full(&l->held)) {
		buf_release(&l->held);
		l->held.full = false;
		l->overlong = true;
		l->inside = !is_end;
		return LINES_TOO_LONG;
	}
	if (!is_end)
		return LINES_MORE;
	l->inside = false;
	return skip ? LINES_MORE : hand_out(l, buf_str(&l->held), line);
}

enum lines_status
lines_next(struct lines *l, struct str *line)
{
	enum lines_status status = LINES_MORE;

	while (status == LINES_MORE && l->at < l->end) {
		size_t left = (size_t)(l->end - l->at);
		const char *newline = memchr(l->at, '\n', left);
		struct str part = { l->at, newline ? (size_t)(newline - l->at) : left };

		l->at += part.len + (newline != NULL);
		status = take_part(l, part, newline != NULL, line);
	}
	return status;
}

enum lines_status
lines_end(struct lines *l, struct str *line)
{
	if (!l->inside)
		return LINES_MORE;
	return take_part(l, STR_LIT(""), true, line);
}

struct ndjson_reader {
	char *const *operands; /* those still to be opened */
	const char *file; /* the one being read; NULL between files */
	int fd;
	char *chunk;
	struct lines lines;
	struct ndjson_writer *tied; /* NULL: none */
};

struct ndjson_reader *
ndjson_open(char *const *operands, size_t line_limit)
{
	static char dash[] = "-";
	static char *const only_stdin[] = { dash, NULL };
	struct ndjson_reader *r = xcalloc(1, sizeof *r);

	r->operands = operands && operands[0] ? operands : only_stdin;
	r->chunk = xmalloc(READ_SIZE);
	lines_init(&r->lines, line_limit);
	return r;
}

static void
close_file(struct ndjson_reader *r)
{
	if (r->file && r->fd != STDIN_FILENO)
		(void)close(r->fd); /* was only read */
	r->file = NULL;
}

void
ndjson_close(struct ndjson_reader *r)
{
	if (!r)
		return;
	close_file(r);
	lines_release(&r->lines);
	free(r->chunk);
	free(r);
}

void
ndjson_tie(struct ndjson_reader *r, struct ndjson_writer *w)
{
	r->tied = w;
}

static bool
is_stdin(const char *file)
{
	return strcmp(file, "-") == 0;
}

static const char *
name_of(const char *file)
{
	return is_stdin(file) ? "standard input" : file;
}

static int
open_file(struct ndjson_reader *r, struct err *err)
{
	const char *file = *r->operands++;
	size_t limit = r->lines.limit;

	do
		r->fd = is_stdin(file) ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	while (r->fd < 0 && errno == EINTR); /* a FIFO's open waits */
	if (r->fd < 0)
		return err_sys(err, errno, "cannot open %s", file);
	r->file = file;
	lines_release(&r->lines);
	lines_init(&r->lines, limit);
	return 0;
}

/* More bytes, or at the file's end the line without a newline. Errors are of the file. */
static int
fill(struct ndjson_reader *r, enum lines_status *status, struct str *line, struct err *err)
{
	ssize_t n;

	if (r->tied)
		ndjson_flush(r->tied);
	do
		n = read(r->fd, r->chunk, READ_SIZE);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		(void)err_sys(err, errno, "cannot read %s", name_of(r->file));
		close_file(r);
		return -1;
	}
	if (n > 0) {
		lines_push(&r->lines, r->chunk, (size_t)n);
		*status = lines_next(&r->lines, line);
		return 0;
	}
	*status = lines_end(&r->lines, line);
	close_file(r);
	return 0;
}

int
ndjson_next(struct ndjson_reader *r, struct ndjson_line *line, struct err *err)
{
	enum lines_status status = LINES_MORE;

	line->text = STR_NONE;
	line->number = 0;
	while (status == LINES_MORE) {
		if (!r->file && !*r->operands)
			return 0;
		line->file = r->file ? r->file : *r->operands;
		if (!r->file && open_file(r, err) < 0)
			return -1;
		status = lines_next(&r->lines, &line->text);
		if (status == LINES_MORE && fill(r, &status, &line->text, err) < 0)
			return -1;
	}
	line->number = r->lines.number;
	if (status == LINES_LINE)
		return 1;
	return err_set(err, EXIT_NO, "%s: line %" PRIu64 " is longer than %zu bytes",
	    name_of(line->file), line->number, r->lines.limit);
}

void
ndjson_writer_init(struct ndjson_writer *w, int fd, size_t batch)
{
	*w = (struct ndjson_writer){ .fd = fd, .batch = batch };
	buf_init(&w->pending, BUF_UNLIMITED);
}

struct buf *
ndjson_put_begin(struct ndjson_writer *w)
{
	return &w->pending;
}

void
ndjson_put_end(struct ndjson_writer *w)
{
	buf_addc(&w->pending, '\n');
	if (w->pending.len >= w->batch)
		ndjson_flush(w);
}

void
ndjson_put(struct ndjson_writer *w, struct str record)
{
	buf_addstr(ndjson_put_begin(w), record);
	ndjson_put_end(w);
}

/* Whether it is worth trying again after write(2) failed. A pipe or terminal shared with others may
 * have been made non-blocking by them. */
static bool
may_write_again(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (errno == EINTR)
		return true;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return false;
	return poll(&p, 1, -1) >= 0 || errno == EINTR;
}

void
ndjson_flush(struct ndjson_writer *w)
{
	size_t at = 0;

	while (!w->broken && at < w->pending.len) {
		ssize_t n = write(w->fd, w->pending.p + at, w->pending.len - at);

		if (n >= 0) {
			at += (size_t)n;
			w->bytes += (uint64_t)n;
		} else if (!may_write_again(w->fd)) {
			w->broken = true;
			w->error = errno;
		}
	}
	buf_reset(&w->pending);
}

static void
end_by_sigpipe(void)
{
	sigset_t set;

	(void)signal(SIGPIPE, SIG_DFL); /* neither can fail for this signal */
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGPIPE);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)raise(SIGPIPE);
}

enum exit_code
ndjson_finish(struct ndjson_writer *w, enum exit_code worst, struct err *err)
{
	ndjson_flush(w);
	buf_release(&w->pending);
	if (close(w->fd) < 0 && !w->broken && errno != EINTR) { /* NFS tells of a full disk here */
		w->broken = true;
		w->error = errno;
	}
	if (!w->broken)
		return worst;
	if (w->error == EPIPE)
		end_by_sigpipe();
	(void)err_sys(err, w->error, "cannot write the output");
	return EXIT_IO;
}

void
ndjson_bad_line(struct buf *out, uint64_t number, const char *file, const char *message)
{
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	jsonw_kstr(&w, "type", "response");
	jsonw_kbool(&w, "ok", false);
	if (file && !is_stdin(file))
		jsonw_kstr(&w, "file", file);
	jsonw_ki64(&w, "line", (int64_t)number);
	jsonw_key(&w, "error");
	jsonw_object(&w);
	jsonw_kstr(&w, "kind", "invalid_input");
	jsonw_kstr(&w, "message", message);
	jsonw_kbool(&w, "retryable", false);
	jsonw_end(&w);
	jsonw_end(&w);
}
