/*
 * m_mailbox: mailbox.open, absent, seen, refuse and list: what a gateway asks
 * and tells of the folders it reads. A mail that is stored gets its ledger
 * row with its contact: mailbox_stored().
 *
 * Invariant: flags on the server decide nothing; a mail is new if its UID is
 * not in the ledger.
 */

#include "daemon/m_mailbox.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/param.h"
#include "daemon/store/incident.h"
#include "daemon/store/job.h"
#include "daemon/store/mailbox.h"
#include "daemon/store/row.h"

/* The server's clock may be behind ours: mails of the hour before the first
 * opening are not lost in a renewal. */
#define FROM_MARGIN_MS ((int64_t)60 * 60 * 1000)

/* named by the table of handlers */
method_fn m_mailbox_open;
method_fn m_mailbox_absent;
method_fn m_mailbox_seen;
method_fn m_mailbox_refuse;
method_fn m_mailbox_list;

static enum outcome
in_range(const json_t *o, const char *name, int64_t max, struct err *e)
{
	int64_t v = member_int(o, name, 0);

	if (v >= 1 && v <= max)
		return OUT_OK;
	return err_code(e, OUT_PERM, "bad_params", "'%s' is not from 1 to %lld",
			name, (long long)max);
}

/* The caller's mailbox of that name. */
static enum outcome
mailbox_find(struct store *s, const struct request *rq, struct link *out,
	     struct err *e)
{
	const char *name = param_str(rq, "connection");
	enum outcome o = link_find(s, name, role_name(rq->role), out, e);

	if (o == OUT_OK && strcmp(out->kind, "mailbox") != 0)
		o = err_code(e, OUT_PERM, "not_found",
			     "'%.100s' is no mailbox on a server", name);
	return o;
}

/* A folder that was opened, with the validity that it was opened with. */
static enum outcome
folder_find(struct store *s, struct request *rq, struct folder *out,
	    struct err *e)
{
	const char *name = param_str(rq, "folder");
	struct link l = { 0 };
	enum outcome o = mailbox_find(s, rq, &l, e);

	if (o == OUT_OK)
		o = folder_load(s, l.id, name, out, e);
	link_release(&l);
	if (o != OUT_OK)
		return o;
	if (out->id == 0)
		return err_code(e, OUT_PERM, "not_found",
				"folder '%.100s' was never opened", name);
	if (out->uid_validity == param_int(rq, "uid_validity", 0))
		return OUT_OK;
	rq->error_data = json_object();
	(void)json_object_set_new(rq->error_data, "uid_validity",
				  json_integer(out->uid_validity));
	return err_code(e, OUT_PERM, "conflict",
			"folder '%.100s' has another validity: open it again",
			name);
}

/* The first time: from here on, everything, or what came since a day. */
static enum outcome
open_first(struct store *s, const struct request *rq, int64_t connection_id,
	   struct folder *f, struct err *e)
{
	const char *start = param_str(rq, "start");

	f->uid_validity = param_int(rq, "uid_validity", 0);
	f->first_uid = 1;
	f->from_ms = 0;
	if (strcmp(start, "new") == 0) {
		f->first_uid = param_int(rq, "uid_next", 1);
		f->from_ms = rq->now_ms - FROM_MARGIN_MS;
	} else if (strcmp(start, "since") == 0) {
		f->first_uid = param_int(rq, "since_uid", 1);
		/* open_check() has read it before */
		(void)clock_parse(param_str(rq, "since_at"), &f->from_ms);
	}
	f->next_uid = f->first_uid;
	return folder_add(s, connection_id, param_str(rq, "folder"), f,
			  rq->now_ms, e);
}

/* The server gave the folder new UIDs: what was taken is found again by its
 * digest, and what lay there before the first opening by its instant. */
static enum outcome
open_renewed(struct store *s, const struct request *rq, struct folder *f,
	     struct err *e)
{
	f->uid_validity = param_int(rq, "uid_validity", 0);
	f->first_uid = 1;
	f->next_uid = 1;
	f->renewals++;
	return folder_renew(s, f, rq->now_ms, e);
}

