#ifndef POSTIGO_MAIL_OAUTH_H
#define POSTIGO_MAIL_OAUTH_H

/*
 * oauth: access tokens for XOAUTH2 (RFC 6749): one that was given, or fresh
 * ones by a refresh token.
 *
 * Invariants: https alone, with the peer verified; no redirects; an answer
 * has at most OAUTH_ANSWER_MAX octets and OAUTH_WAIT_S; a token is kept in
 * memory until a minute before it ends and is never written anywhere, nor is
 * any secret part of a text.
 *
 * Safe to use from several threads.
 */

#include <jansson.h>

#include "gateways/mail/net/net.h"

#define OAUTH_ANSWER_MAX ((size_t)64 * 1024)
#define OAUTH_WAIT_S 20
#define OAUTH_SPARE_S 60  /* of a token's life, not used */
#define OAUTH_LIFE_S 3600 /* of a token that does not say */
#define OAUTH_LIFE_S_MAX 86400

struct oauth;

/* Once, before any thread starts. */
void oauth_start(void);

/*
 * settings  oauth_token_url, oauth_client_id
 * secrets   access_token, oauth_client_secret, oauth_refresh_token
 * ca_file   copied; NULL: the system's certificates
 *
 * OUT_PERM  something is missing, or the URL is not https
 */
enum outcome oauth_new(const json_t *settings, const json_t *secrets,
		       const char *ca_file, struct oauth **out,
		       struct err *e) MUST_CHECK;
void oauth_free(struct oauth **o);

/*
 * A token that is good now.
 * cancel  ends the wait; NULL: none
 * out     fresh memory
 *
 * OUT_TEMP  NET_NETWORK, NET_PROTOCOL, NET_CANCELLED
 * OUT_PERM  NET_AUTH: the refresh was refused, with the server's word;
 *           NET_TLS
 */
enum outcome oauth_token(struct oauth *o, const struct net_cancel *cancel,
			 char **out, struct err *e) MUST_CHECK;

/* The last token was refused: fetch another one next time. */
void oauth_forget(struct oauth *o);

#endif
