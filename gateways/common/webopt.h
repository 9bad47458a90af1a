#ifndef POSTIGO_WEBOPT_H
#define POSTIGO_WEBOPT_H

/*
 * webopt: the options of a gateway that has a server: those of every gateway
 * (gw.h), those of every server, and its own.
 */

#include <stdbool.h>
#include <stddef.h>

#include "gateways/common/gw.h"
#include "gateways/common/server.h"

#define WEBOPT_PROXIES 32 /* --trusted-proxy may be given so often */

/*
 * Before webopt_read() the caller fills what stands first, and its defaults in
 * `server`. Words that were read are borrowed.
 */
struct webopt {
	const char *role;    /* "shop": of the socket */
	const char *program; /* "postigo-shop" */
	const char *usage;   /* what --help prints */
	/* An option of the program's own, with its value. false: it is none,
	 * or the value is wrong. NULL: it has none. */
	bool (*own)(void *arg, const char *name, const char *value);
	void *arg;
	struct server_options server;
	/* set by webopt_read() */
	struct gw_options gw;
	const char *proxies[WEBOPT_PROXIES];
};

/*
 * Read the line: the options of gw.h, --listen, --tls-cert, --tls-key and
 * --trusted-proxy, those of `own`. What is wrong is said on standard error;
 * --help and --version are answered.
 *
 * Gives -1: go on, and webopt_release() later; else the exit code.
 */
int webopt_read(struct webopt *o, int argc, char **argv) MUST_CHECK;
void webopt_release(struct webopt *o);

/*
 * The scheme and the host of a --public-url, as it was given.
 * host_out  new, with its port if it has one
 * OUT_PERM  it is not https://HOST[:PORT] or http://HOST[:PORT]
 */
enum outcome webopt_public(const char *url, bool *https_out, char **host_out,
			   struct err *e) MUST_CHECK;

#endif
