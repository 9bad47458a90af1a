#ifndef POSTIGO_MAIL_OAUTH_H
#define POSTIGO_MAIL_OAUTH_H

/*
 * oauth: access tokens for XOAUTH2 (RFC 6749): one that was given, or fresh
 * ones by a refresh token, from a file or from a command (token.h).
 *
 * Invariants: https alone, with the peer verified; no redirects; an answer
 * has at most OAUTH_ANSWER_MAX octets and OAUTH_WAIT_S; a token is kept in
 * memory until a minute before it ends (from a file: it is read each time) and
 * is never written anywhere, nor is any secret part of a text.
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
#define OAUTH_EARLY_S 600 /* before its end a token is replaced */
#define OAUTH_AGAIN_S 60  /* between two tries of that */
#define OAUTH_QUIET_S 300 /* a command that says no life is not run again */
#define OAUTH_ALARM_S (7 * 86400) /* before a refresh token ends */

struct oauth;

/* Once, before any thread starts. */
void oauth_start(void);

/*
 * settings  oauth_token_url, oauth_client_id, oauth_token_file,
 *           oauth_token_command: at most one of the three sources
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
 * OUT_PERM  NET_AUTH: the refresh was refused, with the server's word; a
 *           file's token has ended; NET_TLS
 */
enum outcome oauth_token(struct oauth *o, const struct net_cancel *cancel,
			 char **out, struct err *e) MUST_CHECK;

/*
 * Called now and then, so that a token which ends soon is replaced while the
 * old one still works, and somebody hears of it if that fails.
 * text  why it fails, until when the token is good, or that the refresh token
 *       ends within OAUTH_ALARM_S; "" if all is well. n octets of room.
 */
void oauth_renew(struct oauth *o, const struct net_cancel *cancel, char *text,
		 size_t n);

/* The last token was refused: fetch another one next time. */
void oauth_forget(struct oauth *o);

#endif
