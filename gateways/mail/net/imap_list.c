/*
 * imap_list: selecting a folder, and which mails are in it.
 *
 * Mails are looked for by place (sequence number), which is dense. Places are
 * only valid until an EXPUNGE, which no server may send while it answers
 * FETCH; one that does, or whose mail at a place is not there, is noticed
 * because the mail below the first one we want must be in the reply too.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "gateways/mail/net/guard.h"
#include "gateways/mail/net/imap_p.h"
#include "gateways/mail/net/stream.h"

#define TRIES 3 /* of finding a place in a folder that changes */
#define UNSOLICITED 5000

/* --- selecting ----------------------------------------------------------- */

enum outcome
imap_select(struct imap *i, const char *folder, struct imap_folder *out,
	    struct err *e)
{
	struct buf wire;
	enum outcome o;

	memset(out, 0, sizeof(*out));
	buf_init(&wire, IMAP_WIRE_MAX);
	o = imap_wire_name(&wire, folder, e);
	if (o == OUT_OK)
		o = imap_begin_short(i, e);
	if (o != OUT_OK)
		goto out;
	i->selected = false;
	guard_forget(i->guard);
	o = imap_result(i, mailimap_select(i->etpan, buf_str(&wire)),
			"the folder cannot be selected", e);
	if (o == OUT_PERM && !stream_dead(i->stream))
		o = err_code(e, OUT_PERM, NET_NO_FOLDER,
			     "the folder '%.100s' cannot be selected: '%s'",
			     folder, guard_words(i->guard));
	if (o != OUT_OK)
		goto out;
	i->selected = true;
	i->news_known = guard_news(i->guard);
	out->uidvalidity = guard_uidvalidity(i->guard);
	out->uidnext = guard_uidnext(i->guard);
	out->read_only = guard_read_only(i->guard);
	out->exists = guard_exists(i->guard);
	out->modseq = guard_modseq(i->guard);
out:
	buf_release(&wire);
	return o;
}

/* --- what a FETCH told --------------------------------------------------- */

static int64_t
instant(const struct mailimap_date_time *d)
{
	int zone = abs(d->dt_zone);
	int64_t minutes = zone / 100 * 60 + zone % 100;
	int64_t s;

	if (d->dt_year < 1970 || d->dt_year > 9999 || d->dt_month < 1 ||
	    d->dt_month > 12 || d->dt_day < 1 || d->dt_day > 31 ||
	    d->dt_hour < 0 || d->dt_hour > 23 || d->dt_min < 0 ||
	    d->dt_min > 59 || d->dt_sec < 0 || d->dt_sec > 60 || zone > 1500)
		return 0;
	s = clock_days(d->dt_year, d->dt_month, d->dt_day) * 86400 +
	    d->dt_hour * 3600 + d->dt_min * 60 + d->dt_sec;
	s += d->dt_zone < 0 ? minutes * 60 : -minutes * 60;
	return s > 0 ? s * 1000 : 0;
}

static unsigned
flag_of(const struct mailimap_flag *f)
{
	switch (f->fl_type) {
	case MAILIMAP_FLAG_SEEN:
		return IMAP_SEEN;
	case MAILIMAP_FLAG_ANSWERED:
		return IMAP_ANSWERED;
	case MAILIMAP_FLAG_FLAGGED:
		return IMAP_FLAGGED;
	case MAILIMAP_FLAG_DELETED:
		return IMAP_DELETED;
	case MAILIMAP_FLAG_DRAFT:
		return IMAP_DRAFT;
	default:
		return 0;
	}
}

static unsigned
flags_of(const struct mailimap_msg_att_dynamic *dynamic)
{
	unsigned flags = 0;

	if (dynamic == NULL || dynamic->att_list == NULL)
		return 0;
	for (clistiter *at = clist_begin(dynamic->att_list); at != NULL;
	     at = clist_next(at)) {
		const struct mailimap_flag_fetch *f = clist_content(at);

		if (f->fl_type == MAILIMAP_FLAG_FETCH_OTHER &&
		    f->fl_flag != NULL)
			flags |= flag_of(f->fl_flag);
	}
	return flags;
}

static void
take_static(const struct mailimap_msg_att_static *s, struct imap_mail *out)
{
	switch (s->att_type) {
	case MAILIMAP_MSG_ATT_UID:
		out->uid = s->att_data.att_uid;
		break;
	case MAILIMAP_MSG_ATT_RFC822_SIZE:
		out->size_bytes = s->att_data.att_rfc822_size;
		break;
	case MAILIMAP_MSG_ATT_INTERNALDATE:
		if (s->att_data.att_internal_date != NULL)
			out->received_ms =
				instant(s->att_data.att_internal_date);
		break;
	default:
		break;
	}
}

