/* SPDX-License-Identifier: MIT */
/*
 * tls - the client's side of TLS over a connected socket that does not block: TLS 1.2 or later, and
 * the server's certificate and name are verified, always.
 *
 * Nothing here waits: who is told TLS_WANTS_READ or TLS_WANTS_WRITE polls the socket for that, and
 * calls again. No SIGPIPE is raised.
 *
 *	t = tls_new(fd, &(struct tls_config){ .host = "redis.example.com" }, &err);
 *	while ((state = tls_shake(t, &err)) == TLS_WANTS_READ || state == TLS_WANTS_WRITE)
 *		wait(fd, state);
 */
#ifndef SYS_TLS_H
#define SYS_TLS_H

#include <stddef.h>

#include "base/err.h"

struct tls;

struct tls_config {
	/* Whose certificate it must be: a name, which is told to the server too, or an address. */
	const char *host;
	/* Files and directories in PEM. Who may have signed it; both NULL: whom the system trusts
	 * (SSL_CERT_FILE and SSL_CERT_DIR, as OpenSSL reads them). */
	const char *ca_file, *ca_dir;
	/* Our own certificate, and its key; NULL: we have none; key_file NULL: it is in cert_file.
	 * A key under a passphrase is an error: nobody is asked. */
	const char *cert_file, *key_file;
};

/* fd stays the caller's. NULL and err (EXIT_CONFIG) where a file can't be used. */
struct tls *tls_new(int fd, const struct tls_config *config, struct err *err);
/* Tells the server that this is the end, if it can without waiting. NULL is allowed. */
void tls_free(struct tls *t);

enum tls_state {
	TLS_DONE,
	TLS_WANTS_READ,
	TLS_WANTS_WRITE,
	TLS_CLOSED, /* by the server */
	TLS_LOST, /* errno says why */
	TLS_FAILED, /* err says why, tls_trouble what kind it is */
};
/* Why it failed, for who knows what is to be done. */
enum tls_trouble {
	TLS_TROUBLE, /* any other */
	TLS_UNTRUSTED, /* nobody we trust has signed it */
	TLS_OTHER_HOST, /* the certificate is another's */
	TLS_OUT_OF_DATE, /* it has expired, or is not yet valid */
	TLS_PLAIN, /* what answers does not speak TLS */
	TLS_WANTS_OURS, /* it wants a certificate of ours, or another than ours */
};

enum tls_state tls_shake(struct tls *t, struct err *err);
/* At most size bytes; *n: how many it were, at least one where it is done. */
enum tls_state tls_read(struct tls *t, void *bytes, size_t size, size_t *n, struct err *err);
enum tls_state tls_write(struct tls *t, const void *bytes, size_t size, size_t *n, struct err *err);
enum tls_trouble tls_trouble(const struct tls *t);

#endif
