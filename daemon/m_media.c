/*
 * m_media: media.put: a file of a message has come, or will not come.
 *
 * Invariant: what came stays; saying so again changes nothing.
 */

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/card.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/media.h"
#include "daemon/store/message.h"

method_fn m_media_put; /* named by the table of handlers */

/* The event, and the incident's last change. */
static enum outcome
media_event(struct store *s, const struct request *rq, const struct media *m,
	    const char *state, struct err *e)
{
	json_t *data = json_object();
	struct incident inc = { .id = 0 };
	enum outcome o;

	(void)json_object_set_new(data, "message",
				  json_integer(param_int(rq, "message", 0)));
	(void)json_object_set_new(data, "position",
				  json_integer(param_int(rq, "position", 0)));
	(void)json_object_set_new(data, "state", json_string(state));
	o = incident_load(s, m->incident_id, &inc, e);
	if (o != OUT_OK) {
		json_decref(data);
		return o;
	}
	inc.updated_ms = change_now(&inc, rq->now_ms);
	o = event_add(s, inc.updated_ms, "message.media", inc.id, 0, data, e);
	if (o == OUT_OK)
		o = incident_save(s, &inc, e);
	incident_release(&inc);
	return o;
}

/* It is here: an attachment. */
static enum outcome
media_here(struct store *s, const struct request *rq, const struct media *m,
	   struct err *e)
{
	const char *found = param_str(rq, "content_type");
	char *type =
		found != NULL ? card_type(found) : mem_strdup(m->content_type);
	struct attachment_new a = { .message_id = param_int(rq, "message", 0),
				    .position = param_int(rq, "position", 0),
				    .filename = m->filename,
				    .content_type = type,
				    .sha256 = param_str(rq, "sha256") };
	enum outcome o = change_blob(s, rq, a.sha256, rq->now_ms, e);

	if (o == OUT_OK)
		o = attachment_add(s, &a, e);
	if (o == OUT_OK)
		o = media_end(s, a.message_id, a.position, "here",
			      param_str(rq, "warning"), e);
	mem_free(type);
	return o;
}

static enum outcome
media_write(struct store *s, const struct request *rq, const struct media *m,
	    const char *gone, struct err *e)
{
	enum outcome o =
		gone == NULL
			? media_here(s, rq, m, e)
			: media_end(s, param_int(rq, "message", 0),
				    param_int(rq, "position", 0), "gone",
				    *gone != '\0' ? gone : "unavailable", e);

	return o == OUT_OK ? media_event(s, rq, m,
					 gone == NULL ? "here" : "gone", e)
			   : o;
}

enum outcome
m_media_put(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	const char *gone = param_str(rq, "gone");
	struct media m;
	enum outcome o;

	(void)d;
	if ((gone != NULL) == param_given(rq, "sha256"))
		return err_code(e, OUT_PERM, "bad_params",
				"one of 'sha256' and 'gone' is needed");
	o = media_load(s, param_int(rq, "message", 0),
		       param_int(rq, "position", 0), role_name(rq->role), &m,
		       e);
	if (o == OUT_OK && strcmp(m.state, "pending") == 0) {
		o = media_write(s, rq, &m, gone, e);
		if (o == OUT_OK)
			result_set(rq, "state",
				   json_string(gone == NULL ? "here" : "gone"));
	} else if (o == OUT_OK) {
		result_set(rq, "state", json_string(m.state));
	}
	media_release(&m);
	return o;
}
