/* imap_read: mails' octets, and waiting for new ones. */
#include <string.h>

#include "daemon/base/clock.h"
#include "gateways/mail/net/guard.h"
#include "gateways/mail/net/imap_p.h"
#include "gateways/mail/net/stream.h"

#define FETCH_LINES 2000
#define SLICE_ROOM ((size_t)512 * 1024) /* a slice and what surrounds it */
#define ROUNDS_FAST 5  /* of IDLE that something interrupts at once */
#define ROUNDS_MAX 500 /* then the caller looks by itself */
#define PAUSE_MS 1000

/* --- octets -------------------------------------------------------------- */

static enum outcome
protocol(struct imap *i, const char *what, struct err *e)
{
	stream_fail(i->stream, OUT_TEMP, NET_PROTOCOL,
		    "'%.100s' breaks the protocol: %s", stream_host(i->stream),
		    what);
	return stream_fault(i->stream, e);
}

static const struct mailimap_msg_att_body_section *
section_of(const struct mailimap_msg_att *att, uint32_t uid)
{
	const struct mailimap_msg_att_body_section *found = NULL;
	bool ours = false;

	for (clistiter *at = clist_begin(att->att_list); at != NULL;
	     at = clist_next(at)) {
		const struct mailimap_msg_att_item *item = clist_content(at);
		const struct mailimap_msg_att_static *s;

		if (item->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC)
			continue;
		s = item->att_data.att_static;
		if (s->att_type == MAILIMAP_MSG_ATT_UID)
			ours = s->att_data.att_uid == uid;
		else if (s->att_type == MAILIMAP_MSG_ATT_BODY_SECTION)
			found = s->att_data.att_body_section;
	}
	return ours ? found : NULL;
}

/* One slice's request. *list is to be freed unless NULL, also on failure. */
static enum outcome
ask_slice(struct imap *i, uint32_t uid, uint32_t from, uint32_t n, clist **list,
	  struct err *e)
{
	struct mailimap_set *set;
	struct mailimap_fetch_type *type;
	enum outcome o =
		imap_begin(i, IMAP_SLICE_MS, SLICE_ROOM, FETCH_LINES, n, e);
	int r;

	*list = NULL;
	if (o != OUT_OK)
		return o;
	set = mailimap_set_new_single(uid);
	type = mailimap_fetch_type_new_fetch_att_list_empty();
	mailimap_fetch_type_new_fetch_att_list_add(
		type, mailimap_fetch_att_new_uid());
	mailimap_fetch_type_new_fetch_att_list_add(
		type, mailimap_fetch_att_new_body_peek_section_partial(
			      mailimap_section_new(NULL), from, n));
	r = mailimap_uid_fetch(i->etpan, set, type, list);
	mailimap_set_free(set);
	mailimap_fetch_type_free(type);
	if (r != MAILIMAP_NO_ERROR)
		*list = NULL; /* freed by libetpan, or never set */
	o = imap_result(i, r, "the mail cannot be read", e);
	/* OVERQUOTA is of the account here, and passes: no word on the mail. */
	if (o != OUT_OK && !stream_dead(i->stream) &&
	    net_class(e) == NET_C_TOO_BIG)
		o = err_code(e, OUT_TEMP, NET_REFUSED,
			     "the mail cannot be read: '%s'",
			     guard_words(i->guard));
	return o;
}

struct slice {
	uint32_t from;
	uint32_t asked;
	size_t got;
};

static enum outcome
give_slice(struct imap *i, const clist *list, uint32_t uid, struct slice *s,
	   imap_sink *sink, void *ctx, struct err *e)
{
	const struct mailimap_msg_att_body_section *found = NULL;

	for (clistiter *at = list != NULL ? clist_begin(list) : NULL;
	     at != NULL && found == NULL; at = clist_next(at))
		found = section_of(clist_content(at), uid);
	if (found == NULL)
		return err_code(e, OUT_PERM, NET_GONE,
				"the mail is no longer in the folder");
	if (found->sec_body_part == NULL)
		return s->from > 0 ? OUT_OK
				   : err_code(e, OUT_PERM, NET_REFUSED,
					      "'%.100s' has no octets of "
					      "the mail",
					      stream_host(i->stream));
	if (found->sec_length > s->asked || found->sec_origin_octet != s->from)
		return protocol(i, "another slice than we asked for", e);
	s->got = found->sec_length;
	if (s->got > 0 && !sink(ctx, found->sec_body_part, s->got))
		return err_code(e, OUT_PERM, NET_TOO_BIG,
				"the rest of the mail is not wanted");
	return OUT_OK;
}

/* Sinks nothing: an octet here is one too many. */
static bool
refuse(void *ctx, const void *p, size_t n)
{
	(void)ctx;
	(void)p;
	(void)n;
	return false;
}

