/* SPDX-License-Identifier: MIT */
/*
 * aws-sign - AWS Signature Version 4, as the services other than S3 check it.
 *
 * libcurl can sign too, but not this: 7.88's takes the path as it stands in the URL, where these
 * services want every segment encoded once more ("%3A" as "%253A"), and nearly all of Bedrock's
 * model ids hold a colon.
 */
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "net/aws.h"
#include "sys/clock.h"
#include "sys/hash.h"

static const char algorithm[] = "AWS4-HMAC-SHA256";

enum { FIELDS_MAX = 32 };

struct signing {
	struct str host, path, query; /* of the URL, as they stand there */
	struct buf date; /* 20150830T123600Z */
	struct buf scope; /* 20150830/us-east-1/service/aws4_request */
	const struct http_field *fields[FIELDS_MAX]; /* those that are signed, sorted */
	size_t field_count;
	struct buf names; /* "content-type;host;x-amz-date" */
	struct buf canonical;
};

static void
split_url(struct signing *s, const char *url)
{
	struct str rest = str_of(url), authority, user;
	const char *slashes = strstr(url, "://");
	size_t n;

	if (slashes) {
		rest.len -= (size_t)(slashes + 3 - rest.p);
		rest.p = slashes + 3;
	}
	n = strcspn(rest.p, "/?#");
	authority = (struct str){ rest.p, n };
	rest = (struct str){ rest.p + n, strcspn(rest.p + n, "#") };
	if (memchr(authority.p, '@', authority.len))
		(void)str_split(&authority, '@', &user);
	/* A scheme's own port is not in the Host field. */
	if ((str_starts(str_of(url), "https:") && str_ends(authority, ":443")))
		authority.len -= strlen(":443");
	else if (str_starts(str_of(url), "http:") && str_ends(authority, ":80"))
		authority.len -= strlen(":80");
	s->host = authority;
	s->path = STR_NONE;
	s->query = STR_NONE;
	if (rest.len && rest.p[0] != '?')
		(void)str_split(&rest, '?', &s->path);
	else if (rest.len)
		rest = (struct str){ rest.p + 1, rest.len - 1 };
	s->query = rest;
}

