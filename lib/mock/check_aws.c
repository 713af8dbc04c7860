/* SPDX-License-Identifier: MIT */
/* check_aws - whether a request bears the signature that AWS would find on it (Version 4). */
#include "mock/check_aws.h"

#include "base/buf.h"
#include "sys/hash.h"

static const char algorithm[] = "AWS4-HMAC-SHA256";

/* What the Authorization header says. */
struct claim {
	struct str access, date, region, service, scope; /* scope: all but the access key */
	struct str fields, signature;
};

static bool
read_claim(const char *header, struct claim *c)
{
	struct str rest = str_of(header), item, scope, part;

	if (!header || !str_starts(rest, algorithm))
		return false;
	rest.p += sizeof algorithm - 1;
	rest.len -= sizeof algorithm - 1;
	while (str_split(&rest, ',', &item)) {
		item = str_trim(item);
		if (!str_split(&item, '=', &part))
			return false;
		if (str_is(part, "Credential"))
			c->scope = item;
		else if (str_is(part, "SignedHeaders"))
			c->fields = item;
		else if (str_is(part, "Signature"))
			c->signature = item;
	}
	if (!str_split(&c->scope, '/', &c->access))
		return false;
	scope = c->scope;
	return str_split(&scope, '/', &c->date) && str_split(&scope, '/', &c->region) &&
	       str_split(&scope, '/', &c->service) && str_is(scope, "aws4_request") &&
	       c->date.len == 8 && c->fields.len && c->signature.len;
}

/* Queries of more than one parameter occur nowhere here, so none is sorted. */
static void
add_query(struct buf *out, struct str query)
{
	buf_addstr(out, query);
	if (query.len && !memchr(query.p, '=', query.len))
		buf_addc(out, '=');
}

static bool
add_fields(struct buf *out, const struct check_aws *r, struct str fields)
{
	char name[64]; /* names are short; a longer one is refused */
	const char *value;
	struct str word;
	bool host = false, date = false;

	while (str_split(&fields, ';', &word)) {
		if (word.len >= sizeof name)
			return false;
		memcpy(name, word.p, word.len);
		name[word.len] = '\0';
		value = r->field(r->user, name);
		if (!value)
			return false;
		host |= str_is(word, "host");
		date |= str_is(word, "x-amz-date");
		buf_addf(out, "%s:", name);
		buf_addstr(out, str_trim(str_of(value)));
		buf_addc(out, '\n');
	}
	return host && date;
}

static struct hash
signature_of(struct str canonical, const struct claim *c, const char *date, const char *secret)
{
	struct buf text = BUF_INIT(BUF_UNLIMITED);
	struct hash h = hash_sha256(canonical), key;

	buf_addf(&text, "AWS4%s", secret);
	key = hash_hmac_sha256(buf_str(&text), c->date);
	key = hash_hmac_sha256(hash_str(&key), c->region);
	key = hash_hmac_sha256(hash_str(&key), c->service);
	key = hash_hmac_sha256(hash_str(&key), STR_LIT("aws4_request"));
	buf_reset(&text);
	buf_addf(&text, "%s\n%s\n", algorithm, date);
	buf_addstr(&text, c->scope);
	buf_addc(&text, '\n');
	hash_hex(&h, &text);
	h = hash_hmac_sha256(hash_str(&key), buf_str(&text));
	buf_release(&text);
	return h;
}

enum check_aws_verdict
check_aws(const struct check_aws *r, const char *key)
{
	const char *date = r->field(r->user, "x-amz-date"), *colon = strchr(key, ':');
	struct buf canonical = BUF_INIT(BUF_UNLIMITED), want = BUF_INIT(128);
	enum check_aws_verdict verdict = AWS_MALFORMED;
	struct hash h = hash_sha256(r->body);
	struct claim c = { .access = STR_NONE };

	if (!read_claim(r->field(r->user, "authorization"), &c) || !date)
		return AWS_MALFORMED;
	if (!colon || !str_eq(c.access, (struct str){ key, (size_t)(colon - key) }))
		return AWS_STRANGER;
	buf_addf(&canonical, "%s\n", r->method);
	buf_addurl(&canonical, r->path, "/"); /* what came, escaped, whatever it says already */
	buf_addc(&canonical, '\n');
	add_query(&canonical, r->query);
	buf_addc(&canonical, '\n');
	if (add_fields(&canonical, r, c.fields)) {
		buf_addc(&canonical, '\n');
		buf_addstr(&canonical, c.fields);
		buf_addc(&canonical, '\n');
		hash_hex(&h, &canonical);
		h = signature_of(buf_str(&canonical), &c, date, colon + 1);
		hash_hex(&h, &want);
		verdict = str_eq(buf_str(&want), c.signature) ? AWS_GOOD : AWS_WRONG;
	}
	buf_release(&canonical);
	buf_release(&want);
	return verdict;
}
