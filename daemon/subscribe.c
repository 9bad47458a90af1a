#include "daemon/subscribe.h"

#include <string.h>

#include "daemon/base/log.h"
#include "daemon/engine_p.h"
#include "daemon/peer.h"
#include "daemon/task.h"
#include "daemon/visit.h"
#include "daemon/wire/frame.h"

/* Put "session.ended" and drop the handle. The peer is locked. */
static void
end_handle(struct engine *en, struct peer *p, struct handle *h)
{
	char name[HANDLE_NAME];
	json_t *params;
	json_t *note;
	struct buf b;
	struct err e;

	handle_name(&p->handles, h, name);
	visit_left(en, h);
	handle_drop(&p->handles, h);
	params = json_pack("{s:s}", "handle", name);
	note = peer_note_new("session.ended", params);
	buf_init(&b, 1024);
	if (note != NULL && frame_put(&b, note, &e) == OUT_OK)
		peer_put_locked(p, b.data, b.len);
	else
		peer_break_locked(p);
	buf_release(&b);
	json_decref(note);
	json_decref(params);
}

/* --- events ----------------------------------------------------------------- */

/* An event as a frame. */
struct event_frame {
	int64_t number;
	size_t most; /* octets that may wait for a subscriber */
	struct buf frame;
};

/* A subscriber's share of what may wait for all of them. */
static size_t
share(const struct net *n)
{
	int many = atomic_load(&n->subscribed);
	size_t each =
		many < 1 ? PEER_EVENT_BYTES : PEER_EVENT_SUM / (size_t)many;

	if (each > PEER_EVENT_BYTES)
		return PEER_EVENT_BYTES;
	return each < PEER_EVENT_LEAST ? PEER_EVENT_LEAST : each;
}

static bool
frame_of(json_t *event, struct event_frame *f)
{
	json_t *note = peer_note_new("event", event);
	struct err e;
	bool ok;

	f->number = json_integer_value(json_object_get(event, "number"));
	buf_init(&f->frame, FRAME_BYTES);
	ok = note != NULL && frame_put(&f->frame, note, &e) == OUT_OK;
	json_decref(note);
	return ok;
}

/* It is told from where to ask again. The peer is locked. */
static void
lose(struct peer *p, const char *why)
{
	json_t *params =
		json_pack("{s:I}", "number", (json_int_t)p->event_sent);
	json_t *note = peer_note_new("events.dropped", params);
	struct buf b;
	struct err e;

	p->subscribed = false;
	log_warn("peer.events_dropped", "peer %llu (%s): %s",
		 (unsigned long long)p->serial, role_name(p->role), why);
	buf_init(&b, 1024);
	if (note != NULL && frame_put(&b, note, &e) == OUT_OK)
		peer_put_locked(p, b.data, b.len);
	else
		peer_break_locked(p);
	buf_release(&b);
	json_decref(note);
	json_decref(params);
}

static void
send_event(struct peer *p, const struct event_frame *f)
{
	(void)pthread_mutex_lock(&p->lock);
	if (p->subscribed && f->number > p->event_sent) {
		if (p->out.len + f->frame.len > f->most) {
			(void)atomic_fetch_add(&p->net->slow_events, 1);
			lose(p, "it reads events too slowly");
		} else {
			peer_put_locked(p, f->frame.data, f->frame.len);
			p->event_sent = f->number;
		}
	}
	(void)pthread_mutex_unlock(&p->lock);
}

static void
flush_subscriber(struct peer *p, void *arg)
{
	(void)arg;
	if (p->role == ROLE_CONSOLE || p->role == ROLE_CONTROL)
		peer_flush(p);
}

static void
lose_peer(struct peer *p, void *arg)
{
	(void)arg;
	(void)pthread_mutex_lock(&p->lock);
	if (p->subscribed)
		lose(p, "there is no memory for its events");
	(void)pthread_mutex_unlock(&p->lock);
}

void
subscribe_lose(struct engine *en)
{
	net_each(&en->net, lose_peer, NULL);
	net_each(&en->net, flush_subscriber, NULL);
}

static void
send_event_to(struct peer *p, void *arg)
{
	if (p->role == ROLE_CONSOLE || p->role == ROLE_CONTROL)
		send_event(p, arg);
}

void
subscribe_begin(struct task *t)
{
	struct peer *p = t->rq.peer;
	size_t i;
	json_t *event;

	if (t->subscribed < 0)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->subscribed = p->fd >= 0;
	p->event_sent = t->subscribed;
	(void)pthread_mutex_unlock(&p->lock);
	json_array_foreach(t->catchup, i, event)
	{
		struct event_frame f;

		f.most = share(p->net);
		if (frame_of(event, &f))
			send_event(p, &f);
		else
			lose_peer(p, NULL);
		buf_release(&f.frame);
	}
}

