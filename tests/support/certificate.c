/* SPDX-License-Identifier: MIT */
/* certificate - certificates and keys for tests of TLS, made on the spot. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "support/certificate.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

enum { DAY_S = 24 * 3600 };

static FILE *
open_file(const char *name, const char *suffix, const char *mode)
{
	char *path = xasprintf("%s%s", name, suffix);
	FILE *f = fopen(path, mode);

	assert_non_null(f);
	free(path);
	return f;
}

static EVP_PKEY *
make_key(const char *name)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
	FILE *f = open_file(name, ".key", "w");
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_keygen_init(context), 1);
	assert_int_equal(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1), 1);
	assert_int_equal(EVP_PKEY_keygen(context, &key), 1);
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(f), 0);
	EVP_PKEY_CTX_free(context);
	return key;
}

static void
extend(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static void
sign(X509 *x, const char *issuer)
{
	FILE *f = open_file(issuer, ".pem", "r"), *k = open_file(issuer, ".key", "r");
	X509 *by = PEM_read_X509(f, NULL, NULL, NULL);
	EVP_PKEY *key = PEM_read_PrivateKey(k, NULL, NULL, NULL);

	assert_int_equal(X509_set_issuer_name(x, X509_get_subject_name(by)), 1);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	X509_free(by);
	EVP_PKEY_free(key);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(fclose(k), 0);
}

void
certificate_make(const struct certificate *c)
{
	static long serial;
	EVP_PKEY *key = make_key(c->name);
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);
	bool usual = !c->from_days && !c->to_days;
	FILE *f;

	assert_int_equal(X509_set_version(x, 2), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(x), (usual ? -1 : c->from_days) * DAY_S);
	(void)X509_gmtime_adj(X509_getm_notAfter(x), (usual ? 1 : c->to_days) * DAY_S);
	assert_int_equal(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
			     (const unsigned char *)c->name, -1, -1, 0),
	    1);
	assert_int_equal(X509_set_pubkey(x, key), 1);
	extend(x, NID_basic_constraints, c->issuer ? "CA:FALSE" : "critical,CA:TRUE");
	if (c->hosts)
		extend(x, NID_subject_alt_name, c->hosts);
	if (c->issuer) {
		sign(x, c->issuer);
	} else {
		assert_int_equal(X509_set_issuer_name(x, subject), 1);
		assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	}
	f = open_file(c->name, ".pem", "w");
	assert_int_equal(PEM_write_X509(f, x), 1);
	assert_int_equal(fclose(f), 0);
	X509_free(x);
	EVP_PKEY_free(key);
}
