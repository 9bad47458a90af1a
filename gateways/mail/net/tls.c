/*
 * tls: see the header. What a certificate says is text from outside: it goes
 * through net_words() before anybody reads it.
 */
#include "gateways/mail/net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/mail/net/net.h"

#define NAMES_SHOWN 3
#define NAME_BYTES 80

struct tls {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO_METHOD *method;
	int fd;
	char *host;
	int refused;       /* X509_V_ERR_..., 0: none */
	struct buf reason; /* in words, after "the certificate of HOST " */
};

/* --- the socket: as OpenSSL's own, without SIGPIPE ----------------------- */

static int
sock_write(BIO *b, const char *p, int n)
{
	const struct tls *t = BIO_get_data(b);
	ssize_t k;

	BIO_clear_retry_flags(b);
	do
		k = send(t->fd, p, (size_t)n, MSG_NOSIGNAL);
	while (k < 0 && errno == EINTR);
	if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		BIO_set_retry_write(b);
	return (int)k;
}

static int
sock_read(BIO *b, char *p, int n)
{
	const struct tls *t = BIO_get_data(b);
	ssize_t k;

	BIO_clear_retry_flags(b);
	do
		k = recv(t->fd, p, (size_t)n, 0);
	while (k < 0 && errno == EINTR);
	if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		BIO_set_retry_read(b);
	return (int)k;
}

static long
sock_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	(void)b;
	(void)num;
	(void)ptr;
	return cmd == BIO_CTRL_FLUSH;
}

static BIO *
sock_bio(struct tls *t)
{
	BIO *b;

	t->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "postigo");
	if (t->method == NULL)
		return NULL;
	BIO_meth_set_write(t->method, sock_write);
	BIO_meth_set_read(t->method, sock_read);
	BIO_meth_set_ctrl(t->method, sock_ctrl);
	b = BIO_new(t->method);
	if (b == NULL)
		return NULL;
	BIO_set_data(b, t);
	BIO_set_init(b, 1);
	return b;
}

/* --- why a certificate is refused ---------------------------------------- */

static void
put_date(struct buf *out, const ASN1_TIME *at)
{
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	if (ASN1_TIME_to_tm(at, &tm) == 1)
		buf_printf(out, "%04d-%02d-%02d", tm.tm_year + 1900,
			   tm.tm_mon + 1, tm.tm_mday);
	else
		buf_puts(out, "an unreadable date");
}

static void
put_name(struct buf *out, int *shown, const char *p, size_t n)
{
	if (*shown == NAMES_SHOWN)
		buf_puts(out, ", ...");
	if ((*shown)++ >= NAMES_SHOWN)
		return;
	if (*shown > 1)
		buf_puts(out, ", ");
	net_words(out, p, n, NAME_BYTES);
}

/* One alternative name, if it is one of a host. */
static void
put_alternative(struct buf *out, int *shown, const GENERAL_NAME *g)
{
	const ASN1_STRING *s;
	const unsigned char *p;
	char ip[INET6_ADDRSTRLEN];
	int n;

	if (g->type != GEN_DNS && g->type != GEN_IPADD)
		return;
	s = g->type == GEN_DNS ? g->d.dNSName : g->d.iPAddress;
	p = ASN1_STRING_get0_data(s);
	n = ASN1_STRING_length(s);
	if (g->type == GEN_DNS)
		put_name(out, shown, (const char *)p, (size_t)n);
	else if ((n == 4 || n == 16) &&
		 inet_ntop(n == 4 ? AF_INET : AF_INET6, p, ip, sizeof(ip)))
		put_name(out, shown, ip, strlen(ip));
}

/* Whom a certificate is for: its alternative names, else its common name. */
static void
put_names(struct buf *out, X509 *cert)
{
	GENERAL_NAMES *all =
		X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	char cn[256];
	int shown = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(all); i++)
		put_alternative(out, &shown, sk_GENERAL_NAME_value(all, i));
	GENERAL_NAMES_free(all);
	if (shown > 0)
		return;
	if (X509_NAME_get_text_by_NID(X509_get_subject_name(cert),
				      NID_commonName, cn, sizeof(cn)) > 0)
		put_name(out, &shown, cn, strlen(cn));
	else
		buf_puts(out, "nobody");
}

/* Called for each certificate of the chain; ok: fine so far. */
static int
on_verify(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
		store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_get_app_data(ssl);
	X509 *cert = X509_STORE_CTX_get_current_cert(store);

	if (ok || t->refused != 0)
		return ok;
	t->refused = X509_STORE_CTX_get_error(store);
	switch (t->refused) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		buf_puts(&t->reason, "is for ");
		if (cert != NULL)
			put_names(&t->reason, cert);
		buf_printf(&t->reason, ", not for %.100s", t->host);
		break;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		if (X509_STORE_CTX_get_error_depth(store) > 0)
			buf_puts(&t->reason, "is signed by one that ");
		buf_puts(&t->reason, "expired on ");
		put_date(&t->reason, X509_get0_notAfter(cert));
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		if (X509_STORE_CTX_get_error_depth(store) > 0)
			buf_puts(&t->reason, "is signed by one that ");
		buf_puts(&t->reason, "is not valid before ");
		put_date(&t->reason, X509_get0_notBefore(cert));
		break;
	default:
		buf_printf(&t->reason, "does not verify: %s",
			   X509_verify_cert_error_string(t->refused));
	}
	return 0;
}

/* --- life ---------------------------------------------------------------- */