static void
take_mail(const struct mailimap_msg_att *att, struct imap_mail *out)
{
	memset(out, 0, sizeof(*out));
	for (clistiter *at = clist_begin(att->att_list); at != NULL;
	     at = clist_next(at)) {
		const struct mailimap_msg_att_item *item = clist_content(at);

		if (item->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC)
			take_static(item->att_data.att_static, out);
		else if (item->att_type == MAILIMAP_MSG_ATT_ITEM_DYNAMIC)
			out->flags = flags_of(item->att_data.att_dyn);
	}
}

bool
imap_list_has(const clist *list, uint32_t uid)
{
	for (clistiter *at = clist_begin(list); at != NULL;
	     at = clist_next(at)) {
		struct imap_mail m;

		take_mail(clist_content(at), &m);
		if (m.uid == uid)
			return true;
	}
	return false;
}

/* --- asking -------------------------------------------------------------- */

static struct mailimap_fetch_type *
wanted(bool all)
{
	struct mailimap_fetch_type *t =
		mailimap_fetch_type_new_fetch_att_list_empty();

	mailimap_fetch_type_new_fetch_att_list_add(
		t, mailimap_fetch_att_new_uid());
	if (!all)
		return t;
	mailimap_fetch_type_new_fetch_att_list_add(
		t, mailimap_fetch_att_new_flags());
	mailimap_fetch_type_new_fetch_att_list_add(
		t, mailimap_fetch_att_new_internaldate());
	mailimap_fetch_type_new_fetch_att_list_add(
		t, mailimap_fetch_att_new_rfc822_size());
	return t;
}

/* FETCH places first to last. *list is to be freed on OUT_OK. */
static enum outcome
fetch_places(struct imap *i, uint32_t first, uint32_t last, bool all,
	     clist **list, struct err *e)
{
	struct mailimap_set *set;
	struct mailimap_fetch_type *type;
	enum outcome o =
		imap_begin(i, IMAP_COMMAND_MS, IMAP_REPLY_MAX,
			   (size_t)(last - first) + 1 + UNSOLICITED, 0, e);
	int r;

	*list = NULL;
	if (o != OUT_OK)
		return o;
	set = mailimap_set_new_interval(first, last);
	type = wanted(all);
	r = mailimap_fetch(i->etpan, set, type, list);
	mailimap_set_free(set);
	mailimap_fetch_type_free(type);
	if (r != MAILIMAP_NO_ERROR)
		*list = NULL; /* freed by libetpan, or never set */
	o = imap_result(i, r, "the mails cannot be listed", e);
	if (o != OUT_OK && *list != NULL)
		mailimap_fetch_list_free(*list);
	if (o == OUT_OK && *list == NULL) {
		stream_fail(i->stream, OUT_TEMP, NET_PROTOCOL,
			    "'%.100s' breaks the protocol: no list",
			    stream_host(i->stream));
		stream_fault(i->stream, e);
		return OUT_TEMP;
	}
	return o;
}

/* The UID at a place; 0: it has none now. */
static enum outcome
uid_at(struct imap *i, uint32_t place, uint32_t *uid_out, struct err *e)
{
	clist *list;
	enum outcome o = fetch_places(i, place, place, false, &list, e);

	*uid_out = 0;
	if (o != OUT_OK)
		return o;
	for (clistiter *at = clist_begin(list); at != NULL;
	     at = clist_next(at)) {
		const struct mailimap_msg_att *att = clist_content(at);
		struct imap_mail m;

		take_mail(att, &m);
		if (att->att_number == place && m.uid != 0)
			*uid_out = m.uid;
	}
	mailimap_fetch_list_free(list);
	return OUT_OK;
}

enum outcome
imap_last(struct imap *i, uint32_t place, uint32_t *uid_out, struct err *e)
{
	enum outcome o = imap_need_folder(i, e);

	*uid_out = 0;
	if (o != OUT_OK || place == 0)
		return o;
	o = uid_at(i, place, uid_out, e);
	if (o == OUT_OK && *uid_out == 0)
		o = err_code(e, OUT_TEMP, NET_REFUSED,
			     "the folder changes too fast to be looked at");
	return o;
}

/*
 * The first place whose UID is at least from; exists + 1: none. From the end
 * backwards in doubling steps (mostly there is little news), then halving.
 * *place_out 0: a mail on the way has gone, try again.
 */
static enum outcome
find_place(struct imap *i, uint32_t from, uint32_t exists, uint32_t *place_out,
	   struct err *e)
{
	uint32_t low = 0, high = exists + 1; /* uid(low) < from <= uid(high) */
	uint32_t step = 1, uid, at;
	bool back = true;
	enum outcome o;

