#include "daemon/outbox.h"

#include <jansson.h>
#include <string.h>

#include "daemon/bounce.h"
#include "daemon/change.h"
#include "daemon/clocks.h"
#include "daemon/consent.h"
#include "daemon/desk.h"
#include "daemon/fallback.h"
#include "daemon/store/bounced.h"
#include "daemon/store/delivery.h"
#include "daemon/store/event.h"
#include "daemon/store/expect.h"
#include "daemon/store/incident.h"
#include "daemon/store/job.h"
#include "daemon/window.h"

#define RETRY_MS 30000
#define RETRY_MS_MAX (60 * 60 * 1000)
#define RETRY_FOR_MS ((int64_t)4 * 24 * 60 * 60 * 1000)
#define LAPSE_MAX 64
#define LOST_MAX 2              /* attempts after an unknown outcome */
#define LOST_MS (5 * 60 * 1000) /* before each */

bool
outbox_end_parse(const char *word, bool retry, enum outbox_end *out)
{
	if (strcmp(word, "sent") == 0)
		*out = OUTBOX_SENT;
	else if (strcmp(word, "failed") == 0)
		*out = retry ? OUTBOX_RETRY : OUTBOX_FAILED;
	else if (strcmp(word, "unknown") == 0)
		*out = OUTBOX_UNKNOWN;
	else
		return false;
	return true;
}

/* Can its outside be asked whether a key has arrived? Then another attempt
 * is harmless. */
static bool
outbox_repeatable(const struct link *l)
{
	return strcmp(l->kind, "maildir") == 0 || strcmp(l->kind, "pipe") == 0;
}

/* Does the other end know a mail that it has by its Message-ID? Most do, so
 * another attempt seldom makes a second mail (contrib/decisions). */
static bool
outbox_may_repeat(const struct link *l, const struct delivery *dl)
{
	return strcmp(l->kind, "mailbox") == 0 && dl->lost < LOST_MAX;
}

static int64_t
outbox_wait(int64_t attempts)
{
	int64_t wait = RETRY_MS;

	while (--attempts > 0 && wait < RETRY_MS_MAX)
		wait *= 2;
	return wait < RETRY_MS_MAX ? wait : RETRY_MS_MAX;
}

static json_t *
outbox_data(const struct delivery *dl, const char *state, int64_t lost)
{
	json_t *data = json_object();

	(void)json_object_set_new(data, "delivery", json_integer(dl->id));
	(void)json_object_set_new(data, "message",
				  json_integer(dl->message_id));
	(void)json_object_set_new(data, "state", json_string(state));
	(void)json_object_set_new(data, "attempts", json_integer(dl->attempts));
	if (lost > 0 || dl->lost > 0)
		(void)json_object_set_new(data, "lost", json_integer(lost));
	return data;
}

/* It did not go after all: that a lease ran out had counted as if it might
 * have. */
static int64_t
outbox_lost_after(const struct delivery *dl)
{
	bool counted = dl->lapsed && strcmp(dl->state, "queued") == 0;

	return counted && dl->lost > 0 ? dl->lost - 1 : dl->lost;
}

static enum outcome
outbox_event(struct store *s, const struct delivery *dl, const char *state,
	     int64_t lost, int64_t now_ms, struct err *e)
{
	return event_add(s, now_ms, "delivery.changed", dl->incident_id, 0,
			 outbox_data(dl, state, lost), e);
}

/* The customer will not get it: whoever thought it answered must know. */
static enum outcome
outbox_reopen(struct desk *d, struct store *s, const struct delivery *dl,
	      int64_t now_ms, struct err *e)
{
	struct incident inc;
	enum incident_state before;
	enum incident_state to;
	int64_t now;
	enum outcome o = incident_load(s, dl->incident_id, &inc, e);

	if (o != OUT_OK)
		return o;
	now = change_now(&inc, now_ms);
	before = inc.state;
	to = change_after_failure(inc.state);
	if (to != INCIDENT_SPAM && to != INCIDENT_MERGED) {
		o = change_state(s, &inc, to, 0, now, e);
		if (o == OUT_OK)
			o = clocks_woken(d, s, &inc, before, now, e);
		if (o == OUT_OK)
			o = clocks_failed(d, s, &inc, dl->message_id,
					  dl->number, now, e);
		if (o == OUT_OK)
			o = promise_judge(s, inc.id, now / 1000, e);
		inc.updated_ms = now;
		if (o == OUT_OK)
			o = incident_save(s, &inc, e);
		if (o == OUT_OK)
			o = fallback_failed(d, s, dl, now_ms, e);
	}
	incident_release(&inc);
	return o;
}

