/*
 * m_typing: chat.typing and incident.typing. Nothing is stored and no commit
 * waits: the network thread tells others at once, or nobody.
 */

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/engine_p.h"
#include "daemon/param.h"
#include "daemon/peer.h"
#include "daemon/task.h"
#include "daemon/visit.h"

/* Named by the generated table of handlers. */
method_fn m_chat_typing;
method_fn m_incident_typing;

/* The incident is the handle's own for a visitor; staff name it. */
static enum outcome
type(struct desk *d, struct request *rq, int64_t named)
{
	struct task *t = task_of(rq);
	struct peer *p = rq->peer;
	struct typing x = { .on = param_bool(rq, "on", false) };
	char *name = NULL;
	struct handle *h;
	bool tell = false;

	(void)pthread_mutex_lock(&p->lock);
	h = handle_find(&p->handles, t->as);
	if (h != NULL) {
		x.actor = h->actor;
		x.agent_id = h->agent_id;
		x.incident_id = h->actor == ACTOR_VISITOR
					? h->key[HANDLE_BY_INCIDENT]
					: named;
		tell = x.incident_id > 0 &&
		       handle_types(h, x.incident_id, x.on, clock_now_ms());
		if (tell)
			name = mem_strdup(h->name);
	}
	(void)pthread_mutex_unlock(&p->lock);
	x.name = name;
	if (tell)
		typing_tell(d->engine, &x);
	mem_free(name);
	result_set(rq, "sent", json_boolean(tell));
	return OUT_OK;
}

enum outcome
m_chat_typing(struct desk *d, struct store *s, struct request *rq,
	      struct err *e)
{
	(void)s;
	(void)e;
	return type(d, rq, 0);
}

enum outcome
m_incident_typing(struct desk *d, struct store *s, struct request *rq,
		  struct err *e)
{
	(void)s;
	(void)e;
	return type(d, rq, param_int(rq, "id", 0));
}
