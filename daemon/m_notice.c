/*
 * m_notice: notice.get and notice.begin: the mail of a job mail.notice, as it
 * is now. Names and addresses are looked up here, so a job holds neither; a
 * report is made here, by a reading thread.
 *
 * Invariant: the key of a job's mail is always the same.
 */

#include <inttypes.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/param.h"
#include "daemon/plan_mail.h"
#include "daemon/request.h"
#include "daemon/store/agent.h"
#include "daemon/store/incident.h"
#include "daemon/store/job.h"
#include "daemon/store/row.h"
#include "daemon/token.h"

#define TOO_OLD_MS ((int64_t)4 * 24 * 60 * 60 * 1000)

/* named by the table of handlers */
method_fn m_notice_begin;
method_fn m_notice_get;

static json_t *
address(const char *name, const char *addr)
{
	json_t *a = json_object();

	row_set(a, "name", name[0] != '\0' ? json_string(name) : json_null());
	row_set(a, "address", json_string(addr));
	return a;
}

/* Those of the agents who are still there. */
static enum outcome
recipients(struct store *s, const json_t *ids, json_t **out, struct err *e)
{
	json_t *list = json_array();
	json_t *one;
	const json_t *id;
	size_t i;
	enum outcome o = OUT_OK;

	json_array_foreach(ids, i, id)
	{
		one = NULL;
		o = agent_address(s, json_integer_value(id), &one, e);
		if (o != OUT_OK)
			break;
		if (one != NULL)
			(void)json_array_append_new(list, one);
	}
	if (o == OUT_OK)
		*out = list;
	else
		json_decref(list);
	return o;
}

/* A notice that was written when its job was made: subject, text and the rest
 * stand in it. */
static enum outcome
written(struct store *s, const json_t *payload, json_t **out, struct err *e)
{
	static const char *const members[] = { "subject", "text", "html",
					       "attachments" };
	json_t *to = NULL;
	size_t i;
	enum outcome o = recipients(s, json_object_get(payload, "to"), &to, e);

	if (o != OUT_OK)
		return o;
	if (json_array_size(to) == 0) {
		json_decref(to);
		return OUT_OK;
	}
	*out = json_object();
	row_set(*out, "to", to);
	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_t *v = json_object_get(payload, members[i]);

		row_set(*out, members[i],
			v != NULL ? json_incref(v) : json_null());
	}
	if (!json_is_array(json_object_get(*out, "attachments")))
		row_set(*out, "attachments", json_array());
	return OUT_OK;
}

/* Who sends it, and by what it is known. */
static enum outcome
add_sender(const struct desk *d, struct store *s, const struct job *j,
	   json_t *mail, struct err *e)
{
	char loop[TOKEN_LOOP_MAX];
	struct link l = { 0 };
	char *desk = NULL;
	const char *from;
	const char *at;
	char *key;
	enum outcome o = link_load(s, j->connection_id, &l, e);

	if (o == OUT_OK)
		o = desk_name(s, &desk, e);
	if (o == OUT_OK) {
		from = member_str(l.settings, "address");
		from = from != NULL ? from : "";
		at = strrchr(from, '@');
		key = mem_printf("<notice.%" PRId64 ".%" PRId64 "%s>", j->id,
				 j->created_ms, at != NULL ? at : "@localhost");
		row_set(mail, "connection", json_string(l.name));
		row_set(mail, "from", address(desk, from));
		row_set(mail, "key", json_string(key));
		row_set(mail, "at", row_iso(j->created_ms));
		token_loop(d->key, loop);
		row_set(mail, "loop", json_string(loop));
		mem_free(key);
	}
	mem_free(desk);
	link_release(&l);
	return o;
}

static enum outcome
mail_of(struct desk *d, struct store *s, const struct job *j, int64_t now_ms,
	json_t **out, struct err *e)
{
	const json_t *payload = j->payload;
	enum outcome o;

	if (now_ms - j->created_ms > TOO_OLD_MS)
		return OUT_OK; /* the connection was off: nobody waits for it */
	if (json_object_get(payload, "plan") != NULL)
		o = plan_mail(d, s, payload, now_ms, out, e);
	else
		o = written(s, payload, out, e);
	return o == OUT_OK && *out != NULL ? add_sender(d, s, j, *out, e) : o;
}

/* The caller's job; job_release() it in any case. */
static enum outcome
notice_load(struct store *s, const struct request *rq, struct job *j,
	    struct err *e)
{
	enum outcome o =
		job_load(s, param_int(rq, "job", 0), role_name(rq->role), j, e);

	if (o == OUT_OK && strcmp(j->kind, "mail.notice") != 0)
		o = err_code(e, OUT_PERM, "not_found", "job %lld is no notice",
			     (long long)j->id);
	return o;
}

enum outcome
m_notice_begin(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	struct job j;
	enum outcome o = notice_load(s, rq, &j, e);

	(void)d;
	if (o == OUT_OK && (strcmp(j.state, "taken") != 0 ||
			    j.attempts != param_int(rq, "attempt", 0)))
		o = err_code(e, OUT_PERM, "conflict",
			     "the job was taken again or has ended");
	if (o == OUT_OK)
		o = job_begun(s, j.id, e);
	job_release(&j);
	if (o == OUT_OK)
		result_set(rq, "begun", json_true());
	return o;
}

enum outcome
m_notice_get(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct job j;
	json_t *mail = NULL;
	enum outcome o = notice_load(s, rq, &j, e);

	if (o == OUT_OK)
		o = mail_of(d, s, &j, rq->now_ms, &mail, e);
	job_release(&j);
	if (o == OUT_OK)
		result_set(rq, "notice", mail != NULL ? mail : json_null());
	else
		json_decref(mail);
	return o;
}