static enum outcome
outbox_requeue(struct desk *d, struct store *s, const struct delivery *dl,
	       int64_t due_ms, int64_t lost, const char *detail, int64_t now_ms,
	       struct err *e)
{
	struct link l;
	int64_t at = now_ms;
	enum outcome o = delivery_requeue(s, dl->id, due_ms, lost, detail, e);

	if (o == OUT_OK && due_ms <= now_ms) {
		o = link_load(s, dl->connection_id, &l, e);
		if (o == OUT_OK && role_parse(l.role) < ROLE_COUNT)
			d->wake_outbox |= 1u << role_parse(l.role);
		link_release(&l);
	}
	if (o == OUT_OK)
		o = incident_instant(s, dl->incident_id, now_ms, &at, e);
	if (o == OUT_OK)
		o = outbox_event(s, dl, "queued", lost, at, e);
	return o;
}

/* A copy for the folder of sent mails, if the mailbox keeps one. A delivery
 * becomes sent once, so there is one job. */
static enum outcome
outbox_copy(struct desk *d, struct store *s, const struct delivery *dl,
	    int64_t now_ms, struct err *e)
{
	struct link l;
	json_t *payload;
	int64_t job = 0;
	enum outcome o = link_load(s, dl->connection_id, &l, e);

	if (o == OUT_OK && strcmp(l.kind, "mailbox") == 0 &&
	    member_str(l.settings, "sent_folder") != NULL) {
		payload = json_object();
		(void)json_object_set_new(payload, "delivery",
					  json_integer(dl->id));
		o = job_add(s, "mail.copy", l.id, payload, now_ms, &job, e);
		d->wake_jobs |= 1u << ROLE_MAIL;
		json_decref(payload);
	}
	link_release(&l);
	return o;
}

static enum outcome
outbox_finish(struct desk *d, struct store *s, const struct delivery *dl,
	      const char *state, const char *detail, int64_t now_ms,
	      struct err *e)
{
	int64_t at = now_ms;
	enum outcome o = incident_instant(s, dl->incident_id, now_ms, &at, e);

	if (o == OUT_OK)
		o = delivery_end(s, dl->id, state, at, detail, e);
	if (o == OUT_OK)
		o = outbox_event(s, dl, state, dl->lost, at, e);
	if (o == OUT_OK && strcmp(state, "failed") == 0)
		o = outbox_reopen(d, s, dl, now_ms, e);
	if (o == OUT_OK && strcmp(state, "sent") == 0)
		o = outbox_copy(d, s, dl, now_ms, e);
	if (o == OUT_OK && strcmp(state, "sent") == 0)
		o = clocks_sent(d, s, dl->incident_id, dl->message_id, now_ms,
				e);
	return o;
}

/* The answer of a delivery that had failed counts once more. */
static enum outcome
outbox_counts(struct desk *d, struct store *s, const struct delivery *dl,
	      int64_t ended_ms, int64_t now_ms, struct err *e)
{
	struct incident inc;
	enum outcome o = incident_load(s, dl->incident_id, &inc, e);

	if (o == OUT_OK)
		o = clocks_counted(d, s, &inc, dl->message_id, dl->number,
				   ended_ms, change_now(&inc, now_ms), e);
	if (o == OUT_OK)
		o = promise_judge(s, inc.id, now_ms / 1000, e);
	if (o == OUT_OK)
		o = incident_save(s, &inc, e);
	incident_release(&inc);
	return o;
}

/* delivery.changed with one word more, which says why it could. */
static enum outcome
outbox_told(struct store *s, const struct delivery *dl, const char *state,
	    const char *why, int64_t agent_id, int64_t now_ms, struct err *e)
{
	json_t *data = outbox_data(dl, state, dl->lost);

	if (why != NULL)
		(void)json_object_set_new(data, why, json_true());
	return event_add(s, now_ms, "delivery.changed", dl->incident_id,
			 agent_id, data, e);
}

