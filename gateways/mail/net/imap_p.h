#ifndef POSTIGO_MAIL_IMAP_P_H
#define POSTIGO_MAIL_IMAP_P_H

/* imap_p: what the imap*.c files share. */

#include <libetpan/libetpan.h>

#include "gateways/mail/net/imap.h"

struct guard;
struct stream;

struct imap {
	struct stream *stream;
	struct guard *guard;
	mailimap *etpan;
	bool can_idle;
	bool can_move;
	bool can_uidplus;
	bool can_esearch;
	bool can_condstore;
	bool can_enable;
	bool can_plain; /* AUTH=PLAIN */
	bool can_xoauth2;
	bool can_ir; /* SASL-IR */
	bool no_login;
	bool can_starttls;
	bool selected;
	uint64_t news_known; /* guard_news() when we last looked */
};

/* imap_open() on a stream that is there already (taken), for tests too. */
enum outcome imap_open_over(struct stream *stream,
			    const struct net_server *server,
			    const struct net_login *login, struct imap **out,
			    struct err *e) MUST_CHECK;

/* A new request: time and octets of its reply. OUT_OK unless it is dead. */
enum outcome imap_begin(struct imap *i, int64_t wait_ms, size_t read_max,
			size_t lines_max, size_t literal_max,
			struct err *e) MUST_CHECK;

/* As imap_begin() for a request with a short reply. */
enum outcome imap_begin_short(struct imap *i, struct err *e) MUST_CHECK;

/*
 * What libetpan's result means. A NO leaves the session alive and is
 * OUT_PERM or, where the server says it is for now, OUT_TEMP; all else that
 * is not success ends it.
 * what  "the folder could not be selected": said before the server's words
 */
enum outcome imap_result(struct imap *i, int r, const char *what,
			 struct err *e) MUST_CHECK;

/* As above, from what the guard saw, after a request of our own. */
enum outcome imap_status(struct imap *i, const char *what,
			 struct err *e) MUST_CHECK;

/* OUT_PERM unless a folder is selected. */
enum outcome imap_need_folder(const struct imap *i, struct err *e) MUST_CHECK;

/* A folder's name on the wire into wire. OUT_PERM, NET_NO_FOLDER. */
struct buf;
enum outcome imap_wire_name(struct buf *wire, const char *folder,
			    struct err *e) MUST_CHECK;
#define IMAP_WIRE_MAX 2000

#define IMAP_TAG "P1" /* of requests of our own */

/*
 * Send a line (libetpan's buffer keeps nothing of it); the next line without
 * its end, NULL: the stream is dead; is it the end of our request?
 */
bool imap_raw_say(struct imap *i, const char *line);
const char *imap_raw_line(struct imap *i);
bool imap_raw_end(const char *line);

/* Have HIGHESTMODSEQ told by servers that can (RFC 7162): some do not say it
 * unasked. A refusal is no failure. */
enum outcome imap_enable(struct imap *i, struct err *e) MUST_CHECK;

/* Read the capabilities into the can_... members. */
enum outcome imap_capabilities(struct imap *i, struct err *e) MUST_CHECK;

enum outcome imap_log_in(struct imap *i, const struct net_login *login,
			 struct err *e) MUST_CHECK;

/* Is the mail with that UID in a FETCH's reply? */
bool imap_list_has(const clist *list, uint32_t uid);

/* Do the guard's words begin with that response code, "TRYCREATE"? */
bool imap_said(const struct imap *i, const char *code);

#endif
