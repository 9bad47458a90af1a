#include "gateways/mail/look.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "gateways/mail/contact.h"
#include "gateways/mail/mailset.h"
#include "gateways/mail/net/imap.h"
#include "gateways/mail/port.h"

#define OVER_CAP "over 50 MiB, only its beginning was taken"
#define TAKE_MAX 100  /* mails a window, so that chores get their turn */
#define FLYING_MAX 16 /* mails of one mailbox under way */
#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)
#define HEAD_BYTES ((size_t)64 * 1024) /* read of a mail over the cap */
#define SIZE_SPARE ((size_t)64 * 1024) /* what a server's size may be off */

/* Mails under way, oldest first, in a ring. */
struct flock {
	struct port_mail mails[FLYING_MAX];
	size_t first;
	size_t count;
	bool pending; /* some were not taken */
};

/* The daemon would not answer: said so that nobody blames the server. */
static enum outcome
daemon_later(struct look *l, int64_t retry_ms, struct err *e)
{
	char text[300];

	if (retry_ms > l->retry_ms)
		l->retry_ms = retry_ms;
	(void)snprintf(text, sizeof(text), "%.290s", e->text);
	return err_code(e, OUT_TEMP, PORT_CODE, "%s", text);
}

static json_t *
place(const struct look *l)
{
	return json_pack("{s:s, s:s, s:I}", "connection", l->set->name,
			 "folder", l->set->folder, "uid_validity",
			 (json_int_t)l->validity);
}

static enum outcome
ask(struct look *l, const char *method, json_t *params, json_t **out,
    struct err *e)
{
	enum outcome o = port_ask(l->port, method, params, out, e);

	if (o == OUT_OK)
		return OUT_OK;
	/* another validity was opened meanwhile: select again */
	if (strcmp(e->code, "conflict") == 0)
		l->open = l->told = false;
	return daemon_later(l, 0, e);
}

/* What lies there already ends with the last one; *next_out is beyond it. */
static enum outcome
uid_next(struct look *l, uint32_t *next_out, struct err *e)
{
	uint32_t last = 0;
	enum outcome o = OUT_OK;

	*next_out = l->is.uidnext;
	if (l->is.uidnext)
		return OUT_OK;
	o = imap_last(l->imap, l->is.exists, &last, e);
	*next_out = last + 1;
	return o;
}

/*
 * Where the mails of the first day begin, as far as the server can say. Its
 * days are those of its own zone, so the day before is looked at too; what is
 * older in truth is left out by its instant.
 */
static enum outcome
put_since(struct look *l, uint32_t next, json_t *p, struct err *e)
{
	int64_t day = l->set->since_ms > DAY_MS ? l->set->since_ms - DAY_MS : 0;
	uint32_t first = 0;
	bool said = false;
	char at[32];
	enum outcome o = imap_first_since(l->imap, day, &first, &said, e);

	if (o != OUT_OK && imap_alive(l->imap))
		said = false;
	else if (o != OUT_OK)
		return o;
	clock_iso_ms(l->set->since_ms, at);
	json_object_set_new(p, "since_at", json_string(at));
	if (said)
		json_object_set_new(p, "since_uid",
				    json_integer(first ? first : next));
	return OUT_OK;
}

/* The parameters of mailbox.open. */
static enum outcome
opening(struct look *l, json_t **out, struct err *e)
{
	static const char *const words[] = { [START_NEW] = "new",
					     [START_ALL] = "all",
					     [START_SINCE] = "since" };
	uint32_t next = 0;
	json_t *p;
	enum outcome o = uid_next(l, &next, e);

	if (o != OUT_OK)
		return o;
	p = place(l);
	json_object_set_new(p, "uid_next", json_integer(next));
	json_object_set_new(p, "start", json_string(words[l->set->start]));
	if (l->set->start == START_SINCE)
		o = put_since(l, next, p, e);
	if (o == OUT_OK)
		*out = p;
	else
		json_decref(p);
	return o;
}

/* What it answers. Older mails than from_at are left out after a renewal, and
 * where the folder was opened with a day. */
