/* SPDX-License-Identifier: MIT */
/* jwt - JSON web tokens, signed with RSA and SHA-256. */
#include "net/jwt.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/mem.h"
#include "json/jsonw.h"

enum { SIGNATURE_MAX = 8192 }; /* of a key of 65536 bits */

/* Without padding, in the alphabet for URLs. */
static void
add_base64url(struct buf *out, const unsigned char *p, size_t n)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t i;

	for (i = 0; i < n; i += 3) {
		unsigned bits = (unsigned)p[i] << 16;

		if (i + 1 < n)
			bits |= (unsigned)p[i + 1] << 8;
		if (i + 2 < n)
			bits |= p[i + 2];
		buf_addc(out, digits[bits >> 18]);
		buf_addc(out, digits[bits >> 12 & 63]);
		if (i + 1 < n)
			buf_addc(out, digits[bits >> 6 & 63]);
		if (i + 2 < n)
			buf_addc(out, digits[bits & 63]);
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
	add_base64url(out, (const unsigned char *)header.p, header.len);
	buf_release(&header);
}

/* A key that wants a pass phrase is refused: nobody is there to be asked. */
static int
no_pass_phrase(char *buf, int size, int writing, void *user)
{
	(void)buf, (void)size, (void)writing, (void)user;
	return -1;
}

static EVP_PKEY *
read_key(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, NULL) : NULL;

	BIO_free(bio);
	if (key && EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

static bool
sign(EVP_PKEY *key, struct str text, unsigned char *signature, size_t *n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		  EVP_DigestSign(ctx, signature, n, (const unsigned char *)text.p, text.len) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

int
jwt_rs256(const char *pem, const char *key_id, struct str claims, struct buf *out, struct err *err)
{
	unsigned char signature[SIGNATURE_MAX]; /* EVP_DigestSign is told its size */
	struct buf token = BUF_INIT(BUF_UNLIMITED);
	size_t n = sizeof signature;
	EVP_PKEY *key = read_key(pem);
	bool ok;

	if (!key)
		return err_set(err, EXIT_REFUSED, "its private_key is no RSA key in PEM");
	add_header(&token, key_id);
	buf_addc(&token, '.');
	add_base64url(&token, (const unsigned char *)claims.p, claims.len);
	ok = sign(key, buf_str(&token), signature, &n);
	EVP_PKEY_free(key);
	if (ok) {
		buf_addstr(out, buf_str(&token));
		buf_addc(out, '.');
		add_base64url(out, signature, n);
	} else {
		err_set(err, EXIT_REFUSED, "its private_key cannot sign");
	}
	buf_release(&token);
	return ok ? 0 : -1;
}