enum outcome
outbox_proved(struct desk *d, struct store *s, const struct delivery *dl,
	      int64_t now_ms, struct err *e)
{
	bool failed = strcmp(dl->state, "failed") == 0;
	int64_t at = now_ms;
	enum outcome o = incident_instant(s, dl->incident_id, now_ms, &at, e);

	if (o == OUT_OK)
		o = delivery_proved(s, dl->id, at, e);
	if (o == OUT_OK)
		o = outbox_told(s, dl, "sent", failed ? "proved" : NULL, 0, at,
				e);
	if (o == OUT_OK)
		o = clocks_sent(d, s, dl->incident_id, dl->message_id, now_ms,
				e);
	return o == OUT_OK && failed
		       ? outbox_counts(d, s, dl, dl->committed_ms, now_ms, e)
		       : o;
}

enum outcome
outbox_again(struct desk *d, struct store *s, const struct delivery *dl,
	     int64_t agent_id, int64_t now_ms, struct err *e)
{
	bool failed = strcmp(dl->state, "failed") == 0;
	int64_t at = now_ms;
	enum outcome o;

	if (!dl->whatsapp || (!failed && strcmp(dl->state, "unknown") != 0))
		return err_code(e, OUT_PERM, "conflict",
				"a delivery that is '%s' cannot be sent again",
				dl->state);
	o = incident_instant(s, dl->incident_id, now_ms, &at, e);
	if (o == OUT_OK)
		o = delivery_renew(s, dl->id, now_ms, e);
	if (o == OUT_OK)
		o = outbox_told(s, dl, "queued", "again", agent_id, at, e);
	d->wake_outbox |= 1u << ROLE_WHATSAPP;
	return o == OUT_OK && failed ? outbox_counts(d, s, dl, at, now_ms, e)
				     : o;
}

/* Codes of Graph after which something else is true too. */
#define CODE_UNREACHABLE 131026
#define CODE_WINDOW 131047
#define CODE_OPTED_OUT 131050

static enum outcome
outbox_follows(struct store *s, const struct delivery *dl, int64_t code,
	       const char *detail, int64_t now_ms, struct err *e)
{
	switch (code) {
	case CODE_WINDOW:
		return window_refused(s, dl->incident_id, dl->connection_id,
				      now_ms, e);
	case CODE_OPTED_OUT:
		return dl->identity_id != 0
			       ? consent_set(s, dl->identity_id, "out",
					     "marketing", dl->incident_id, 0,
					     now_ms, NULL, e)
			       : OUT_OK;
	case CODE_UNREACHABLE:
		return dl->identity_id != 0
			       ? bounce_flag(s, dl->identity_id,
					     dl->incident_id, detail, now_ms, e)
			       : OUT_OK;
	default:
		return OUT_OK;
	}
}

enum outcome
outbox_coded(struct store *s, const struct delivery *dl, int64_t code,
	     const char *detail, int64_t now_ms, struct err *e)
{
	int64_t at = now_ms;
	enum outcome o = incident_instant(s, dl->incident_id, now_ms, &at, e);

	if (o == OUT_OK && code != 0)
		o = delivery_code(s, dl->id, code, e);
	if (o == OUT_OK)
		o = event_add(s, at, "delivery.failed", dl->incident_id, 0,
			      json_pack("{s:I, s:I, s:I}", "delivery",
					(json_int_t)dl->id, "message",
					(json_int_t)dl->message_id, "code",
					(json_int_t)code),
			      e);
	return o == OUT_OK ? outbox_follows(s, dl, code, detail, at, e) : o;
}

enum outcome
outbox_refused(struct desk *d, struct store *s, const struct delivery *dl,
	       int64_t code, const char *detail, int64_t now_ms, struct err *e)
{
	enum outcome o;

	if (strcmp(dl->state, "sent") == 0)
		o = outbox_bounced(d, s, dl, detail, now_ms, e);
	else
		o = outbox_finish(d, s, dl, "failed", detail, now_ms, e);
	return o == OUT_OK ? outbox_coded(s, dl, code, detail, now_ms, e) : o;
}

