#include "daemon/privacy.h"

#include <jansson.h>

#include "daemon/store/audit.h"
#include "daemon/store/event.h"
#include "daemon/store/privacy.h"

static enum outcome
erased(struct store *s, const struct privacy *p, int64_t now_ms, struct err *e)
{
	struct audit_entry a = { .at_ms = now_ms,
				 .role = "desk",
				 .action = "privacy.done",
				 .object_id = p->id,
				 .outcome = "ok" };
	json_t *data = json_object();
	enum outcome o = privacy_done(s, p->id, now_ms, e);

	(void)json_object_set_new(data, "request", json_integer(p->id));
	(void)json_object_set_new(data, "kind", json_string(p->kind));
	if (o != OUT_OK) {
		json_decref(data);
		return o;
	}
	o = event_add(s, now_ms, "privacy.done", 0, 0, data, e);
	return o == OUT_OK ? audit_add(s, &a, e) : o;
}

enum outcome
privacy_tick(struct store *s, int64_t now_ms, bool *more, struct err *e)
{
	struct privacy p;
	bool rest = false;
	enum outcome o = privacy_waiting(s, &p, e);

	if (o == OUT_OK && p.id != 0) {
		o = privacy_erase(s, &p, now_ms, &rest, e);
		if (o == OUT_OK && !rest)
			o = erased(s, &p, now_ms, e);
		/* another one may wait behind it */
		*more = true;
	}
	privacy_release(&p);
	return o;
}
