/* SPDX-License-Identifier: MIT */
/* absent - the server's door in a build without libmicrohttpd: it says what is missing. */
#include "serve/serve.h"

#ifndef HAVE_MICROHTTPD

#include "base/die.h"

struct serve *
serve_open(uv_loop_t *loop, const struct serve_config *config, const struct serve_handler *on,
    void *user, struct err *err)
{
	(void)loop;
	(void)config;
	(void)on;
	(void)user;
	(void)err_set(err, EXIT_CONFIG,
	    "built without libmicrohttpd, so it can't serve HTTP; install its development package and "
	    "build again");
	return NULL;
}

/* What follows is never reached: there is no server, hence no exchange. */
#define ABSENT BUG("no server was built in")

const char *
serve_url(const struct serve *s)
{
	(void)s;
	ABSENT;
}

size_t
serve_in_flight(const struct serve *s)
{
	(void)s;
	ABSENT;
}

void
serve_close(struct serve *s)
{
	(void)s;
	ABSENT;
}

const char *
serve_method(const struct serve_exchange *x)
{
	(void)x;
	ABSENT;
}

struct str
serve_path(const struct serve_exchange *x)
{
	(void)x;
	ABSENT;
}

struct str
serve_query(const struct serve_exchange *x)
{
	(void)x;
	ABSENT;
}

const char *
serve_header(const struct serve_exchange *x, const char *name)
{
	(void)x;
	(void)name;
	ABSENT;
}

struct str
serve_body(const struct serve_exchange *x)
{
	(void)x;
	ABSENT;
}

int64_t
serve_arrived_us(const struct serve_exchange *x)
{
	(void)x;
	ABSENT;
}

void
serve_set_data(struct serve_exchange *x, void *data)
{
	(void)x;
	(void)data;
	ABSENT;
}

void *
serve_data(const struct serve_exchange *x)
{
	(void)x;
	ABSENT;
}

void
serve_reply(struct serve_exchange *x, int status, const struct serve_field *fields, struct str body)
{
	(void)x;
	(void)status;
	(void)fields;
	(void)body;
	ABSENT;
}

void
serve_start(struct serve_exchange *x, int status, const struct serve_field *fields)
{
	(void)x;
	(void)status;
	(void)fields;
	ABSENT;
}

void
serve_write(struct serve_exchange *x, struct str bytes)
{
	(void)x;
	(void)bytes;
	ABSENT;
}

bool
serve_is_slow(const struct serve_exchange *x)
{
	(void)x;
	ABSENT;
}

void
serve_finish(struct serve_exchange *x)
{
	(void)x;
	ABSENT;
}

void
serve_cut(struct serve_exchange *x)
{
	(void)x;
	ABSENT;
}

void
serve_raw(struct serve_exchange *x)
{
	(void)x;
	ABSENT;
}

void
serve_reset(struct serve_exchange *x)
{
	(void)x;
	ABSENT;
}

#endif