enum outcome
outbox_bounced(struct desk *d, struct store *s, const struct delivery *dl,
	       const char *detail, int64_t now_ms, struct err *e)
{
	int64_t at = now_ms;
	json_t *data;
	enum outcome o;

	if (strcmp(dl->state, "failed") == 0)
		return OUT_OK;
	o = incident_instant(s, dl->incident_id, now_ms, &at, e);
	if (o == OUT_OK)
		o = bounced_delivery(s, dl->id, at, detail, e);
	if (o != OUT_OK)
		return o;
	data = outbox_data(dl, "failed", dl->lost);
	(void)json_object_set_new(data, "bounced", json_true());
	o = event_add(s, at, "delivery.changed", dl->incident_id, 0, data, e);
	return o == OUT_OK ? outbox_reopen(d, s, dl, now_ms, e) : o;
}

/* Nobody knows how it ended. Where the outside can be asked, ask by trying
 * again; a mail may go again a little later, a few times and under the same
 * Message-ID; elsewhere staff decide. */
static enum outcome
outbox_unknown(struct desk *d, struct store *s, const struct delivery *dl,
	       const char *detail, int64_t now_ms, const char **state_out,
	       struct err *e)
{
	struct link l;
	enum outcome o = link_load(s, dl->connection_id, &l, e);
	bool known = strcmp(dl->state, "queued") == 0;
	bool in_time = now_ms - dl->created_ms < RETRY_FOR_MS;
	bool ask = o == OUT_OK && in_time && outbox_repeatable(&l);
	bool repeat = o == OUT_OK && in_time && outbox_may_repeat(&l, dl);

	link_release(&l);
	if (o != OUT_OK)
		return o;
	*state_out = ask || repeat || known ? "queued" : "unknown";
	if (known) /* said already, or thought when the lease ran out */
		return OUT_OK;
	if (ask)
		return outbox_requeue(d, s, dl, now_ms, dl->lost, detail,
				      now_ms, e);
	if (repeat)
		return outbox_requeue(d, s, dl, now_ms + LOST_MS, dl->lost + 1,
				      detail, now_ms, e);
	return outbox_finish(d, s, dl, "unknown", detail, now_ms, e);
}

enum outcome
outbox_end(struct desk *d, struct store *s, const struct delivery *dl,
	   enum outbox_end end, const char *detail, int64_t now_ms,
	   const char **state_out, struct err *e)
{
	if (end == OUTBOX_RETRY && now_ms - dl->created_ms >= RETRY_FOR_MS)
		end = OUTBOX_FAILED;
	switch (end) {
	case OUTBOX_RETRY:
		*state_out = "queued";
		return outbox_requeue(d, s, dl,
				      now_ms + outbox_wait(dl->attempts),
				      outbox_lost_after(dl), detail, now_ms, e);
	case OUTBOX_UNKNOWN:
		return outbox_unknown(d, s, dl, detail, now_ms, state_out, e);
	case OUTBOX_SENT:
		*state_out = "sent";
		break;
	case OUTBOX_FAILED:
		*state_out = "failed";
		break;
	}
	return outbox_finish(d, s, dl, *state_out, detail, now_ms, e);
}

enum outcome
outbox_lapse(struct desk *d, struct store *s, int64_t now_ms, int max,
	     int *n_out, struct err *e)
{
	int64_t ids[LAPSE_MAX];
	const char *state;
	int n;
	int i;
	enum outcome o;

	o = delivery_lapsed(s, now_ms, max < LAPSE_MAX ? max : LAPSE_MAX, ids,
			    &n, e);
	for (i = 0; o == OUT_OK && i < n; i++) {
		struct delivery dl;

		o = delivery_load(s, ids[i], NULL, &dl, e);
		if (o == OUT_OK && dl.whatsapp && !dl.begun)
			o = outbox_requeue(d, s, &dl, now_ms, dl.lost,
					   DELIVERY_LAPSED, now_ms, e);
		else if (o == OUT_OK)
			o = outbox_unknown(d, s, &dl, DELIVERY_LAPSED, now_ms,
					   &state, e);
		delivery_release(&dl);
	}
	*n_out = o == OUT_OK ? n : 0;
	return o;
}
