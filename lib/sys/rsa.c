/* SPDX-License-Identifier: MIT */
/* rsa - signatures by RSA keys, made by libcrypto. */
#include "sys/rsa.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

enum { SIGNATURE_MAX = 8192 }; /* of a key of 65536 bits */

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

int
rsa_sign(const char *pem, struct str text, struct buf *out, struct err *err)
{
	unsigned char signature[SIGNATURE_MAX]; /* EVP_DigestSign is told its size */
	size_t n = sizeof signature;
	EVP_PKEY *key = read_key(pem);
	EVP_MD_CTX *ctx;
	bool ok;

	if (!key)
		return err_set(err, EXIT_REFUSED, "its private key is no RSA key in PEM");
	ctx = EVP_MD_CTX_new();
	ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestSign(ctx, signature, &n, (const unsigned char *)text.p, text.len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	if (!ok)
		return err_set(err, EXIT_REFUSED, "its private key cannot sign");
	buf_add(out, (const char *)signature, n);
	return 0;
}
