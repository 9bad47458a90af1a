#include "daemon/mailjob.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/store/incident.h"
#include "daemon/store/job.h"

/* The connection that it goes by; 0: there is none. */
static enum outcome
mailjob_way(struct store *s, int64_t wanted, int64_t *out, struct err *e)
{
	struct link l = { 0 };
	enum outcome o;

	*out = wanted;
	if (wanted != 0)
		return OUT_OK;
	o = link_first(s, role_name(ROLE_MAIL), &l, e);
	*out = l.id;
	link_release(&l);
	return o;
}

/* At most so many of the list. New. */
static json_t *
mailjob_to(const json_t *agents)
{
	json_t *to = json_array();
	json_t *v;
	size_t i;

	json_array_foreach(agents, i, v)
	{
		if (i == MAILJOB_AGENTS_MAX)
			break;
		(void)json_array_append(to, v);
	}
	return to;
}

static json_t *
mailjob_payload(const struct mailjob *m)
{
	size_t n =
		utf8_cut(m->subject, strlen(m->subject), MAILJOB_SUBJECT_MAX);
	json_t *p = json_object();

	(void)json_object_set_new(p, "to", mailjob_to(m->agents));
	(void)json_object_set_new(p, "subject", json_stringn(m->subject, n));
	(void)json_object_set_new(p, "text", json_string(m->text));
	if (m->html != NULL)
		(void)json_object_set_new(p, "html", json_string(m->html));
	if (m->attachments != NULL)
		(void)json_object_set_new(p, "attachments",
					  json_deep_copy(m->attachments));
	return p;
}

enum outcome
mailjob_add(struct desk *d, struct store *s, const struct mailjob *m,
	    int64_t now_ms, int64_t *job_out, struct err *e)
{
	int64_t connection = 0;
	int64_t id = 0;
	json_t *payload;
	enum outcome o;

	if (job_out != NULL)
		*job_out = 0;
	if (json_array_size(m->agents) == 0)
		return OUT_OK;
	o = mailjob_way(s, m->connection_id, &connection, e);
	if (o != OUT_OK || connection == 0)
		return o;
	payload = mailjob_payload(m);
	if (json_dumpb(payload, NULL, 0, JSON_COMPACT) > MAILJOB_BYTES_MAX)
		o = err_code(e, OUT_PERM, "too_large",
			     "a mail is over %d octets", MAILJOB_BYTES_MAX);
	else
		o = job_add(s, "mail.notice", connection, payload, now_ms, &id,
			    e);
	json_decref(payload);
	if (o == OUT_OK)
		d->wake_jobs |= 1U << ROLE_MAIL;
	if (o == OUT_OK && job_out != NULL)
		*job_out = id;
	return o;
}

void
mailjob_hide(json_t *jobs)
{
	json_t *j;
	size_t i;

	json_array_foreach(jobs, i, j)
	{
		if (strcmp(member_str(j, "kind"), "mail.notice") == 0)
			(void)json_object_set_new(j, "payload", json_object());
	}
}