static void
take_opening(struct look *l, const json_t *r)
{
	const char *at = json_string_value(json_object_get(r, "from_at"));
	bool renewed = json_is_true(json_object_get(r, "renewed"));

	l->first_uid =
		(uint32_t)json_integer_value(json_object_get(r, "first_uid"));
	l->next_uid =
		(uint32_t)json_integer_value(json_object_get(r, "next_uid"));
	if (!at || !clock_parse(at, &l->from_ms))
		l->from_ms = 0;
	if (!renewed &&
	    !(l->set->start == START_SINCE && l->from_ms == l->set->since_ms))
		l->from_ms = 0;
}

enum outcome
look_open(struct look *l, struct err *e)
{
	json_t *p = NULL, *r = NULL;
	enum outcome o = imap_select(l->imap, l->set->folder, &l->is, e);

	l->open = false;
	if (o != OUT_OK)
		return o;
	if (!l->is.uidvalidity)
		return err_set(e, OUT_PERM,
			       "the server gives '%s' no UIDVALIDITY",
			       l->set->folder);
	l->open_ms = clock_tick_ms();
	if (l->told && l->is.uidvalidity == l->validity) {
		l->open = true;
		return OUT_OK;
	}
	l->told = false;
	l->validity = l->is.uidvalidity;
	o = opening(l, &p, e);
	if (o == OUT_OK)
		o = ask(l, "mailbox.open", p, &r, e);
	if (o != OUT_OK)
		return o;
	take_opening(l, r);
	json_decref(r);
	l->open = l->told = true;
	return OUT_OK;
}

static void
say(struct look *l, uint32_t uid, const char *why)
{
	(void)snprintf(l->why, sizeof(l->why), "mail %lu: %.250s",
		       (unsigned long)uid, why);
	log_warn("mail.not_taken", "'%s': %s", l->set->name, l->why);
}

/* It will never be taken: write it down. */
static enum outcome
refuse(struct look *l, uint32_t uid, const char *code, size_t bytes,
       const char *why, struct err *e)
{
	json_t *p = place(l);

	json_object_set_new(p, "uid", json_integer(uid));
	json_object_set_new(p, "code", json_string(code));
	json_object_set_new(p, "bytes", json_integer((json_int_t)bytes));
	say(l, uid, why);
	l->refused++;
	return ask(l, "mailbox.refuse", p, NULL, e);
}

/* --- mails under way ---------------------------------------------------------- */

/* A refusal that has nothing to do with the mail. */
static bool
is_our_trouble(const struct port_mail *m)
{
	return m->outcome != OUT_PERM ||
	       strcmp(m->err.code, "blob_missing") == 0 ||
	       strcmp(m->err.code, "conflict") == 0 ||
	       strcmp(m->err.code, "not_found") == 0;
}

/* Wait for the oldest one. */
static enum outcome
land(struct look *l, struct flock *f, struct err *e)
{
	struct port_mail *m = &f->mails[f->first];

	port_wait(l->port, m);
	f->first = (f->first + 1) % FLYING_MAX;
	f->count--;
	if (m->outcome == OUT_OK) {
		l->careful = false;
		if (m->whole_bytes)
			return refuse(l, m->uid, "too_large", m->whole_bytes,
				      OVER_CAP, e);
		l->taken++;
		return OUT_OK;
	}
	if (!is_our_trouble(m))
		return refuse(l, m->uid, "refused", m->n, m->err.text, e);
	log_warn("mail.later", "'%s': %s", l->set->name, m->err.text);
	f->pending = true;
	l->careful = true;
	*e = m->err;
	(void)daemon_later(l, m->retry_after_ms, e);
	return OUT_OK;
}

/* All of them, also after a failure; the first failure counts. */
static enum outcome
land_all(struct look *l, struct flock *f, enum outcome o, struct err *e)
{
	struct err other, *at = o == OUT_OK ? e : &other;

	while (f->count > 0) {
		enum outcome one = land(l, f, at);

		if (one != OUT_OK && o == OUT_OK) {
			o = one;
			at = &other;
		}
	}
	if (o == OUT_OK && f->pending)
		return err_code(e, OUT_TEMP, PORT_CODE,
				"the daemon takes mails later");
	return o;
}

static bool
sink(void *ctx, const void *p, size_t n)
{
	return buf_add(ctx, p, n);
}

/* Fetch one into raw; its room of max octets is held if that went well. */
static enum outcome
fetch_once(struct look *l, uint32_t uid, size_t max, struct buf *raw,
	   struct err *e)
{
	enum outcome o;

