/* SPDX-License-Identifier: MIT */
/* jwt - JSON web tokens, signed with RSA and SHA-256. */
#include "net/jwt.h"

#include "json/jsonw.h"
#include "sys/rsa.h"

/* Without padding, in the alphabet for URLs. */
static void
add_base64url(struct buf *out, struct str bytes)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const unsigned char *p = (const unsigned char *)bytes.p;
	size_t i, j, n;

	for (i = 0; i < bytes.len; i += n) {
		unsigned bits = 0;

		n = bytes.len - i < 3 ? bytes.len - i : 3;
		for (j = 0; j < 3; j++)
			bits = bits << 8 | (j < n ? p[i + j] : 0u);
		for (j = 0; j <= n; j++)
			buf_addc(out, digits[bits >> (18 - 6 * j) & 63]);
	}
}

static void
add_header(struct buf *out, const char *key_id)
{
	struct buf header = BUF_INIT(BUF_UNLIMITED);
	struct jsonw w;

	jsonw_start(&w, &header);
	jsonw_object(&w);
	jsonw_kstr(&w, "alg", "RS256");
	jsonw_kstr(&w, "typ", "JWT");
	if (key_id)
		jsonw_kstr(&w, "kid", key_id);
	jsonw_end(&w);
	add_base64url(out, buf_str(&header));
	buf_release(&header);
}

int
jwt_rs256(const char *key, const char *key_id, struct str claims, struct buf *out, struct err *err)
{
	struct buf token = BUF_INIT(BUF_UNLIMITED), signature = BUF_INIT(BUF_UNLIMITED);
	int rc;

	add_header(&token, key_id);
	buf_addc(&token, '.');
	add_base64url(&token, claims);
	rc = rsa_sign(key, buf_str(&token), &signature, err);
	if (rc == 0) {
		buf_addstr(out, buf_str(&token));
		buf_addc(out, '.');
		add_base64url(out, buf_str(&signature));
	}
	buf_release(&token);
	buf_release(&signature);
	return rc;
}