static void
note_subscribed(struct peer *p, void *arg)
{
	int *many = arg;

	(void)pthread_mutex_lock(&p->lock);
	*many += p->subscribed ? 1 : 0;
	(void)pthread_mutex_unlock(&p->lock);
}

bool
subscribe_any(struct engine *en)
{
	int many = 0;

	net_each(&en->net, note_subscribed, &many);
	atomic_store(&en->net.subscribed, many);
	return many > 0;
}

void
subscribe_events(struct engine *en, json_t *events)
{
	size_t i;
	json_t *event;

	if (json_array_size(events) == 0)
		return;
	json_array_foreach(events, i, event)
	{
		struct event_frame f;

		f.most = share(&en->net);
		if (frame_of(event, &f))
			net_each(&en->net, send_event_to, &f);
		else
			subscribe_lose(en);
		buf_release(&f.frame);
	}
	net_each(&en->net, flush_subscriber, NULL);
}

/* --- wakes ------------------------------------------------------------------ */

struct wake {
	unsigned roles;
	json_t *params;
};

static void
wake_peer(struct peer *p, void *arg)
{
	const struct wake *w = arg;

	if (w->roles & 1U << p->role)
		peer_note(p, "wake", w->params);
}

static void
wake_roles(struct engine *en, unsigned *roles, const char *what)
{
	struct wake w = { .roles = *roles };

	*roles = 0;
	if (w.roles == 0)
		return;
	w.params = json_pack("{s:s}", "what", what);
	net_each(&en->net, wake_peer, &w);
	json_decref(w.params);
}

void
subscribe_wakes(struct engine *en)
{
	struct desk *d = en->d;

	/* first: what is taken next may be of one of them */
	wake_roles(en, &d->wake_connections, "connections");
	wake_roles(en, &d->wake_outbox, "outbox");
	wake_roles(en, &d->wake_jobs, "jobs");
	wake_roles(en, &d->wake_hooks, "hooks");
}

/* --- sessions ---------------------------------------------------------------- */

static bool
concerns(const struct turn_end *e, const struct handle *h)
{
	if (!h->used || h->actor != ACTOR_STAFF ||
	    (e->agent_id != 0 && e->agent_id != h->agent_id))
		return false;
	if (e->session[0] != '\0' && strcmp(e->session, h->session) != 0)
		return false;
	return e->except[0] == '\0' || strcmp(e->except, h->session) != 0;
}

/* Sessions that end, and where. */
struct ending {
	struct engine *en;
	const struct turn_end *end;
};

static void
end_on_peer(struct peer *p, void *arg)
{
	const struct ending *x = arg;
	const struct turn_end *e = x->end;
	size_t i;

	if (p->role == ROLE_CHAT)
		return; /* it has visitors alone */

	(void)pthread_mutex_lock(&p->lock);
	for (i = 0; i < p->handles.cap; i++) {
		struct handle *h = &p->handles.list[i];

		if (!concerns(e, h))
			continue;
		if (e->staff >= 0)
			h->staff = (enum staff)e->staff;
		else
			end_handle(x->en, p, h);
	}
	(void)pthread_mutex_unlock(&p->lock);
	peer_flush(p);
}

void
subscribe_ends(struct engine *en, const struct turn_end *ends, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct ending x = { .en = en, .end = &ends[i] };

		net_each(&en->net, end_on_peer, &x);
	}
}

struct sweep {
	struct engine *en;
	int64_t now_ms;
};

static void
sweep_peer(struct peer *p, void *arg)
{
	const struct sweep *x = arg;
	size_t i;
	bool any = false;

	(void)pthread_mutex_lock(&p->lock);
	for (i = 0; i < p->handles.cap; i++) {
		struct handle *h = &p->handles.list[i];

		if (h->used && h->live && handle_over(h, x->now_ms)) {
			end_handle(x->en, p, h);
			any = true;
		}
	}
	(void)pthread_mutex_unlock(&p->lock);
	if (any)
		peer_flush(p);
}

void
subscribe_sweep(struct engine *en, int64_t now_ms)
{
	struct sweep x = { .en = en, .now_ms = now_ms };

	net_each(&en->net, sweep_peer, &x);
}

/* --- visitors ----------------------------------------------------------------- */

/* A visitor whose handles end. */
struct departure {
	struct engine *en;
	int64_t visitor_id;
};

static void
depart_on_peer(struct peer *p, void *arg)
{
	const struct departure *x = arg;
	struct handle *h;

	if (p->role != ROLE_CHAT)
		return;
	(void)pthread_mutex_lock(&p->lock);
	while ((h = handle_first(&p->handles, HANDLE_BY_VISITOR,
				 x->visitor_id)) != NULL)
		end_handle(x->en, p, h);
	(void)pthread_mutex_unlock(&p->lock);
	peer_flush(p);
}

void
subscribe_depart(struct engine *en, int64_t visitor_id)
{
	struct departure x = { .en = en, .visitor_id = visitor_id };

	net_each(&en->net, depart_on_peer, &x);
}
