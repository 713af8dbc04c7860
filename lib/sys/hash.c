/* SPDX-License-Identifier: MIT */
/* hash - SHA-256, plain and keyed (HMAC), by libcrypto, which uses the processor's instructions. */
#include "sys/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/die.h"

/* Text whose length is 0 may be NULL, which libcrypto does not promise to take. */
static const unsigned char *
bytes_of(struct str text)
{
	return (const unsigned char *)(text.len ? text.p : "");
}

struct hash
hash_sha256(struct str text)
{
	struct hash h;

	if (!EVP_Digest(bytes_of(text), text.len, h.bytes, NULL, EVP_sha256(), NULL))
		die(EXIT_SYSTEM, "libcrypto has no SHA-256");
	return h;
}

struct hash
hash_hmac_sha256(struct str key, struct str text)
{
	struct hash h;

	if (!HMAC(
		EVP_sha256(), bytes_of(key), (int)key.len, bytes_of(text), text.len, h.bytes, NULL))
		die(EXIT_SYSTEM, "libcrypto has no HMAC");
	return h;
}

struct str
hash_str(const struct hash *h)
{
	return (struct str){ (const char *)h->bytes, HASH_SIZE };
}

void
hash_hex(const struct hash *h, struct buf *out)
{
	size_t i;

	for (i = 0; i < HASH_SIZE; i++)
		buf_addf(out, "%02x", h->bytes[i]);
}