	if (!port_reserve(l->port, max, l->cancel))
		return err_code(e, OUT_TEMP, PORT_CODE, "cancelled");
	buf_init(raw, max);
	o = imap_fetch(l->imap, uid, max, sink, raw, NULL, e);
	if (o == OUT_OK)
		return OUT_OK;
	buf_release(raw);
	port_unreserve(l->port, max);
	return o;
}

/*
 * The octets of a mail; *reserved_out is the room that they hold.
 * A size that is too small a lie costs a second fetch with all the room.
 */
static enum outcome
fetch(struct look *l, const struct imap_mail *m, struct buf *raw,
      size_t *reserved_out, struct err *e)
{
	size_t max = m->size_bytes + SIZE_SPARE;
	enum outcome o;

	if (max > CONTACT_RAW_MAX)
		max = CONTACT_RAW_MAX;
	o = fetch_once(l, m->uid, max, raw, e);
	if (o == OUT_PERM && net_class(e) == NET_C_TOO_BIG &&
	    max < CONTACT_RAW_MAX && imap_alive(l->imap)) {
		max = CONTACT_RAW_MAX;
		o = fetch_once(l, m->uid, max, raw, e);
	}
	*reserved_out = max;
	return o;
}

/* whole_bytes  0: raw is all of the mail; else how large it is */
static void
give(struct look *l, struct flock *f, const struct imap_mail *m,
     struct buf *raw, size_t reserved, size_t whole_bytes)
{
	struct port_mail *x = &f->mails[(f->first + f->count++) % FLYING_MAX];
	int64_t now = clock_now_ms();

	memset(x, 0, sizeof(*x));
	x->connection = l->set->name;
	x->folder = l->set->folder;
	x->uid_validity = l->validity;
	x->uid = m->uid;
	x->n = raw->len;
	x->raw = buf_take(raw);
	x->reserved = reserved;
	x->whole_bytes = whole_bytes;
	x->received_ms = m->received_ms > 0 && m->received_ms < now
				 ? m->received_ms
				 : now;
	port_give(l->port, x);
}

/*
 * It stays on the server; its beginning goes to the agents, who learn that
 * there is more. Written down as refused once that is stored.
 */
static enum outcome
take_beginning(struct look *l, struct flock *f, const struct imap_mail *m,
	       struct err *e)
{
	size_t whole = m->size_bytes > CONTACT_RAW_MAX ? m->size_bytes
						       : CONTACT_RAW_MAX + 1;
	struct buf raw;
	enum outcome o;

	if (!port_reserve(l->port, HEAD_BYTES, l->cancel))
		return err_code(e, OUT_TEMP, PORT_CODE, "cancelled");
	buf_init(&raw, HEAD_BYTES);
	o = imap_fetch(l->imap, m->uid, HEAD_BYTES, sink, &raw, NULL, e);
	if ((o == OUT_OK || net_class(e) == NET_C_TOO_BIG) && raw.len > 0 &&
	    imap_alive(l->imap)) {
		give(l, f, m, &raw, HEAD_BYTES, whole);
		return OUT_OK;
	}
	buf_release(&raw);
	port_unreserve(l->port, HEAD_BYTES);
	return o;
}

/* Fetch all of it, or what goes to the agents of one that is too large. */
static enum outcome
take_octets(struct look *l, struct flock *f, const struct imap_mail *m,
	    struct err *e)
{
	struct buf raw;
	size_t reserved = 0;
	enum outcome o;

	if (m->size_bytes > CONTACT_RAW_MAX)
		return take_beginning(l, f, m, e);
	o = fetch(l, m, &raw, &reserved, e);
	if (o == OUT_OK)
		give(l, f, m, &raw, reserved, 0);
	else if (imap_alive(l->imap) && net_class(e) == NET_C_TOO_BIG)
		o = take_beginning(l, f, m, e);
	return o;
}

