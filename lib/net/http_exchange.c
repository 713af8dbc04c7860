/* SPDX-License-Identifier: MIT */
/* http_exchange - one exchange: its libcurl handle, the callbacks of it, its deadlines. */
#include "net/http_exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/die.h"
#include "base/mem.h"
#include "base/num.h"
#include "net/secret.h"
#include "sys/clock.h"

enum {
	CONNECT_MS = 30 * 1000,
	HEAD_MAX = 256 * 1024, /* real heads stay below 16 KiB */
	READ_BYTES = 16 * 1024, /* libcurl's buffer per exchange, each way */
	TURN_BYTES = 128 * 1024, /* then the loop has a turn */
};

/* libcurl copies what it is given; an option that it does not know is a build of it that we can't
 * use. */
#define SET(x, option, value)                                                                      \
	do {                                                                                       \
		CURLcode set_rc = curl_easy_setopt((x)->easy, option, value);                      \
		if (set_rc == CURLE_OUT_OF_MEMORY)                                                 \
			die(EXIT_SYSTEM, "out of memory");                                         \
		if (set_rc)                                                                        \
			BUG("libcurl refuses " #option ": %s", curl_easy_strerror(set_rc));        \
	} while (0)

/* --- what comes --- */

static void
head_begin(struct http_exchange *x, struct str line)
{
	const char *space = memchr(line.p, ' ', line.len);
	int64_t status = 0;

	http_headers_release(&x->head);
	x->head_bytes = 0;
	x->head_open = true;
	x->is_chunked = false;
	/* libcurl has checked that three digits stand there. */
	if (space && line.p + line.len - space > 3 &&
	    num_i64((struct str){ space + 1, 3 }, &status))
		x->status = (int)status;
}

static void
head_field(struct http_exchange *x, struct str line)
{
	const char *colon = memchr(line.p, ':', line.len);
	struct str value;
	char *name, *text;

	if (!colon)
		return; /* libcurl lets such a line pass; it names nothing */
	value = str_trim((struct str){ colon + 1, line.len - (size_t)(colon + 1 - line.p) });
	name = xmemdup(line.p, (size_t)(colon - line.p));
	text = xmemdup(value.p, value.len);
	http_headers_add(&x->head, name, text);
	if (strcasecmp(name, "transfer-encoding") == 0 && str_has_nocase(value, "chunked"))
		x->is_chunked = true;
	free(name);
	free(text);
}

static void
head_finish(struct http_exchange *x)
{
	x->head_open = false;
	if (x->status < 200 && x->status != 101)
		return; /* 100 Continue, 103 Early Hints: the head is to come */
	x->head_over = true;
	if (x->on.head)
		x->on.head(x->user, x->status, &x->head);
}

/* A line of a response head with its line end. */
static size_t
on_header(char *p, size_t size, size_t n, void *user)
{
	struct http_exchange *x = user;
	struct str line = str_trim((struct str){ p, size * n });

	if (x->is_cancelled)
		return 0;
	if (x->head_over)
		return size * n; /* a trailer */
	x->head_bytes += size * n;
	if (x->head_bytes > HEAD_MAX) {
		x->broken_head = true;
		return 0;
	}
	if (!line.len)
		head_finish(x);
	else if (x->head_open)
		head_field(x, line);
	else
		head_begin(x, line);
	return x->is_cancelled ? 0 : size * n;
}

/*
 * libcurl goes on reading a socket, inside one call of it, for as long as there are bytes (seen
 * with 7.88.1): a server that is faster than we are would keep signals, timers and the output
 * waiting for ever. So what comes after a good deal is refused, and asked for again from the loop.
 */
static bool
turn_is_over(struct http_exchange *x, size_t n)
{
	if (x->http->turn_bytes < TURN_BYTES) {
		x->http->turn_bytes += n;
		return false;
	}
	x->wants_resume = true;
	http_exchange_wake(x);
	return true;
}

static size_t
on_body(char *p, size_t size, size_t n, void *user)
{
	struct http_exchange *x = user;

	n *= size;
	if (x->is_cancelled)
		return 0;
	if (x->is_paused || turn_is_over(x, n)) {
		x->is_held = true; /* libcurl keeps these and reads no more */
		return CURL_WRITEFUNC_PAUSE;
	}
	x->quiet_us = clock_mono_us();
	x->body_bytes += n;
	if (x->on.data && !x->on.data(x->user, p, n))
		x->is_cancelled = true;
	return x->is_cancelled ? 0 : n;
}

/* The connection stands, the request goes out. */
static int
on_connected(void *user, char *remote, char *local, int remote_port, int local_port)
{
	struct http_exchange *x = user;

	(void)remote;
	(void)local;
	(void)remote_port;
	(void)local_port;
	x->sent_us = clock_mono_us();
	x->first_us = x->sent_us;
	return CURL_PREREQFUNC_OK;
}

/* --- verbose --- */

static bool
names_secret(struct str name)
{
	char *text = xmemdup(name.p, name.len);
	bool yes = http_field_is_secret(text);

	free(text);
	return yes;
}

/* Also libcurl's own words quote fields: "* h2h3 [authorization: ...]". */
static void
log_line(const struct http *http, char mark, struct str line)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct str name = line;

	buf_addf(&out, "%c ", mark);
	if (str_split(&line, ':', &name) && line.p && names_secret(name)) {
		buf_addstr(&out, name);
		buf_adds(&out, ": ***");
	} else {
		if (line.p)
			name.len += 1 + line.len;
		secret_mask(name, &out);
	}
	http->log(out.p);
	buf_release(&out);
}

