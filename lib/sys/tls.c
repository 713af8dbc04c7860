/* SPDX-License-Identifier: MIT */
/* tls - the client's side of TLS, by libssl. */
#include "sys/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/die.h"
#include "base/mem.h"
#include "sys/tls_words.h"

struct tls {
	int fd;
	SSL_CTX *context;
	SSL *ssl;
	BIO_METHOD *method;
	bool has_own; /* a certificate of ours */
	bool ended; /* the server has closed the socket */
	int errnum; /* of the socket */
	enum tls_trouble trouble;
	struct buf why; /* what is wrong with the certificate, in words */
};

/* --- the socket, without SIGPIPE --- */

static int
socket_result(BIO *bio, ssize_t n, int retry)
{
	struct tls *t = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	t->errnum = n < 0 ? errno : 0;
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
	return (int)n;
}

static int
socket_write(BIO *bio, const char *bytes, int size)
{
	const struct tls *t = BIO_get_data(bio);

	return socket_result(
	    bio, send(t->fd, bytes, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT), BIO_FLAGS_WRITE);
}

static int
socket_read(BIO *bio, char *bytes, int size)
{
	struct tls *t = BIO_get_data(bio);
	ssize_t n = recv(t->fd, bytes, (size_t)size, MSG_DONTWAIT);

	t->ended |= n == 0;
	return socket_result(bio, n, BIO_FLAGS_READ);
}

static long
socket_control(BIO *bio, int what, long number, void *at)
{
	const struct tls *t = BIO_get_data(bio);

	(void)number;
	(void)at;
	if (what == BIO_CTRL_EOF)
		return t->ended;
	return what == BIO_CTRL_FLUSH; /* nothing is kept back */
}

static void
attach_socket(struct tls *t)
{
	BIO *bio;

	t->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
	if (!t->method)
		die(EXIT_SYSTEM, "out of memory");
	/* These only set what was made just now. */
	(void)BIO_meth_set_write(t->method, socket_write);
	(void)BIO_meth_set_read(t->method, socket_read);
	(void)BIO_meth_set_ctrl(t->method, socket_control);
	bio = BIO_new(t->method);
	if (!bio)
		die(EXIT_SYSTEM, "out of memory");
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
}

/* --- it is made --- */

/* The first thing that is wrong ends it. */
static int
verify(int well, X509_STORE_CTX *chain)
{
	const SSL *ssl;
	struct tls *t;

	if (well)
		return 1;
	ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
	t = SSL_get_app_data(ssl);
	buf_reset(&t->why);
	t->trouble = tls_words(
	    X509_STORE_CTX_get_error(chain), X509_STORE_CTX_get_current_cert(chain), &t->why);
	return 0;
}

static const char *
reason(void)
{
	unsigned long code = ERR_peek_error();
	const char *text;

	if (ERR_GET_LIB(code) == ERR_LIB_SYS)
		return strerror(ERR_GET_REASON(code));
	text = code ? ERR_reason_error_string(code) : NULL;
	return text ? text : "unknown error";
}

/* OpenSSL would ask at the terminal. */
static int
refuse_passphrase(char *out, int size, int writing, void *user)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)user;
	return -1;
}

static int
trust(struct tls *t, const struct tls_config *c, struct err *err)
{
	bool named = c->ca_file || c->ca_dir;

	ERR_clear_error();
	if (named ? SSL_CTX_load_verify_locations(t->context, c->ca_file, c->ca_dir) == 1
		  : SSL_CTX_set_default_verify_paths(t->context) == 1)
		return 0;
	return err_set(err, EXIT_CONFIG, "cannot read the certificates to trust from %s: %s",
	    c->ca_file  ? c->ca_file
	    : c->ca_dir ? c->ca_dir
			: "the system",
	    reason());
}

static int
show(struct tls *t, const struct tls_config *c, struct err *err)
{
	const char *key = c->key_file ? c->key_file : c->cert_file;

	t->has_own = c->cert_file != NULL;
	if (!t->has_own)
		return 0;
	ERR_clear_error();
	SSL_CTX_set_default_passwd_cb(t->context, refuse_passphrase);
	if (SSL_CTX_use_certificate_chain_file(t->context, c->cert_file) != 1)
		return err_set(err, EXIT_CONFIG, "cannot read our certificate from %s: %s",
		    c->cert_file, reason());
	if (SSL_CTX_use_PrivateKey_file(t->context, key, SSL_FILETYPE_PEM) != 1)
		return err_set(err, EXIT_CONFIG, "cannot use the key in %s: %s", key, reason());
	return 0;
}

/* The name is told to the server, who may have several; an address is not (RFC 6066, 3). */
static int
expect_host(struct tls *t, const char *host, struct err *err)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(t->ssl);
	unsigned char address[sizeof(struct in6_addr)];
	bool is_address = inet_pton(AF_INET, host, address) == 1 ||
			  inet_pton(AF_INET6, host, address) == 1;

	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (is_address ? X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1
		       : X509_VERIFY_PARAM_set1_host(param, host, 0) == 1 &&
			     SSL_set_tlsext_host_name(t->ssl, host) == 1)
		return 0;
	return err_set(err, EXIT_CONFIG, "%.80s is no host's name", host);
}

