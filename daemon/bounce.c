#include "daemon/bounce.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/utf8.h"
#include "daemon/change.h"
#include "daemon/clocks.h"
#include "daemon/contact.h"
#include "daemon/desk.h"
#include "daemon/outbox.h"
#include "daemon/request.h"
#include "daemon/store/bounced.h"
#include "daemon/store/delivery.h"
#include "daemon/store/event.h"
#include "daemon/token.h"

#define DETAIL_MAX 300 /* octets of a reason, with NUL */

/* --- which delivery? ------------------------------------------------------- */

/* The delivery that a token in a list of ids or addresses names. */
static enum outcome
find_in(const struct desk *d, struct store *s, const json_t *list,
	struct bounce *b, struct err *e)
{
	enum outcome o = OUT_OK;
	const json_t *j;
	int64_t number;
	size_t i;

	json_array_foreach(list, i, j)
	{
		if (o != OUT_OK || b->delivery_id != 0)
			break;
		if (token_find(d->key, json_string_value(j),
			       json_string_length(j), &b->incident_id, &number))
			o = bounced_find(s, b->incident_id, number,
					 &b->delivery_id, e);
	}
	return o;
}

enum outcome
bounce_find(const struct desk *d, struct store *s, const json_t *params,
	    struct bounce *out, struct err *e)
{
	static const char *const members[] = { "in_reply_to", "references" };
	struct bounce b = { .said = json_object_get(params, "bounce") };
	enum outcome o;
	size_t i;

	memset(out, 0, sizeof *out);
	o = find_in(d, s, json_object_get(params, "recipients"), &b, e);
	if (o == OUT_OK && b.delivery_id == 0)
		o = find_in(d, s, json_object_get(b.said, "message_ids"), &b,
			    e);
	for (i = 0; o == OUT_OK && b.delivery_id == 0 &&
		    i < sizeof members / sizeof members[0];
	     i++)
		o = find_in(d, s, json_object_get(params, members[i]), &b, e);
	if (o == OUT_OK && b.delivery_id != 0)
		*out = b;
	return o;
}

/* --- whom did it not reach? ------------------------------------------------- */

/* What a report says of the recipients of its delivery. */
struct verdict {
	const char *kind;   /* for the event; static */
	const json_t *who;  /* the recipient that decides; NULL: none named */
	const char *flag;   /* our address of them, if it is to be flagged */
	const char *status; /* enhanced status code, or NULL */
};

/* The Address of a list that a recipient of a report is, or NULL. */
static const char *
same_address(const json_t *list, const json_t *recipient)
{
	static const char *const members[] = { "address", "original" };
	const json_t *a;
	size_t i;
	size_t k;

	json_array_foreach(list, i, a)
	{
		const char *ours = member_str(a, "address");

		for (k = 0; ours != NULL && k < 2; k++) {
			const char *theirs = member_str(recipient, members[k]);

			if (theirs != NULL && strcasecmp(ours, theirs) == 0)
				return ours;
		}
	}
	return NULL;
}

/* A failure: the customer's own, of a copy, or of somebody who got it by
 * another way, to whom we did not send. */
static void
judge_failed(struct verdict *v, const json_t *said, const json_t *went)
{
	const json_t *list = json_object_get(said, "recipients");
	const json_t *to = json_object_get(went, "to");
	const json_t *cc = json_object_get(went, "cc");
	const json_t *r;
	size_t i;

	v->kind = json_array_size(list) == 0 && json_array_size(to) == 1 &&
				  json_array_size(cc) == 0
			  ? "failed"
			  : "other";
	json_array_foreach(list, i, r)
	{
		const char *ours = same_address(to, r);
		bool permanent = member_bool(r, "permanent", false);

		if (ours != NULL && (v->flag == NULL || permanent)) {
			v->kind = "failed";
			v->who = r;
			v->flag = permanent ? ours : v->flag;
		} else if (ours == NULL && strcmp(v->kind, "other") == 0 &&
			   same_address(cc, r) != NULL) {
			v->kind = "copy";
			v->who = r;
		}
	}
}

static void
judge(struct verdict *v, const json_t *said, const json_t *went)
{
	static const char *const others[] = { "delayed", "delivered",
					      "complaint" };
	const char *kind = member_str(said, "kind");
	size_t i;

	memset(v, 0, sizeof *v);
	for (i = 0; i < sizeof others / sizeof others[0]; i++)
		if (strcmp(kind, others[i]) == 0)
			v->kind = others[i];
	if (v->kind == NULL)
		judge_failed(v, said, went);
	if (v->who == NULL)
		v->who = json_array_get(json_object_get(said, "recipients"), 0);
	v->status = member_str(v->who, "status");
}

/* The reason in short, as a delivery's detail. */
static void
detail_of(const struct verdict *v, char out[DETAIL_MAX])
{
	const char *reason = member_str(v->who, "reason");

	if (reason == NULL || *reason == '\0')
		reason = v->status != NULL ? v->status : "it came back";
	memset(out, 0, DETAIL_MAX);
	memcpy(out, reason, utf8_cut(reason, strlen(reason), DETAIL_MAX - 1));
}

/* --- what follows ------------------------------------------------------------- */

