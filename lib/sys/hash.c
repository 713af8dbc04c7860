/* SPDX-License-Identifier: MIT */
/* hash - SHA-256, plain and keyed (HMAC), by libcrypto, which uses the processor's instructions. */
#include "sys/hash.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/die.h"

enum { BLOCK = 64 }; /* of SHA-256 */

/* Looking the algorithm up takes libcrypto 3 longer than hashing a request, so it is kept, as is
 * what it works in. */
static struct {
	EVP_MD *sha256;
	EVP_MD_CTX *context;
} kept;

static void
hash_begin(void)
{
	if (!kept.sha256) {
		kept.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
		kept.context = EVP_MD_CTX_new();
	}
	if (!kept.sha256 || !kept.context || !EVP_DigestInit_ex(kept.context, kept.sha256, NULL))
		die(EXIT_SYSTEM, "libcrypto has no SHA-256");
}

static void
hash_add(const void *bytes, size_t n)
{
	if (n && !EVP_DigestUpdate(kept.context, bytes, n))
		BUG("libcrypto refuses to hash");
}

static struct hash
hash_end(void)
{
	struct hash h;

	if (!EVP_DigestFinal_ex(kept.context, h.bytes, NULL))
		BUG("libcrypto refuses to hash");
	return h;
}

struct hash
hash_sha256(struct str text)
{
	hash_begin();
	hash_add(text.p, text.len);
	return hash_end();
}

/* RFC 2104. */
struct hash
hash_hmac_sha256(struct str key, struct str text)
{
	unsigned char pad[BLOCK] = { 0 };
	struct hash h;
	size_t i;

	if (key.len > BLOCK) {
		h = hash_sha256(key);
		memcpy(pad, h.bytes, HASH_SIZE);
	} else if (key.len) {
		memcpy(pad, key.p, key.len);
	}
	for (i = 0; i < BLOCK; i++)
		pad[i] ^= 0x36;
	hash_begin();
	hash_add(pad, BLOCK);
	hash_add(text.p, text.len);
	h = hash_end();
	for (i = 0; i < BLOCK; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	hash_begin();
	hash_add(pad, BLOCK);
	hash_add(h.bytes, HASH_SIZE);
	explicit_bzero(pad, BLOCK);
	return hash_end();
}

struct str
hash_str(const struct hash *h)
{
	return (struct str){ (const char *)h->bytes, HASH_SIZE };
}

void
hash_hex(const struct hash *h, struct buf *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < HASH_SIZE; i++) {
		buf_addc(out, digits[h->bytes[i] >> 4]);
		buf_addc(out, digits[h->bytes[i] & 15]);
	}
}