enum outcome
imap_fetch(struct imap *i, uint32_t uid, size_t max_bytes, imap_sink *sink,
	   void *ctx, size_t *n_out, struct err *e)
{
	enum outcome o = imap_need_folder(i, e);
	bool more = true;
	size_t total = 0;

	if (max_bytes > INT32_MAX)
		max_bytes = INT32_MAX;
	while (o == OUT_OK && more) {
		size_t left = max_bytes - total;
		struct slice s = { .from = (uint32_t)total };
		clist *list;

		/* At the ceiling: one more octet would be too many. */
		s.asked = left == 0
				  ? 1
				  : (uint32_t)(left < IMAP_SLICE ? left
								 : IMAP_SLICE);
		o = ask_slice(i, uid, s.from, s.asked, &list, e);
		if (o == OUT_OK)
			o = give_slice(i, list, uid, &s,
				       left == 0 ? refuse : sink, ctx, e);
		if (list != NULL)
			mailimap_fetch_list_free(list);
		if (o == OUT_OK)
			total += s.got;
		more = s.got == s.asked;
	}
	if (n_out != NULL)
		*n_out = total;
	return o;
}

/* --- waiting ------------------------------------------------------------- */

static bool
has_news(const struct imap *i)
{
	return guard_news(i->guard) != i->news_known;
}

/* Octets that the guard or TLS hold already count as much as the socket's. */
static enum stream_woke
wait_for(struct imap *i, int64_t ms, const struct net_cancel *wake)
{
	if (guard_unread(i->guard) > 0)
		return STREAM_READY;
	return stream_wait(i->stream, ms, wake);
}

/* Something came: take one line of it, so that a BYE is heard before we write
 * to nobody. */
static enum outcome
hear(struct imap *i, enum stream_woke woke, struct err *e)
{
	enum outcome o = imap_begin_short(i, e);

	if (o != OUT_OK || woke != STREAM_READY)
		return o;
	return imap_raw_line(i) != NULL ? OUT_OK : stream_fault(i->stream, e);
}

/* Lines to the end of IDLE; mails that they tell of are noted by the guard. */
static enum outcome
finish_idle(struct imap *i, struct err *e)
{
	const char *line;

	while ((line = imap_raw_line(i)) != NULL && !imap_raw_end(line))
		;
	return imap_status(i, "IDLE", e);
}

/*
 * One IDLE, until anything comes. Spoken by ourselves: libetpan gives up when
 * the server tells of mails before it says "+".
 */
static enum outcome
idle_once(struct imap *i, int64_t ms, const struct net_cancel *wake,
	  struct err *e)
{
	enum stream_woke woke = STREAM_TIMEOUT;
	const char *line = NULL;
	enum outcome o = imap_begin_short(i, e);

	if (o != OUT_OK)
		return o;
	if (imap_raw_say(i, IMAP_TAG " IDLE"))
		while ((line = imap_raw_line(i)) != NULL && line[0] != '+' &&
		       !imap_raw_end(line))
			;
	if (line == NULL)
		return stream_fault(i->stream, e);
	if (line[0] != '+') { /* offered and refused */
		i->can_idle = false;
		o = imap_status(i, "IDLE", e);
		return stream_dead(i->stream) ? o : OUT_OK;
	}
	if (!has_news(i))
		woke = wait_for(i, ms, wake);
	o = hear(i, woke, e);
	if (o != OUT_OK)
		return o;
	return imap_raw_say(i, "DONE") ? finish_idle(i, e)
				       : stream_fault(i->stream, e);
}

/* Without IDLE: wait, then ask. A server that talks now is ending it. */
static enum outcome
poll_once(struct imap *i, int64_t ms, const struct net_cancel *wake,
	  struct err *e)
{
	enum outcome o = hear(i, wait_for(i, ms, wake), e);

	return o != OUT_OK ? o : imap_noop(i, e);
}

enum outcome
imap_idle_until(struct imap *i, int seconds, const struct net_cancel *wake,
		bool *news_out, struct err *e)
{
	int64_t end =
		clock_tick_ms() + (seconds < 1                 ? 1
				   : seconds > IMAP_IDLE_MAX_S ? IMAP_IDLE_MAX_S
							       : seconds) *
					  (int64_t)1000;
	enum outcome o = imap_need_folder(i, e);

	*news_out = false;
	for (int k = 0; o == OUT_OK && k < ROUNDS_MAX; k++) {
		int64_t left = end - clock_tick_ms();

		if (has_news(i) || left <= 0 ||
		    (wake != NULL && net_cancel_is_set(wake)))
			break;
		/* A server that never stops talking does not keep us busy. */
		if (k >= ROUNDS_FAST)
			o = stream_pause(i->stream,
					 left < PAUSE_MS ? left : PAUSE_MS,
					 wake, e);
		if (o == OUT_OK)
			o = i->can_idle ? idle_once(i, left, wake, e)
					: poll_once(i, left, wake, e);
	}
	*news_out = o == OUT_OK && has_news(i);
	return o;
}

enum outcome
imap_idle(struct imap *i, int seconds, bool *news_out, struct err *e)
{
	return imap_idle_until(i, seconds, NULL, news_out, e);
}
