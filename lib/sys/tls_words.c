/* SPDX-License-Identifier: MIT */
/* tls_words - what is wrong with a server's certificate, in words. */
#include "sys/tls_words.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/die.h"

/* What a stranger's certificate says of itself is told up to here. */
enum { NAMES_MAX = 120 };

/* A stranger's bytes, and no more than so many. */
static void
add_foreign(struct buf *out, const void *bytes, size_t len)
{
	const char *p = bytes;

	for (; len && out->len < NAMES_MAX; p++, len--)
		buf_addc(out, *p > ' ' && *p < 127 ? *p : '?');
}

static void
add_alternative(struct buf *out, const GENERAL_NAME *name)
{
	char text[INET6_ADDRSTRLEN] = "";
	const unsigned char *bytes;
	int len;

	if (name->type != GEN_DNS && name->type != GEN_IPADD)
		return;
	bytes = ASN1_STRING_get0_data(name->d.ia5);
	len = ASN1_STRING_length(name->d.ia5);
	if (name->type == GEN_IPADD) {
		if ((len != 4 && len != 16) ||
		    !inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text))
			return;
		bytes = (const unsigned char *)text;
		len = (int)strlen(text);
	}
	buf_adds(out, out->len ? ", " : "");
	add_foreign(out, bytes, (size_t)len);
}

/* Whose certificate it is: its host names and addresses. */
static void
add_hosts(struct buf *out, const X509 *certificate)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) /* of none: -1 */
		add_alternative(out, sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
	if (!out->len)
		buf_adds(out, "no host at all");
}

/* What OpenSSL prints: a name, a time. */
static void
add_printed(struct buf *out, BIO *printed)
{
	char *p;
	long len = BIO_get_mem_data(printed, &p);

	buf_add(out, p, len < 0 ? 0 : len > NAMES_MAX ? NAMES_MAX : (size_t)len);
	(void)BIO_free(printed); /* memory is always freed */
}

static void
add_issuer(struct buf *out, const X509 *certificate)
{
	BIO *printed = BIO_new(BIO_s_mem());

	if (!printed)
		die(EXIT_SYSTEM, "out of memory");
	(void)X509_NAME_print_ex(/* what it could print is all there is to say */
	    printed, X509_get_issuer_name(certificate), 0, XN_FLAG_RFC2253);
	add_printed(out, printed);
}

static void
add_time(struct buf *out, const ASN1_TIME *time)
{
	BIO *printed = BIO_new(BIO_s_mem());

	if (!printed)
		die(EXIT_SYSTEM, "out of memory");
	(void)ASN1_TIME_print(printed, time); /* as above */
	add_printed(out, printed);
}

enum tls_trouble
tls_words(int code, const X509 *certificate, struct buf *why)
{
	struct buf part = BUF_INIT(BUF_UNLIMITED);
	enum tls_trouble trouble = TLS_UNTRUSTED;

	switch (code) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		add_hosts(&part, certificate);
		buf_addf(why, "is for another host: it names %s", part.p);
		trouble = TLS_OTHER_HOST;
		break;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		add_time(&part, X509_get0_notAfter(certificate));
		buf_addf(why, "expired on %s", part.p);
		trouble = TLS_OUT_OF_DATE;
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		add_time(&part, X509_get0_notBefore(certificate));
		buf_addf(why, "is not valid before %s", part.p);
		trouble = TLS_OUT_OF_DATE;
		break;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		add_issuer(&part, certificate);
		buf_addf(why, "is signed by \"%s\", which is not trusted here", part.p);
		break;
	default:
		buf_addf(why, "can't be verified: %s", X509_verify_cert_error_string(code));
	}
	buf_release(&part);
	return trouble;
}
