/* SPDX-License-Identifier: MIT */
/* die - messages to people, and the ends that no caller can do anything about. */
#include "base/die.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *prog = "agentflow";
static bool log_json;

void
die_init(const char *argv0)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;

	if (argv0 && *argv0)
		prog = slash && slash[1] ? slash + 1 : argv0;
}

const char *
die_prog(void)
{
	return prog;
}

void
die_log_json(bool on)
{
	log_json = on;
}

/* Floor 0 has no JSON writer, and the out-of-memory path may not allocate: the string goes out byte
 * by byte. */
static void
put_json_string(const char *s)
{
	static const char hex[] = "0123456789abcdef";

	putc('"', stderr);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\') {
			putc('\\', stderr);
			putc(c, stderr);
		} else if (c < 0x20) {
			fputs("\\u00", stderr);
			putc(hex[c >> 4], stderr);
			putc(hex[c & 15], stderr);
		} else {
			putc(c, stderr);
		}
	}
	putc('"', stderr);
}

static void
put_member(const char *before, const char *name, const char *value)
{
	fputs(before, stderr);
	put_json_string(name);
	putc(':', stderr);
	put_json_string(value);
}

static void
put_line(const char *level, const char *text)
{
	flockfile(stderr);
	if (log_json) {
		put_member("{", "type", "log");
		put_member(",", "level", level);
		put_member(",", "prog", prog);
		put_member(",", "message", text);
		fputs("}\n", stderr);
	} else {
		fprintf(stderr, "%s: %s\n", prog, text);
	}
	funlockfile(stderr);
	(void)fflush(stderr); /* nowhere left to say that it failed */
}

static void
vput(const char *level, const char *fmt, va_list ap)
{
	char text[2 * ERR_TEXT_MAX]; /* longer messages are cut: they name things, they carry no
					payloads */

	(void)vsnprintf(text, sizeof text, fmt, ap);
	put_line(level, text);
}

void
warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vput("warning", fmt, ap);
	va_end(ap);
}

void
warn_line(const char *line)
{
	warn("%s", line);
}

void
die(enum exit_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vput("error", fmt, ap);
	va_end(ap);
	exit((int)code);
}

void
err_die(const struct err *err)
{
	die(err->code ? err->code : EXIT_NO, "%s", err->text);
}
