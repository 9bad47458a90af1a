#ifndef POSTIGO_MAILSET_H
#define POSTIGO_MAILSET_H

/*
 * mailset: the settings and secrets of one mailbox by network, read once and
 * never changed: other settings make another mailbox. Used by its threads at
 * the same time.
 *
 * Source: schema/PROTOCOL.md, "Connections", kind `mailbox`.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "gateways/mail/net/net.h"

struct oauth;

enum handled {
	HANDLED_FLAG, /* \Seen */
	HANDLED_MOVE,
	HANDLED_LEAVE
};

/* What of the mails that lay there when the folder was first opened? */
enum start {
	START_NEW, /* none of them */
	START_ALL,
	START_SINCE /* those of a day and later */
};

/* A server and who we are there. */
struct account {
	char *host; /* NULL: none */
	uint16_t port;
	enum net_security security;
	char *user;
	char *password; /* NULL with tokens */
};

struct mailset {
	char *name;
	char *address;
	struct account imap;
	struct account smtp;
	char *folder;
	enum handled handled;
	char *handled_folder; /* NULL unless handled is HANDLED_MOVE */
	enum start start;
	int64_t since_ms; /* START_SINCE: the day's first instant, UTC */
	int poll_s;
	char *sent_folder;   /* NULL: no copies */
	char *ca_file;       /* NULL: the system's */
	struct oauth *oauth; /* NULL: passwords */
};

/*
 * Read a MyConnection.
 * OUT_PERM  something is missing or wrong: the text says what
 */
enum outcome mailset_read(const json_t *connection, struct mailset **out,
			  struct err *e) MUST_CHECK;
void mailset_free(struct mailset **s);

/* The server of an account, borrowing from both. */
struct net_server mailset_server(const struct mailset *s,
				 const struct account *a,
				 struct net_cancel *cancel);

/*
 * What to log in with; may ask the token server and wait for it.
 * out        borrows from s and from *token_out
 * token_out  owned by the caller (mem_free), NULL with a password
 *
 * OUT_TEMP, OUT_PERM  no token could be had; classes as in net.h
 */
enum outcome mailset_login(struct mailset *s, const struct account *a,
			   const struct net_cancel *cancel,
			   struct net_login *out, char **token_out,
			   struct err *e) MUST_CHECK;

/* A log-in was refused: a token that is kept is not used again. */
void mailset_refused(struct mailset *s);

/*
 * Now and then: a token that ends soon is replaced before it does. What is
 * to be told of it goes to text, "" if nothing: a token that ends and could
 * not be replaced.
 */
void mailset_renew(struct mailset *s, const struct net_cancel *cancel,
		   char *text, size_t n);

#endif
