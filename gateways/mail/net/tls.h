#ifndef POSTIGO_MAIL_TLS_H
#define POSTIGO_MAIL_TLS_H

/*
 * tls: OpenSSL, for one connection to a server whose name we know.
 *
 * Invariants: at least TLS 1.2; the chain must lead to a trusted certificate
 * and the name or address must be in the server's, or the handshake fails;
 * nothing blocks, nothing raises SIGPIPE; no renegotiation, no compression.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"

struct tls;

enum tls_io {
	TLS_DONE,
	TLS_WANT_READ,  /* again when the socket can be read */
	TLS_WANT_WRITE, /* again when it can be written */
	TLS_END,        /* the peer closed, with or without a notice */
	TLS_BROKEN      /* no more of it */
};

/*
 * fd       a connected, non-blocking socket; stays the caller's
 * host     the name or address that the certificate must carry
 * ca_file  PEM: these certificates alone are trusted, each by itself (so a
 *          server's own one can be named); NULL: the system's store
 * OUT_PERM (NET_TLS): the file cannot be read
 */
enum outcome tls_new(int fd, const char *host, const char *ca_file,
		     struct tls **out, struct err *e) MUST_CHECK;
void tls_free(struct tls **t);

/* Shake hands. TLS_BROKEN: *e says why, in words, class NET_TLS. */
enum tls_io tls_handshake(struct tls *t, struct err *e);

/* n_out is set with TLS_DONE only, and is then above 0. */
enum tls_io tls_read(struct tls *t, void *p, size_t n, size_t *n_out);
enum tls_io tls_write(struct tls *t, const void *p, size_t n, size_t *n_out);

/*
 * Is there something to read (octets, or the end)? What TLS exchanges for
 * itself is none of it. Does not wait.
 */
bool tls_ready(struct tls *t);

/* Say that we close; does not wait. */
void tls_bye(struct tls *t);

#endif