	*place_out = 1;
	if (from <= 1)
		return OUT_OK;
	while (high - low > 1) {
		if (back)
			at = high - low > step ? high - step : low + 1;
		else
			at = low + (high - low) / 2;
		o = uid_at(i, at, &uid, e);
		if (o != OUT_OK)
			return o;
		if (uid == 0) {
			*place_out = 0;
			return OUT_OK;
		}
		if (uid < from) {
			low = at;
			back = false;
		} else {
			high = at;
			step *= step < (1u << 30) ? 2 : 1;
		}
	}
	*place_out = high;
	return OUT_OK;
}

/* --- collecting ---------------------------------------------------------- */

/* The max lowest mails at or above from, in order, each once. */
struct basket {
	uint32_t from;
	struct imap_mail *mails;
	size_t max;
	size_t n;
	bool below; /* one below from was there too */
	bool spilt; /* some did not fit */
};

static void
basket_add(struct basket *b, const struct imap_mail *m)
{
	size_t at = b->n;

	if (m->uid == 0)
		return; /* somebody else's change of flags */
	if (m->uid < b->from) {
		b->below = true;
		return;
	}
	while (at > 0 && b->mails[at - 1].uid > m->uid)
		at--;
	if (at > 0 && b->mails[at - 1].uid == m->uid) {
		/* Said twice: with its date once, maybe with flags alone. */
		if (m->received_ms != 0)
			b->mails[at - 1] = *m;
		return;
	}
	if (b->n == b->max) {
		b->spilt = true;
		if (at == b->n)
			return;
		b->n--;
	}
	memmove(b->mails + at + 1, b->mails + at,
		(b->n - at) * sizeof(*b->mails));
	b->mails[at] = *m;
	b->n++;
}

static enum outcome
collect(struct imap *i, uint32_t place, uint32_t exists, struct basket *b,
	struct err *e)
{
	uint32_t first = place > 1 ? place - 1 : 1;
	uint32_t last =
		exists - place < b->max ? exists : place + (uint32_t)b->max - 1;
	clist *list;
	enum outcome o = fetch_places(i, first, last, true, &list, e);

	if (o != OUT_OK)
		return o;
	for (clistiter *at = clist_begin(list); at != NULL;
	     at = clist_next(at)) {
		const struct mailimap_msg_att *att = clist_content(at);
		struct imap_mail m;

		take_mail(att, &m);
		if (att->att_number >= first && att->att_number <= last)
			basket_add(b, &m);
	}
	mailimap_fetch_list_free(list);
	b->spilt = b->spilt || last < exists;
	return OUT_OK;
}

/* Once. *sure_out: no mail can have been missed. */
static enum outcome
list_once(struct imap *i, struct basket *b, bool *sure_out, struct err *e)
{
	uint32_t exists, place = 0;
	uint64_t news;
	enum outcome o = imap_noop(i, e);

	if (o != OUT_OK)
		return o;
	exists = guard_exists(i->guard);
	news = guard_news(i->guard);
	*sure_out = true;
	if (exists > 0)
		o = find_place(i, b->from, exists, &place, e);
	if (o != OUT_OK)
		return o;
	if (exists > 0 && place == 0) {
		*sure_out = false;
		return OUT_OK;
	}
	if (place != 0 && place <= exists) {
		o = collect(i, place, exists, b, e);
		*sure_out = place == 1 || b->below;
	}
	if (o == OUT_OK && *sure_out && !b->spilt)
		i->news_known = news;
	return o;
}

enum outcome
imap_list(struct imap *i, uint32_t from_uid, struct imap_mail *mails,
	  size_t max, size_t *n_out, bool *more_out, struct err *e)
{
	struct basket b = {
		.from = from_uid > 0 ? from_uid : 1,
		.mails = mails,
		.max = max < IMAP_LIST_MAX ? max : IMAP_LIST_MAX,
	};
	enum outcome o = imap_need_folder(i, e);
	bool sure = false;

	*n_out = 0;
	if (more_out != NULL)
		*more_out = false;
	for (int k = 0; o == OUT_OK && !sure && k < TRIES; k++) {
		b.n = 0;
		b.below = b.spilt = false;
		o = list_once(i, &b, &sure, e);
	}
	if (o != OUT_OK)
		return o;
	if (!sure)
		return err_code(e, OUT_TEMP, NET_REFUSED,
				"the folder changes too fast to be listed");
	/* It would be asked for the same again and again. */
	if (b.n == 0 && b.spilt)
		return err_code(e, OUT_TEMP, NET_REFUSED,
				"'%.100s' lists none of the folder's mails",
				stream_host(i->stream));
	*n_out = b.n;
	if (more_out != NULL)
		*more_out = b.spilt;
	return OUT_OK;
}
