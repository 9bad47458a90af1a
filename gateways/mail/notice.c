#include "gateways/mail/notice.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/mail/box.h"
#include "gateways/mail/compose.h"
#include "gateways/mail/mailbox.h"
#include "gateways/mail/maildir.h"
#include "gateways/mail/mailset.h"
#include "gateways/mail/net/smtp.h"
#include "gateways/mail/sender.h"

#define SPARE_MS 10000 /* of the lease, for the report to arrive */

struct notice {
	const struct notice_way *way;
	struct notice_job job;
	notice_fn *fn; /* NULL: forgotten */
	void *arg;
	json_t *mail;      /* an OutNotice */
	struct buf octets; /* built, while the daemon is told */
	bool waits;        /* for an answer or a thread */
};

static void
release(struct notice *n)
{
	json_decref(n->mail);
	buf_release(&n->octets);
	mem_free(n);
}

/* The end. Whoever called the step frees it, when nothing is awaited. */
static void
end(struct notice *n, enum outcome o, const char *detail)
{
	notice_fn *fn = n->fn;

	n->fn = NULL;
	if (fn)
		fn(n->arg, o, detail);
}

/* A step that was awaited: do it unless forgotten, and free what has ended. */
static void
step(struct notice *n, void (*fn)(struct notice *n, const void *with),
     const void *with)
{
	n->waits = false;
	if (n->fn)
		fn(n, with);
	if (!n->waits)
		release(n);
}

static const char *
connection(const struct notice *n)
{
	return json_string_value(json_object_get(n->mail, "connection"));
}

static struct box *
maildir_of(const struct notice *n)
{
	struct box *b = boxes_find(n->way->boxes, connection(n));

	return b && b->out ? b : NULL;
}

/* --- into a Maildir -------------------------------------------------------- */

static void
give(struct notice *n, const struct box *b, const struct buf *mail)
{
	const char *key = json_string_value(json_object_get(n->mail, "key"));
	const char *at = json_string_value(json_object_get(n->mail, "at"));
	int64_t at_ms = 0;
	bool there = false;
	struct err e;

	if (!key || !at || !clock_parse(at, &at_ms))
		end(n, OUT_PERM, "the notice has no key");
	else if (maildir_give(b->out, key, at_ms / 1000, buf_str(mail),
			      mail->len, &there, &e) != OUT_OK)
		end(n, OUT_TEMP, e.text);
	else
		end(n, OUT_OK, there ? "was there already" : "in the Maildir");
}

/* --- to a send server ------------------------------------------------------ */

static void
sent(struct notice *n, const void *with)
{
	const struct parcel *p = with;

	end(n, p->outcome, p->detail);
}

static void
parcel_done(struct parcel *p)
{
	step(p->arg, sent, p);
	parcel_free(&p);
}

static struct parcel *
pack(struct notice *n, const struct mailbox *x)
{
	struct parcel *p = mem_new(1, sizeof(*p));
	const json_t *a;
	size_t i;

	p->octets = compose_crlf(&n->octets, &p->n);
	p->from = mem_strdup(x->set->address);
	json_array_foreach(json_object_get(n->mail, "to"), i, a)
	{
		const char *s =
			json_string_value(json_object_get(a, "address"));

		p->to = mem_resize(p->to, p->to_count + 1, sizeof(*p->to));
		p->to[p->to_count++] = mem_strdup(s ? s : "");
	}
	/* one that is refused must not keep it from the others */
	p->needed = 0;
	p->begin_by_ms = n->job.taken_ms + n->way->lease_ms / 2;
	p->deadline_ms = n->job.taken_ms + n->way->lease_ms -
			 (n->way->lease_ms / 4 < SPARE_MS ? n->way->lease_ms / 4
							  : SPARE_MS);
	p->done = parcel_done;
	p->arg = n;
	return p;
}

static void
hand_over(struct notice *n)
{
	struct mailbox *x = mailboxes_find(n->way->mailboxes, connection(n));
	struct parcel *p;

	if (!x || !x->sender) {
		end(n, OUT_TEMP, "the connection has no way to send by");
		return;
	}
	p = pack(n, x);
	n->waits =
		p->to_count <= SMTP_RECIPIENTS_MAX && sender_send(x->sender, p);
	if (n->waits)
		return;
	parcel_free(&p);
	end(n, OUT_TEMP, "the send server is busy");
}

static void
begun(struct notice *n, const void *with)
{
	const struct bus_reply *r = with;

	if (r->outcome == OUT_OK)
		hand_over(n);
	else
		end(n, r->outcome == OUT_PERM ? OUT_PERM : OUT_TEMP,
		    r->err.text);
}

static void
on_begun(void *arg, const struct bus_reply *r)
{
	step(arg, begun, r);
}

/* From here on nobody else may send it. */
static void
begin(struct notice *n, struct buf *mail)
{
	struct err e;
	json_t *p = json_pack("{s:I, s:I}", "job", n->job.id, "attempt",
			      n->job.attempt);

	n->octets = *mail;
	buf_init(mail, mail->max);
	n->waits = bus_call(n->way->bus, "notice.begin", p, NULL, NULL,
			    on_begun, n, &e) == OUT_OK;
	if (!n->waits)
		end(n, OUT_TEMP, e.text);
}

/* --- asking and building --------------------------------------------------- */

static void
built(void *arg, enum outcome o, struct buf *mail, const struct err *e)
{
	struct notice *n = arg;
	struct box *b = maildir_of(n);

	if (o != OUT_OK)
		end(n, o == OUT_PERM ? OUT_PERM : OUT_TEMP, e->text);
	else if (b)
		give(n, b, mail);
	else
		begin(n, mail);
}

static void
got(struct notice *n, const void *with)
{
	const struct bus_reply *r = with;
	json_t *mail = json_object_get(r->result, "notice");
	struct compose *c;

	if (r->outcome != OUT_OK) {
		end(n, r->outcome == OUT_PERM ? OUT_PERM : OUT_TEMP,
		    r->err.text);
		return;
	}
	if (!json_is_object(mail)) {
		end(n, OUT_OK, "there was nothing to send");
		return;
	}
	n->mail = json_incref(mail);
	json_object_set_new(mail, "notice", json_true());
	/* its parts are in it: nothing is fetched */
	c = compose_start(n->way->bus, n->way->parser, mail, built, n);
	if (c) {
		compose_cancel(&c);
		end(n, OUT_PERM, "a part of the notice has no contents");
	}
}

static void
on_got(void *arg, const struct bus_reply *r)
{
	step(arg, got, r);
}

struct notice *
notice_start(const struct notice_way *way, const struct notice_job *job,
	     notice_fn *fn, void *arg)
{
	struct notice *n = mem_new(1, sizeof(*n));
	struct err e;

	n->way = way;
	n->job = *job;
	n->fn = fn;
	n->arg = arg;
	buf_init(&n->octets, 0);
	n->waits = bus_call(way->bus, "notice.get",
			    json_pack("{s:I}", "job", job->id), NULL, NULL,
			    on_got, n, &e) == OUT_OK;
	if (n->waits)
		return n;
	end(n, OUT_TEMP, e.text);
	release(n);
	return NULL;
}

void
notice_cancel(struct notice **n)
{
	if (*n)
		(*n)->fn = NULL; /* the step that it waits for frees it */
	*n = NULL;
}
