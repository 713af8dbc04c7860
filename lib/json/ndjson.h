/* SPDX-License-Identifier: MIT */
/*
 * ndjson - records in, records out: the driver that makes the programs feel like one.
 *
 * Lines end in \n or \r\n (or the end of input, for the last one); a byte order mark at the start
 * and blank lines are passed over; a line may be as long as the limit (64 MiB by default). The line
 * handed out has neither terminator nor BOM and is otherwise the bytes as read.
 *
 * struct lines splits bytes that somebody else reads (an event loop, a child's pipe); struct
 * ndjson_reader reads the files named on a command line; struct ndjson_writer collects records and
 * writes them in batches, or one write(2) a record where someone waits for each.
 */
#ifndef JSON_NDJSON_H
#define JSON_NDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/exit.h"
#include "base/str.h"
#include "json/json.h"

#define NDJSON_LINE_MAX ((size_t)64 << 20)

/* --- push: bytes in, lines out --- */

struct lines {
	struct buf held; /* the start of a line whose end has not come */
	const char *at, *end; /* what is left of the bytes pushed last */
	uint64_t number; /* of the line handed out last, from 1; blank lines count */
	size_t limit;
	bool inside; /* a line has begun and not ended */
	bool overlong; /* it broke the limit: its rest is passed over */
};

enum lines_status {
	LINES_MORE, /* push more bytes (or call lines_end) */
	LINES_LINE, /* *line is the next non-blank line; lives until the next call */
	LINES_TOO_LONG, /* a line passed the limit and is skipped; number says which */
};

void lines_init(struct lines *l, size_t limit);
void lines_release(struct lines *l);
/* Hand bytes over; they must stay until lines_next has said LINES_MORE. */
void lines_push(struct lines *l, const char *p, size_t n);
enum lines_status lines_next(struct lines *l, struct str *line);
/* After the last push: the line without a newline at its end, if there is one. */
enum lines_status lines_end(struct lines *l, struct str *line);

/* --- pull: the files of a command line --- */

struct ndjson_reader;

/* operands: a NULL-terminated list of paths, "-" or none for stdin; borrowed. Opens lazily. Never
 * NULL. */
struct ndjson_reader *ndjson_open(char *const *operands, size_t line_limit);
void ndjson_close(struct ndjson_reader *r);

struct ndjson_writer;
/* Flush the writer before each read(2), which may have to wait: a filter so tied writes in batches
 * where its input is quick, and holds no record back where it is slow. */
void ndjson_tie(struct ndjson_reader *r, struct ndjson_writer *w);

struct ndjson_line {
	struct str text; /* lives until the next call */
	const char *file; /* "-" for stdin */
	uint64_t number; /* within its file, from 1 */
};

/* 1 and the next line; 0 at the end of all files; -1 for a file or a line that can't be read: err
 * says why (code EXIT_IO; EXIT_NO for an overlong line), and the next call goes on behind it. */
int ndjson_next(struct ndjson_reader *r, struct ndjson_line *line, struct err *err);

/* --- out --- */

struct ndjson_writer {
	int fd;
	struct buf pending;
	size_t batch; /* write when this many bytes wait; 0: after each record */
	bool broken; /* EPIPE or an error came: everything after is dropped; a filter's loop ends */
	int error; /* the errno that broke it; EPIPE is a quiet end */
	uint64_t bytes; /* written so far */
};

void ndjson_writer_init(struct ndjson_writer *w, int fd, size_t batch);
/* The buffer to append one record's text to, followed by ndjson_put_end. */
struct buf *ndjson_put_begin(struct ndjson_writer *w);
void ndjson_put_end(struct ndjson_writer *w); /* adds the newline; writes when the batch is full */
/* A whole record, without its newline. */
void ndjson_put(struct ndjson_writer *w, struct str record);
void ndjson_flush(struct ndjson_writer *w);
/* Flush, close fd and free. worst, or EXIT_IO with a message in err where output was lost. EPIPE
 * ends the process as SIGPIPE would. */
enum exit_code ndjson_finish(struct ndjson_writer *w, enum exit_code worst, struct err *err);

/*
 * The failed response that stands in a bad line's place:
 * {"type":"response","ok":false,"line":N,"error":{"kind":"invalid_input","message":...,"retryable":false}}
 */
void ndjson_bad_line(struct buf *out, uint64_t number, const char *file, const char *message);

#endif