struct tls *
tls_new(int fd, const struct tls_config *config, struct err *err)
{
	struct tls *t = xcalloc(1, sizeof *t);

	t->fd = fd;
	buf_init(&t->why, BUF_UNLIMITED);
	t->context = SSL_CTX_new(TLS_client_method());
	if (!t->context || SSL_CTX_set_min_proto_version(t->context, TLS1_2_VERSION) != 1)
		die(EXIT_SYSTEM, "libssl can't be used: %s", reason());
	SSL_CTX_set_verify(t->context, SSL_VERIFY_PEER, verify);
	(void)SSL_CTX_set_mode(t->context, /* returns what is set */
	    SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (trust(t, config, err) < 0 || show(t, config, err) < 0) {
		tls_free(t);
		return NULL;
	}
	t->ssl = SSL_new(t->context);
	if (!t->ssl)
		die(EXIT_SYSTEM, "out of memory");
	(void)SSL_set_app_data(t->ssl, t); /* only memory could fail it, and it was just had */
	attach_socket(t);
	if (expect_host(t, config->host, err) < 0) {
		tls_free(t);
		return NULL;
	}
	return t;
}

void
tls_free(struct tls *t)
{
	if (!t)
		return;
	ERR_clear_error();
	if (t->ssl && SSL_is_init_finished(t->ssl))
		(void)SSL_shutdown(t->ssl); /* a courtesy */
	ERR_clear_error();
	SSL_free(t->ssl);
	SSL_CTX_free(t->context);
	BIO_meth_free(t->method);
	buf_release(&t->why);
	free(t);
}

/* --- it is used --- */

/* What OpenSSL says for servers that do not speak TLS, and for what they think of us. */
static enum tls_trouble
trouble_of(const struct tls *t, int reason_code)
{
	switch (reason_code) {
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
	case SSL_R_HTTP_REQUEST:
	case SSL_R_UNKNOWN_PROTOCOL:
		return TLS_PLAIN;
	case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE: /* TLS 1.2's word for it, among others */
		return t->has_own ? TLS_TROUBLE : TLS_WANTS_OURS;
	case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
	case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
	case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
		return TLS_WANTS_OURS;
	default:
		return TLS_TROUBLE;
	}
}

static enum tls_state
fail(struct tls *t, struct err *err)
{
	if (t->why.len) {
		/* What is out of date is the server's concern; all else may be our configuration.
		 */
		(void)err_set(err, t->trouble == TLS_OUT_OF_DATE ? EXIT_IO : EXIT_CONFIG,
		    "the server's certificate %s", t->why.p);
		return TLS_FAILED;
	}
	t->trouble = trouble_of(t, ERR_GET_REASON(ERR_peek_error()));
	if (t->trouble == TLS_PLAIN)
		(void)err_set(err, EXIT_CONFIG, "what answers there does not speak TLS");
	else if (t->trouble == TLS_WANTS_OURS)
		(void)err_set(err, EXIT_CONFIG, "%s: %s",
		    t->has_own ? "the server does not accept our certificate"
			       : "the server wants a certificate of ours",
		    reason());
	else
		(void)err_set(err, EXIT_IO, "TLS failed: %s", reason());
	return TLS_FAILED;
}

/* OpenSSL 3 calls it an error where the socket is closed without a farewell. */
static bool
is_end(int reason_code)
{
#if defined(SSL_R_UNEXPECTED_EOF_WHILE_READING)
	return reason_code == SSL_R_UNEXPECTED_EOF_WHILE_READING;
#else
	return reason_code < 0;
#endif
}

static enum tls_state
state_after(struct tls *t, int rc, struct err *err)
{
	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_NONE:
		return TLS_DONE;
	case SSL_ERROR_WANT_READ:
		return TLS_WANTS_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANTS_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	case SSL_ERROR_SSL:
		return is_end(ERR_GET_REASON(ERR_peek_error())) ? TLS_CLOSED : fail(t, err);
	default:
		errno = t->errnum;
		return t->errnum ? TLS_LOST : TLS_CLOSED;
	}
}

enum tls_state
tls_shake(struct tls *t, struct err *err)
{
	ERR_clear_error();
	return state_after(t, SSL_connect(t->ssl), err);
}

enum tls_state
tls_read(struct tls *t, void *bytes, size_t size, size_t *n, struct err *err)
{
	ERR_clear_error();
	return state_after(t, SSL_read_ex(t->ssl, bytes, size, n), err);
}

enum tls_state
tls_write(struct tls *t, const void *bytes, size_t size, size_t *n, struct err *err)
{
	ERR_clear_error();
	return state_after(t, SSL_write_ex(t->ssl, bytes, size, n), err);
}

enum tls_trouble
tls_trouble(const struct tls *t)
{
	return t->trouble;
}