static enum outcome
open_check(const struct request *rq, struct err *e)
{
	const char *start = param_str(rq, "start");
	enum outcome o =
		in_range(rq->params, "uid_validity", MAILBOX_UID_MAX, e);

	if (o == OUT_OK)
		o = in_range(rq->params, "uid_next", MAILBOX_UID_MAX + 1, e);
	if (o != OUT_OK || strcmp(start, "new") == 0 ||
	    strcmp(start, "all") == 0)
		return o;
	if (strcmp(start, "since") != 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'start' is none of: new all since");
	if (!param_given(rq, "since_at"))
		return err_code(e, OUT_PERM, "bad_params",
				"'since_at' is missing: start is since");
	if (param_int(rq, "since_uid", 1) != 1)
		o = in_range(rq->params, "since_uid", MAILBOX_UID_MAX + 1, e);
	return o;
}

enum outcome
m_mailbox_open(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	struct link l = { 0 };
	struct folder f = { 0 };
	enum outcome o = open_check(rq, e);

	(void)d;
	if (o == OUT_OK)
		o = mailbox_find(s, rq, &l, e);
	if (o == OUT_OK)
		o = folder_load(s, l.id, param_str(rq, "folder"), &f, e);
	if (o == OUT_OK && f.id == 0)
		o = open_first(s, rq, l.id, &f, e);
	else if (o == OUT_OK &&
		 f.uid_validity != param_int(rq, "uid_validity", 0))
		o = open_renewed(s, rq, &f, e);
	link_release(&l);
	if (o != OUT_OK)
		return o;
	result_set(rq, "first_uid", json_integer(f.first_uid));
	result_set(rq, "next_uid", json_integer(f.next_uid));
	result_set(rq, "from_at", row_iso(f.from_ms));
	result_set(rq, "renewed", json_boolean(f.renewals > 0));
	return OUT_OK;
}

enum outcome
m_mailbox_absent(struct desk *d, struct store *s, struct request *rq,
		 struct err *e)
{
	struct folder f = { 0 };
	json_t *list = NULL;
	enum outcome o = folder_find(s, rq, &f, e);

	(void)d;
	if (o == OUT_OK)
		o = ledger_absent(s, &f, param_json(rq, "uids"), &list, e);
	if (o == OUT_OK)
		result_set(rq, "uids", list);
	return o;
}

enum outcome
m_mailbox_seen(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	struct folder f = { 0 };
	int64_t next = param_int(rq, "next_uid", 0);
	enum outcome o =
		in_range(rq->params, "next_uid", MAILBOX_UID_MAX + 1, e);

	(void)d;
	if (o == OUT_OK)
		o = folder_find(s, rq, &f, e);
	if (o == OUT_OK) {
		if (next > f.next_uid)
			f.next_uid = next;
		o = folder_seen(s, &f, rq->now_ms, e);
	}
	if (o == OUT_OK)
		result_set(rq, "next_uid", json_integer(f.next_uid));
	return o;
}

enum outcome
m_mailbox_refuse(struct desk *d, struct store *s, struct request *rq,
		 struct err *e)
{
	struct folder f = { 0 };
	struct ledger_row row = { .code = param_str(rq, "code"),
				  .uid = param_int(rq, "uid", 0),
				  .bytes = param_int(rq, "bytes", 0) };
	bool fresh = false;
	enum outcome o = in_range(rq->params, "uid", MAILBOX_UID_MAX, e);

	(void)d;
	if (o == OUT_OK && strcmp(row.code, "too_large") != 0 &&
	    strcmp(row.code, "refused") != 0)
		o = err_code(e, OUT_PERM, "bad_params",
			     "'code' is neither too_large nor refused");
	if (o == OUT_OK && row.bytes < 0)
		o = err_code(e, OUT_PERM, "bad_params", "'bytes' is below 0");
	if (o == OUT_OK)
		o = folder_find(s, rq, &f, e);
	if (o != OUT_OK)
		return o;
	row.folder_id = f.id;
	row.uid_validity = f.uid_validity;
	o = ledger_add(s, &row, rq->now_ms, &fresh, e);
	if (o == OUT_OK)
		result_set(rq, "stored", json_boolean(fresh));
	return o;
}

enum outcome
m_mailbox_list(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	json_t *list = NULL;
	enum outcome o = mailbox_list(s, &list, e);

	(void)d;
	if (o == OUT_OK)
		result_set(rq, "mailboxes", list);
	return o;
}

/* Does the mailbox's owner want handled mails flagged or moved? */
static bool
wants_handled(const struct link *l)
{
	const char *how = member_str(l->settings, "handled");

	return how == NULL || strcmp(how, "leave") != 0;
}

static enum outcome
handled_job(struct desk *d, struct store *s, const struct link *l,
	    const json_t *place, int64_t now_ms, struct err *e)
{
	json_t *payload;
	int64_t job = 0;
	enum outcome o;

	if (!wants_handled(l))
		return OUT_OK;
	payload = json_object();
	row_set(payload, "folder", json_string(member_str(place, "folder")));
	row_set(payload, "uid_validity",
		json_integer(member_int(place, "uid_validity", 0)));
	row_set(payload, "uid", json_integer(member_int(place, "uid", 0)));
	o = job_add(s, "mail.handled", l->id, payload, now_ms, &job, e);
	d->wake_jobs |= 1u << ROLE_MAIL;
	json_decref(payload);
	return o;
}

enum outcome
mailbox_stored(struct desk *d, struct store *s, const struct request *rq,
	       int64_t connection_id, int64_t message_id, struct err *e)
{
	const json_t *place = json_object_get(rq->params, "mailbox");
	struct ledger_row row = {
		.uid_validity = member_int(place, "uid_validity", 0),
		.uid = member_int(place, "uid", 0),
		.message_id = message_id,
		.code = "",
	};
	struct folder f = { 0 };
	struct link l = { 0 };
	bool fresh = false;
	enum outcome o;

	if (place == NULL || json_is_null(place))
		return OUT_OK;
	o = in_range(place, "uid_validity", MAILBOX_UID_MAX, e);
	if (o == OUT_OK)
		o = in_range(place, "uid", MAILBOX_UID_MAX, e);
	if (o == OUT_OK)
		o = folder_load(s, connection_id, member_str(place, "folder"),
				&f, e);
	if (o == OUT_OK && f.id == 0)
		o = err_code(e, OUT_PERM, "not_found",
			     "folder '%.100s' was never opened",
			     member_str(place, "folder"));
	/* of a validity that is over there is nothing to note */
	if (o != OUT_OK || f.uid_validity != row.uid_validity)
		return o;
	row.folder_id = f.id;
	o = ledger_add(s, &row, rq->now_ms, &fresh, e);
	if (o != OUT_OK || !fresh)
		return o;
	o = link_load(s, connection_id, &l, e);
	if (o == OUT_OK)
		o = handled_job(d, s, &l, place, rq->now_ms, e);
	link_release(&l);
	return o;
}