/* Take in one mail that is not known. */
static enum outcome
take(struct look *l, struct flock *f, const struct imap_mail *m, struct err *e)
{
	enum outcome o;

	/* whoever said later is asked with one mail, not with many */
	if (f->count == (l->careful ? 1 : FLYING_MAX)) {
		o = land(l, f, e);
		if (o != OUT_OK || f->pending)
			return o;
	}
	o = take_octets(l, f, m, e);
	if (o == OUT_OK || !imap_alive(l->imap))
		return o;
	switch (net_class(e)) {
	case NET_C_GONE:
		return OUT_OK;
	case NET_C_REFUSED:
		/* another look may fare better; the others go on */
		say(l, m->uid, e->text);
		l->unread++;
		return OUT_OK;
	default:
		return o;
	}
}

/* --- windows -------------------------------------------------------------------- */

/* Which of them are to be taken: the ledger is asked for those that are not
 * too old. *wanted_out: an array of UIDs. */
static enum outcome
filter(struct look *l, const struct imap_mail *mails, size_t n,
       json_t **wanted_out, struct err *e)
{
	json_t *p = place(l), *uids = json_array(), *r = NULL;
	size_t asked;
	enum outcome o;

	for (size_t i = 0; i < n; i++) {
		if (l->from_ms && mails[i].received_ms &&
		    mails[i].received_ms < l->from_ms)
			l->skipped++;
		else
			json_array_append_new(uids, json_integer(mails[i].uid));
	}
	asked = json_array_size(uids);
	json_object_set_new(p, "uids", uids);
	if (!asked) {
		json_decref(p);
		*wanted_out = json_array();
		return OUT_OK;
	}
	o = ask(l, "mailbox.absent", p, &r, e);
	if (o != OUT_OK)
		return o;
	*wanted_out = json_incref(json_object_get(r, "uids"));
	if (!json_is_array(*wanted_out))
		*wanted_out = json_array();
	l->known += (unsigned)(asked - json_array_size(*wanted_out));
	json_decref(r);
	return OUT_OK;
}

static const struct imap_mail *
find(const struct imap_mail *mails, size_t n, json_int_t uid)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (mails[mid].uid == uid)
			return &mails[mid];
		if (mails[mid].uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static enum outcome
take_all(struct look *l, const struct imap_mail *mails, size_t n,
	 const json_t *wanted, struct err *e)
{
	struct flock *f = mem_new(1, sizeof(*f));
	enum outcome o = OUT_OK;
	const json_t *uid;
	size_t i;

	json_array_foreach(wanted, i, uid)
	{
		const struct imap_mail *m =
			find(mails, n, json_integer_value(uid));

		/* after a "later" nothing new is begun */
		if (f->pending || i == TAKE_MAX)
			break;
		if (m && (o = take(l, f, m, e)) != OUT_OK)
			break;
	}
	o = land_all(l, f, o, e);
	mem_free(f);
	return o;
}

/* The cursor goes on to next, or stays where it is. */
static enum outcome
seen(struct look *l, uint32_t next, struct err *e)
{
	json_t *p = place(l);
	enum outcome o;

	if (next < l->next_uid)
		next = l->next_uid;
	json_object_set_new(p, "next_uid", json_integer(next));
	o = ask(l, "mailbox.seen", p, NULL, e);
	if (o == OUT_OK)
		l->next_uid = next;
	return o;
}

enum outcome
look_done(struct look *l, struct err *e)
{
	return seen(l, l->next_uid, e);
}

enum outcome
look_window(struct look *l, uint32_t from, uint32_t *next_out, bool *more_out,
	    struct err *e)
{
	struct imap_mail *mails = mem_new(IMAP_LIST_MAX, sizeof(*mails));
	json_t *wanted = NULL;
	size_t n = 0;
	uint32_t next = from;
	enum outcome o =
		imap_list(l->imap, from, mails, IMAP_LIST_MAX, &n, more_out, e);

	if (o == OUT_OK && n > 0) {
		next = mails[n - 1].uid;
		if (next < UINT32_MAX)
			next++;
		else
			*more_out = false;
		o = filter(l, mails, n, &wanted, e);
		if (o == OUT_OK && json_array_size(wanted) > TAKE_MAX) {
			next = (uint32_t)json_integer_value(
				json_array_get(wanted, TAKE_MAX));
			*more_out = true;
		}
		if (o == OUT_OK)
			o = take_all(l, mails, n, wanted, e);
		if (o == OUT_OK && next > l->next_uid)
			o = seen(l, next, e);
	}
	json_decref(wanted);
	mem_free(mails);
	*next_out = next;
	return o;
}