static enum outcome
trust(SSL_CTX *ctx, const char *ca_file, struct err *e)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);

	if (ca_file == NULL) {
		if (SSL_CTX_set_default_verify_paths(ctx) == 1)
			return OUT_OK;
		return err_code(e, OUT_PERM, NET_TLS,
				"the system's certificates cannot be read");
	}
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	if (SSL_CTX_load_verify_file(ctx, ca_file) == 1)
		return OUT_OK;
	return err_code(e, OUT_PERM, NET_TLS,
			"no certificates can be read from '%.200s'", ca_file);
}

/* The name or address that must be in the certificate; SNI for a name. */
static bool
expect(SSL *ssl, const char *host)
{
	unsigned char ip[16];

	if (inet_pton(AF_INET, host, ip) == 1 ||
	    inet_pton(AF_INET6, host, ip) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl),
						     host) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, host) == 1 &&
	       SSL_set_tlsext_host_name(ssl, host) == 1;
}

enum outcome
tls_new(int fd, const char *host, const char *ca_file, struct tls **out,
	struct err *e)
{
	struct tls *t = mem_new(1, sizeof(*t));
	enum outcome o = OUT_OK;
	BIO *bio;

	*out = NULL;
	t->fd = fd;
	t->host = mem_strdup(host);
	buf_init(&t->reason, 400);
	ERR_clear_error();
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (t->ctx == NULL)
		goto broken;
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, on_verify);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
					 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					 SSL_MODE_AUTO_RETRY |
					 SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_options(t->ctx,
			    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	if (SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION) != 1)
		goto broken;
	o = trust(t->ctx, ca_file, e);
	if (o != OUT_OK)
		goto out;
	t->ssl = SSL_new(t->ctx);
	if (t->ssl == NULL || !expect(t->ssl, host))
		goto broken;
	SSL_set_app_data(t->ssl, t);
	bio = sock_bio(t);
	if (bio == NULL)
		goto broken;
	SSL_set_bio(t->ssl, bio, bio);
	SSL_set_connect_state(t->ssl);
	*out = t;
	return OUT_OK;
broken:
	o = err_code(e, OUT_PERM, NET_TLS, "TLS cannot be set up for '%.100s'",
		     host);
out:
	ERR_clear_error();
	tls_free(&t);
	return o;
}

void
tls_free(struct tls **t)
{
	if (*t == NULL)
		return;
	SSL_free((*t)->ssl);
	SSL_CTX_free((*t)->ctx);
	if ((*t)->method != NULL)
		BIO_meth_free((*t)->method);
	buf_release(&(*t)->reason);
	mem_free((*t)->host);
	MEM_CLEAR(t);
}

/* --- octets -------------------------------------------------------------- */

static enum tls_io
io_of(struct tls *t, int r)
{
	switch (SSL_get_error(t->ssl, r)) {
	case SSL_ERROR_NONE:
		return TLS_DONE;
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_END;
	case SSL_ERROR_SYSCALL:
		return TLS_END;
	default:
		if (ERR_GET_REASON(ERR_peek_error()) ==
		    SSL_R_UNEXPECTED_EOF_WHILE_READING)
			return TLS_END;
		return TLS_BROKEN;
	}
}

static void
say_why(struct tls *t, enum tls_io io, unsigned long error, struct err *e)
{
	const char *text;

	if (t->refused != 0) {
		err_code(e, OUT_PERM, NET_TLS, "the certificate of %.100s %s",
			 t->host, buf_str(&t->reason));
		return;
	}
	if (io == TLS_END) {
		err_code(e, OUT_TEMP, NET_NETWORK,
			 "'%.100s' closed the connection while TLS was set up",
			 t->host);
		return;
	}
	text = ERR_reason_error_string(error);
	err_code(e, OUT_PERM, NET_TLS, "TLS with '%.100s' failed: %s", t->host,
		 text != NULL ? text : "unknown reason");
}

enum tls_io
tls_handshake(struct tls *t, struct err *e)
{
	enum tls_io io;
	int r;

	ERR_clear_error();
	r = SSL_do_handshake(t->ssl);
	if (r == 1 && SSL_get_verify_result(t->ssl) == X509_V_OK)
		return TLS_DONE;
	io = r == 1 ? TLS_BROKEN : io_of(t, r);
	if (io == TLS_END || io == TLS_BROKEN) {
		say_why(t, io, ERR_peek_error(), e);
		io = TLS_BROKEN;
	}
	ERR_clear_error();
	return io;
}

enum tls_io
tls_read(struct tls *t, void *p, size_t n, size_t *n_out)
{
	enum tls_io io;
	int r;

	ERR_clear_error();
	r = SSL_read_ex(t->ssl, p, n, n_out);
	io = r == 1 ? TLS_DONE : io_of(t, r);
	ERR_clear_error();
	return io;
}

enum tls_io
tls_write(struct tls *t, const void *p, size_t n, size_t *n_out)
{
	enum tls_io io;
	int r;

	ERR_clear_error();
	r = SSL_write_ex(t->ssl, p, n, n_out);
	io = r == 1 ? TLS_DONE : io_of(t, r);
	ERR_clear_error();
	return io;
}

bool
tls_ready(struct tls *t)
{
	size_t n;
	char c;
	bool ready;

	ERR_clear_error();
	ready = SSL_peek_ex(t->ssl, &c, 1, &n) == 1 ||
		SSL_get_error(t->ssl, 0) != SSL_ERROR_WANT_READ;
	ERR_clear_error();
	return ready;
}

void
tls_bye(struct tls *t)
{
	ERR_clear_error();
	if (SSL_is_init_finished(t->ssl))
		SSL_shutdown(t->ssl);
	ERR_clear_error();
}