/* libcurl's account, a line at a time; bodies and TLS records are left out. */
static int
on_debug(CURL *easy, curl_infotype type, char *p, size_t n, void *user)
{
	const struct http *http = user;
	char mark = type == CURLINFO_TEXT ? '*' : type == CURLINFO_HEADER_IN ? '<' : '>';
	struct str rest = { p, n }, line;

	(void)easy;
	if (type != CURLINFO_TEXT && type != CURLINFO_HEADER_IN && type != CURLINFO_HEADER_OUT)
		return 0;
	while (str_split(&rest, '\n', &line)) {
		line = str_trim(line);
		if (line.len)
			log_line(http, mark, line);
	}
	return 0;
}

/* --- what goes --- */

static void
add_field(struct http_exchange *x, const char *line)
{
	struct curl_slist *fields = curl_slist_append(x->fields, line);

	if (!fields)
		die(EXIT_SYSTEM, "out of memory");
	x->fields = fields;
}

static void
set_fields(struct http_exchange *x, const struct http_headers *headers)
{
	size_t i;
	char *line;

	for (i = 0; headers && i < headers->count; i++) {
		const struct http_field *f = &headers->items[i];

		if (strpbrk(f->name, "\r\n:") || strpbrk(f->value, "\r\n") || !*f->name) {
			x->end = HTTP_BAD_REQUEST; /* or it would smuggle in fields of its own */
			(void)snprintf(x->trouble, sizeof x->trouble,
			    "a header field has no name, or a line break in it");
			return;
		}
		/* libcurl's spelling of a field without a value */
		line = *f->value ? xasprintf("%s: %s", f->name, f->value)
				 : xasprintf("%s;", f->name);
		add_field(x, line);
		free(line);
	}
	/* A server that does not know it would cost us a second. */
	if (!headers || !http_headers_get(headers, "Expect"))
		add_field(x, "Expect:");
	/* libcurl would say that it is a form. */
	if (!headers || !http_headers_get(headers, "Content-Type"))
		add_field(x, "Content-Type:");
	SET(x, CURLOPT_HTTPHEADER, x->fields);
}

