/*
 * m_shop: shop.cursor: how far a shop was read, kept for the gateway that
 * reads it.
 */

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/desk.h"
#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/incident.h"
#include "daemon/store/shopcursor.h"

/* named by the table of handlers */
method_fn m_shop_cursor;

/* An instant of the parameters; 0: it was not given. */
static enum outcome
cursor_instant(const struct request *rq, const char *name, int64_t *out,
	       struct err *e)
{
	const char *text = param_str(rq, name);

	*out = 0;
	if (text == NULL || clock_parse(text, out))
		return OUT_OK;
	return err_code(e, OUT_PERM, "bad_params", "'%s' is not an instant",
			name);
}

enum outcome
m_shop_cursor(struct desk *d, struct store *s, struct request *rq,
	      struct err *e)
{
	struct shopcursor_new c = { .resource = param_str(rq, "resource"),
				    .mark = param_str(rq, "mark"),
				    .page = param_str(rq, "page") };
	const char *name;
	json_t *now = NULL;
	json_t *v;
	enum outcome o = link_id(s, param_str(rq, "connection"),
				 role_name(rq->role), &c.connection_id, e);

	(void)d;
	if (o == OUT_OK)
		o = cursor_instant(rq, "looked_at", &c.looked_ms, e);
	if (o == OUT_OK)
		o = cursor_instant(rq, "seen_hook_at", &c.seen_hook_ms, e);
	if (o == OUT_OK && (c.mark != NULL || c.page != NULL ||
			    c.looked_ms != 0 || c.seen_hook_ms != 0))
		o = shopcursor_set(s, &c, e);
	if (o == OUT_OK)
		o = shopcursor_get(s, c.connection_id, c.resource, &now, e);
	if (o != OUT_OK)
		return o;
	json_object_foreach(now, name, v) result_set(rq, name, json_incref(v));
	json_decref(now);
	return OUT_OK;
}
