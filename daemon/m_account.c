/*
 * m_account: account.event and account.list: what a channel says of our
 * accounts and numbers.
 */

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/desk.h"
#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/account.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/template.h"

#define ACCOUNT_LIST_MAX 100

/* named by the table of handlers */
method_fn m_account_event;
method_fn m_account_list;

/* message_template_status_update, template_category_update, ...: ours are
 * not what Meta has any more. */
static bool
about_templates(const char *field)
{
	return strncmp(field, "message_template_", 17) == 0 ||
	       strncmp(field, "template_", 9) == 0;
}

enum outcome
m_account_event(struct desk *d, struct store *s, struct request *rq,
		struct err *e)
{
	struct account_event a = { .severity = param_str(rq, "severity"),
				   .field = param_str(rq, "field"),
				   .code = param_str(rq, "code"),
				   .detail = param_str(rq, "detail") };
	int64_t id = 0;
	enum outcome o;

	if (!account_severity(a.severity))
		return err_code(e, OUT_PERM, "bad_params",
				"'severity' is none of info, warning, "
				"critical");
	if (!clock_parse(param_str(rq, "at"), &a.at_ms))
		return err_code(e, OUT_PERM, "bad_params",
				"'at' is not an instant");
	if (a.at_ms > rq->now_ms)
		a.at_ms = rq->now_ms;
	o = link_id(s, param_str(rq, "connection"), role_name(rq->role),
		    &a.connection_id, e);
	if (o == OUT_OK)
		o = account_event_add(s, &a, &id, e);
	if (o == OUT_OK && about_templates(a.field))
		o = template_sync_all(d, s, rq->now_ms, e);
	if (o == OUT_OK)
		result_set(rq, "event", json_integer(id));
	return o;
}

enum outcome
m_account_list(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	int64_t limit = param_int(rq, "limit", 50);
	json_t *events = NULL;
	enum outcome o;

	(void)d;
	if (limit < 1 || limit > ACCOUNT_LIST_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"'limit' is not from 1 to %d",
				ACCOUNT_LIST_MAX);
	o = account_event_list(s, param_str(rq, "connection"),
			       param_int(rq, "before", 0), (int)limit, &events,
			       e);
	if (o == OUT_OK)
		result_set(rq, "events", events);
	return o;
}