static void
set_method(struct http_exchange *x, const struct http_request *request)
{
	const char *method = request->method ? request->method : "GET";

	if (strcmp(method, "HEAD") == 0) {
		SET(x, CURLOPT_NOBODY, 1L);
		return;
	}
	if (request->body.len || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
	    strcmp(method, "PATCH") == 0) {
		SET(x, CURLOPT_POST, 1L);
		SET(x, CURLOPT_POSTFIELDS, request->body.len ? request->body.p : "");
		SET(x, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
	}
	SET(x, CURLOPT_CUSTOMREQUEST, method);
}

static void
set_tls(struct http_exchange *x)
{
	const struct http *h = x->http;

	SET(x, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	if (h->ca_file)
		SET(x, CURLOPT_CAINFO, h->ca_file);
	if (h->ca_dir)
		SET(x, CURLOPT_CAPATH, h->ca_dir);
	else if (h->ca_file || curl_version_info(CURLVERSION_NOW)->cainfo)
		SET(x, CURLOPT_CAPATH, NULL); /* libcurl parses the file once only where no
						 directory is named beside it */
}

static void
set_callbacks(struct http_exchange *x)
{
	SET(x, CURLOPT_PRIVATE, x);
	SET(x, CURLOPT_HEADERFUNCTION, on_header);
	SET(x, CURLOPT_HEADERDATA, x);
	SET(x, CURLOPT_WRITEFUNCTION, on_body);
	SET(x, CURLOPT_WRITEDATA, x);
	SET(x, CURLOPT_PREREQFUNCTION, on_connected);
	SET(x, CURLOPT_PREREQDATA, x);
	SET(x, CURLOPT_ERRORBUFFER, x->trouble);
	if (x->http->log) {
		SET(x, CURLOPT_DEBUGFUNCTION, on_debug);
		SET(x, CURLOPT_DEBUGDATA, x->http);
		SET(x, CURLOPT_VERBOSE, 1L);
	}
}

void
http_exchange_setup(struct http_exchange *x, const struct http_request *request)
{
	x->url = xstrdup(request->url);
	SET(x, CURLOPT_URL, x->url);
	SET(x, CURLOPT_PROTOCOLS_STR, "http,https");
	if (request->direct)
		SET(x, CURLOPT_NOPROXY, "*");
	set_method(x, request);
	set_fields(x, request->headers);
	set_tls(x);
	set_callbacks(x);
	SET(x, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)(request->connect_ms > 0 ? request->connect_ms : CONNECT_MS));
	SET(x, CURLOPT_ACCEPT_ENCODING, ""); /* all that libcurl was built with */
	SET(x, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); /* a proxy's head is not the response's */
	SET(x, CURLOPT_NOSIGNAL, 1L);
	SET(x, CURLOPT_QUICK_EXIT, 1L); /* or an end while a name is looked up waits for that */
	SET(x, CURLOPT_TCP_NODELAY, 1L);
	SET(x, CURLOPT_TCP_KEEPALIVE, 1L);
	http_loop_watch(x->http, x->easy);
	/* Refused where the handle keeps the buffer of an exchange before, which had this size. */
	(void)curl_easy_setopt(x->easy, CURLOPT_BUFFERSIZE, (long)READ_BYTES);
	(void)curl_easy_setopt(x->easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)READ_BYTES);
	if (x->http->user_agent)
		SET(x, CURLOPT_USERAGENT, x->http->user_agent);
	x->first_ms = request->first_ms;
	x->idle_ms = request->idle_ms;
	x->deadline_us = request->deadline_us > 0 ? request->deadline_us : CLOCK_NEVER;
}

void
http_exchange_free(struct http_exchange *x)
{
	free(x->url);
	curl_slist_free_all(x->fields);
	http_headers_release(&x->head);
	free(x);
}

/* --- deadlines --- */

static int64_t
after_ms(int64_t from_us, int64_t ms)
{
	int64_t us;

	if (ms <= 0 || __builtin_mul_overflow(ms, 1000, &us) ||
	    __builtin_add_overflow(us, from_us, &us))
		return CLOCK_NEVER;
	return us;
}

int64_t
http_exchange_due(const struct http_exchange *x, int64_t now_us, enum http_end *end)
{
	int64_t silence;

	*end = HTTP_TIMEOUT;
	if (x->is_paused)
		return x->deadline_us; /* http_resume will ask again */
	/* Before the connection stands, libcurl's own connect timeout rules. No callback of ours
	 * tells when that is over, but silence can't be due before this. */
	if (!x->sent_us)
		silence = after_ms(now_us, x->first_ms);
	else if (!x->saw_output)
		silence = after_ms(x->first_us, x->first_ms);
	else
		silence = after_ms(x->quiet_us, x->idle_ms);
	if (silence >= x->deadline_us)
		return x->deadline_us;
	*end = x->saw_output ? HTTP_IDLE_TIMEOUT : HTTP_FIRST_TIMEOUT;
	return silence;
}
