/* SPDX-License-Identifier: MIT */
/* certificate - certificates and keys for tests of TLS, made on the spot. */
#ifndef TESTS_SUPPORT_CERTIFICATE_H
#define TESTS_SUPPORT_CERTIFICATE_H

struct certificate {
	const char *name; /* makes NAME.pem and NAME.key, and is its subject */
	const char
	    *issuer; /* one that was made before; NULL: it signs itself, and may sign others */
	const char *hosts; /* "DNS:localhost,IP:127.0.0.1"; NULL: none */
	int from_days, to_days; /* from today; 0 and 0: yesterday to tomorrow */
};
void certificate_make(const struct certificate *c);

#endif