static int
compare(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* By name, then by value: as one text "a1=" would come before "a=". */
static int
by_parameter(const void *a, const void *b)
{
	struct str x = *(const struct str *)a, y = *(const struct str *)b, p, q;
	int order;

	(void)str_split(&x, '=', &p); /* without one it is all name */
	(void)str_split(&y, '=', &q);
	order = compare(p, q);
	return order ? order : compare(x, y);
}

/* The parameters sorted; what they hold is escaped already. */
static void
add_query(struct signing *s)
{
	enum { PARAMETERS_MAX = 64 };
	struct str items[PARAMETERS_MAX], rest = s->query;
	size_t n = 0, i;

	while (n < PARAMETERS_MAX && rest.len && str_split(&rest, '&', &items[n]))
		n++;
	qsort(items, n, sizeof *items, by_parameter);
	for (i = 0; i < n; i++) {
		if (i)
			buf_addc(&s->canonical, '&');
		buf_addstr(&s->canonical, items[i]);
		if (!memchr(items[i].p, '=', items[i].len))
			buf_addc(&s->canonical, '=');
	}
}

static int
by_name(const void *a, const void *b)
{
	return strcasecmp((*(const struct http_field *const *)a)->name,
	    (*(const struct http_field *const *)b)->name);
}

static bool
is_signed(const char *name)
{
	return strcasecmp(name, "content-type") == 0 || strncasecmp(name, "x-amz-", 6) == 0;
}

static void
add_lower(struct buf *out, const char *name)
{
	for (; *name; name++)
		buf_addc(out, (char)tolower((unsigned char)*name));
}

/* Runs of spaces count as one. */
static void
add_value(struct buf *out, struct str value)
{
	size_t i;

	value = str_trim(value);
	for (i = 0; i < value.len; i++) {
		if (value.p[i] != ' ' || value.p[i - 1] != ' ')
			buf_addc(out, value.p[i]);
	}
}

static void
add_fields(struct signing *s, const struct http_headers *headers, struct http_field *host)
{
	size_t i;

	s->fields[s->field_count++] = host;
	for (i = 0; i < headers->count && s->field_count < FIELDS_MAX; i++) {
		if (is_signed(headers->items[i].name))
			s->fields[s->field_count++] = &headers->items[i];
	}
	qsort(s->fields, s->field_count, sizeof *s->fields, by_name);
	for (i = 0; i < s->field_count; i++) {
		add_lower(&s->canonical, s->fields[i]->name);
		buf_addc(&s->canonical, ':');
		add_value(
		    &s->canonical, s->fields[i] == host ? s->host : str_of(s->fields[i]->value));
		buf_addc(&s->canonical, '\n');
		if (i)
			buf_addc(&s->names, ';');
		add_lower(&s->names, s->fields[i]->name);
	}
}

static void
add_request(struct signing *s, const struct aws_request *r, const struct http_headers *headers)
{
	char host_name[] = "host";
	struct http_field host = { host_name, NULL };
	struct hash body = hash_sha256(r->body);

	buf_addf(&s->canonical, "%s\n", r->method);
	buf_addurl(&s->canonical, s->path.len ? s->path : STR_LIT("/"), "/");
	buf_addc(&s->canonical, '\n');
	add_query(s);
	buf_addc(&s->canonical, '\n');
	add_fields(s, headers, &host);
	buf_addc(&s->canonical, '\n');
	buf_addstr(&s->canonical, buf_str(&s->names));
	buf_addc(&s->canonical, '\n');
	hash_hex(&body, &s->canonical);
}

static void
add_date(struct signing *s, const struct aws_request *r)
{
	struct buf ts = BUF_INIT(64);
	size_t i;

	clock_print(&ts, r->now_us);
	for (i = 0; i < ts.len && ts.p[i] != '.'; i++) {
		if (ts.p[i] != '-' && ts.p[i] != ':')
			buf_addc(&s->date, ts.p[i]);
	}
	buf_addc(&s->date, 'Z');
	buf_addf(&s->scope, "%.8s/%s/%s/aws4_request", s->date.p, r->region, r->service);
	buf_release(&ts);
}

/* A key for this day, region and service, and with it the signature of the request. */
static struct hash
sign(const struct signing *s, const struct aws_request *r, const char *secret)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct hash key, canonical = hash_sha256(buf_str(&s->canonical));

	buf_addf(&text, "AWS4%s", secret);
	key = hash_hmac_sha256(buf_str(&text), (struct str){ s->date.p, 8 });
	explicit_bzero(text.p, text.len);
	key = hash_hmac_sha256(hash_str(&key), str_of(r->region));
	key = hash_hmac_sha256(hash_str(&key), str_of(r->service));
	key = hash_hmac_sha256(hash_str(&key), STR_LIT("aws4_request"));
	buf_reset(&text);
	buf_addf(&text, "%s\n%s\n%s\n", algorithm, s->date.p, s->scope.p);
	hash_hex(&canonical, &text);
	key = hash_hmac_sha256(hash_str(&key), buf_str(&text));
	buf_release(&text);
	return key;
}

void
aws_sign(const struct aws_request *r, const struct aws_credentials *c, struct http_headers *headers)
{
	struct signing s = {
		.date = BUF_INIT(64),
		.scope = BUF_INIT(BUF_UNLIMITED),
		.names = BUF_INIT(BUF_UNLIMITED),
		.canonical = BUF_INIT(BUF_UNLIMITED),
	};
	struct buf authorization = BUF_INIT(BUF_UNLIMITED);
	struct hash signature;

	split_url(&s, r->url);
	add_date(&s, r);
	http_headers_set(headers, "x-amz-date", s.date.p);
	if (c->session_token)
		http_headers_set(headers, "x-amz-security-token", c->session_token);
	add_request(&s, r, headers);
	signature = sign(&s, r, c->secret_key);
	buf_addf(&authorization, "%s Credential=%s/%s, SignedHeaders=%s, Signature=", algorithm,
	    c->access_key, s.scope.p, s.names.p);
	hash_hex(&signature, &authorization);
	http_headers_set(headers, "authorization", authorization.p);
	buf_release(&authorization);
	buf_release(&s.date);
	buf_release(&s.scope);
	buf_release(&s.names);
	buf_release(&s.canonical);
}