static enum outcome
write_event(struct contact *c, const struct verdict *v,
	    const struct delivery *dl, struct err *e)
{
	json_t *data = json_object();

	(void)json_object_set_new(data, "delivery", json_integer(dl->id));
	(void)json_object_set_new(data, "message",
				  json_integer(dl->message_id));
	(void)json_object_set_new(data, "contact", json_integer(c->place.id));
	(void)json_object_set_new(data, "kind", json_string(v->kind));
	if (v->status != NULL)
		(void)json_object_set_new(data, "status",
					  json_string(v->status));
	return event_add(c->s, change_now(&c->inc, c->now_ms),
			 "delivery.bounced", c->inc.id, 0, data, e);
}

static enum outcome
identity_event(struct store *s, const struct bounced_address *a, bool failed,
	       int64_t incident_id, int64_t agent_id, int64_t now_ms,
	       struct err *e)
{
	json_t *data = json_object();

	(void)json_object_set_new(data, "identity", json_integer(a->id));
	(void)json_object_set_new(data, "customer",
				  json_integer(a->customer_id));
	(void)json_object_set_new(data, "failed", json_boolean(failed));
	return event_add(s, now_ms, "identity.changed", incident_id, agent_id,
			 data, e);
}

static enum outcome
flag(struct contact *c, const char *address, const char *detail, struct err *e)
{
	int64_t now = change_now(&c->inc, c->now_ms);
	struct bounced_address a;
	enum outcome o = bounced_address(c->s, address, &a, e);

	if (o != OUT_OK || a.id == 0)
		return o;
	o = bounced_flag(c->s, a.id, now, detail, e);
	if (o == OUT_OK && !a.failed)
		o = identity_event(c->s, &a, true, c->inc.id, 0, now, e);
	return o;
}

/* Whoever thought it answered must look again: where the message lies now, if
 * its own incident goes on in another one. */
static enum outcome
wake(struct contact *c, struct err *e)
{
	struct incident *inc = &c->inc;
	enum incident_state before = inc->state;
	int64_t now = change_now(inc, c->now_ms);
	enum outcome o = change_state(c->s, inc, change_after_failure(before),
				      0, now, e);

	if (o == OUT_OK)
		o = clocks_woken(c->d, c->s, inc, before, now, e);
	return o == OUT_OK ? incident_save(c->s, inc, e) : o;
}

/* The delivery's own incident may be the one that *c holds. */
static enum outcome
reload(struct contact *c, struct err *e)
{
	int64_t id = c->inc.id;

	incident_release(&c->inc);
	return incident_load(c->s, id, &c->inc, e);
}

static enum outcome
fail(struct contact *c, const struct verdict *v, const struct delivery *dl,
     struct err *e)
{
	char detail[DETAIL_MAX];
	enum outcome o;

	detail_of(v, detail);
	o = outbox_bounced(c->d, c->s, dl, detail, c->now_ms, e);
	if (o == OUT_OK)
		o = reload(c, e);
	if (o == OUT_OK && c->inc.id != dl->incident_id)
		o = wake(c, e);
	if (o == OUT_OK && v->flag != NULL)
		o = flag(c, v->flag, detail, e);
	return o;
}

enum outcome
bounce_apply(struct contact *c, struct err *e)
{
	struct verdict v;
	struct delivery dl;
	json_t *went = NULL;
	enum outcome o =
		delivery_load(c->s, c->bounce.delivery_id, NULL, &dl, e);

	if (o == OUT_OK)
		o = bounced_recipients(c->s, dl.id, &went, e);
	if (o == OUT_OK) {
		judge(&v, c->bounce.said, went);
		o = write_event(c, &v, &dl, e);
	}
	if (o == OUT_OK && strcmp(v.kind, "failed") == 0)
		o = fail(c, &v, &dl, e);
	else if (o == OUT_OK && strcmp(v.kind, "other") == 0)
		o = wake(c, e);
	json_decref(went);
	delivery_release(&dl);
	return o;
}

/* --- flags of addresses --------------------------------------------------------- */

enum outcome
bounce_clear(struct store *s, int64_t identity_id, int64_t incident_id,
	     int64_t agent_id, int64_t now_ms, struct err *e)
{
	struct bounced_address a;
	enum outcome o = bounced_identity(s, identity_id, &a, e);

	if (o != OUT_OK || !a.failed)
		return o;
	o = bounced_flag(s, identity_id, 0, "", e);
	return o == OUT_OK ? identity_event(s, &a, false, incident_id, agent_id,
					    now_ms, e)
			   : o;
}

enum outcome
bounce_flag(struct store *s, int64_t identity_id, int64_t incident_id,
	    const char *detail, int64_t now_ms, struct err *e)
{
	struct bounced_address a;
	enum outcome o = bounced_identity(s, identity_id, &a, e);

	if (o != OUT_OK || a.failed)
		return o;
	o = bounced_flag(s, identity_id, now_ms, detail, e);
	return o == OUT_OK
		       ? identity_event(s, &a, true, incident_id, 0, now_ms, e)
		       : o;
}

enum outcome
bounce_heard(struct contact *c, struct err *e)
{
	if (c->robot || c->from.id == 0)
		return OUT_OK;
	return bounce_clear(c->s, c->from.id, c->inc.id, 0,
			    change_now(&c->inc, c->now_ms), e);
}

enum outcome
bounce_warn(struct store *s, struct request *rq, int64_t message_id,
	    struct err *e)
{
	bool failed = false;
	json_t *list;
	enum outcome o = bounced_warns(s, message_id, &failed, e);

	if (o != OUT_OK)
		return o;
	list = json_array();
	if (failed)
		(void)json_array_append_new(list,
					    json_string("address_failed"));
	if (rq->result == NULL)
		rq->result = json_object();
	(void)json_object_set_new(rq->result, "warnings", list);
	return OUT_OK;
}
