#include "daemon/visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/desk.h"
#include "daemon/engine_p.h"
#include "daemon/looked.h"
#include "daemon/peer.h"
#include "daemon/store/event.h"
#include "daemon/store/visitor.h"
#include "daemon/subscribe.h"

#define INCIDENTS_MAX 1024 /* told at once; more in the next round */

/* A handle that was dropped. */
struct left {
	struct typing
		typing;     /* name is owned; incident_id 0: it did not type */
	int64_t visitor_id; /* 0: staff */
};

/* --- what handlers note ------------------------------------------------------- */

static void
note(struct desk *d, enum visit_kind kind, int64_t visitor_id,
     int64_t incident_id)
{
	struct visits *v = &d->engine->turn.visits;

	if (v->n >= VISITS_MAX)
		return;
	if (v->n == v->cap) {
		v->cap = v->cap == 0 ? 16 : v->cap * 2;
		v->list = mem_resize(v->list, v->cap, sizeof *v->list);
	}
	v->list[v->n++] = (struct visit){ .kind = kind,
					  .visitor_id = visitor_id,
					  .incident_id = incident_id };
}

void
engine_visitor_moved(struct desk *d, int64_t visitor_id, int64_t incident_id)
{
	note(d, VISIT_MOVED, visitor_id, incident_id);
}

void
engine_visitor_state(struct desk *d, int64_t visitor_id)
{
	note(d, VISIT_STATE, visitor_id, 0);
}

void
engine_visitor_gone(struct desk *d, int64_t visitor_id)
{
	note(d, VISIT_GONE, visitor_id, 0);
}

/* --- incidents and their handles ---------------------------------------------- */

static void
bind_on_peer(struct peer *p, void *arg)
{
	const struct visit *v = arg;
	struct handle *h;
	struct handle *next;

	if (p->role != ROLE_CHAT)
		return;
	(void)pthread_mutex_lock(&p->lock);
	h = handle_first(&p->handles, HANDLE_BY_VISITOR, v->visitor_id);
	for (; h != NULL; h = next) {
		next = handle_next(&p->handles, h, HANDLE_BY_VISITOR);
		h->typing = false;
		handle_bind(&p->handles, h, v->visitor_id, v->incident_id);
	}
	(void)pthread_mutex_unlock(&p->lock);
}

void
visits_bind(struct engine *en)
{
	const struct visits *v = &en->turn.visits;
	size_t i;

	for (i = 0; i < v->n; i++)
		if (v->list[i].kind == VISIT_MOVED)
			net_each(&en->net, bind_on_peer, &v->list[i]);
}

/* Incidents of which visitors may see something new. */
struct changes {
	int64_t list[INCIDENTS_MAX];
	size_t n;
};

static void
tell_changes(struct peer *p, void *arg)
{
	const struct changes *c = arg;
	json_t *names;
	json_t *params;
	size_t i;

	if (p->role != ROLE_CHAT)
		return;
	names = json_array();
	(void)pthread_mutex_lock(&p->lock);
	for (i = 0; i < c->n; i++) {
		const struct handle *h = handle_first(
			&p->handles, HANDLE_BY_INCIDENT, c->list[i]);

		for (; h != NULL;
		     h = handle_next(&p->handles, h, HANDLE_BY_INCIDENT)) {
			char name[HANDLE_NAME];

			handle_name(&p->handles, h, name);
			if (h->live)
				(void)json_array_append_new(names,
							    json_string(name));
		}
	}
	(void)pthread_mutex_unlock(&p->lock);
	params = json_pack("{s:o}", "handles", names);
	if (json_array_size(names) > 0)
		peer_note(p, "visitor.changed", params);
	json_decref(params);
}

/* Does an event tell of something that a visitor may see? */
static bool
shows(const char *kind, const json_t *data)
{
	static const char *const kinds[] = { "incident.changed", "chat.ended",
					     "rating.added" };
	const char *direction;
	size_t i;

	if (strcmp(kind, "message.added") == 0) {
		direction =
			json_string_value(json_object_get(data, "direction"));
		return direction != NULL && strcmp(direction, "note") != 0;
	}
	for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

static void
queue_moved(struct turn *t, const char *queue)
{
	size_t i;

	for (i = 0; i < t->moved_count; i++)
		if (strcmp(t->moved[i], queue) == 0)
			return;
	if (t->moved_count < VISITS_QUEUES && strlen(queue) < VISITS_QUEUE)
		(void)snprintf(t->moved[t->moved_count++], VISITS_QUEUE, "%s",
			       queue);
}

/* An answer, or another state or queue: a chat may wait no more. What is no
 * chat is not looked up. */
static void
gather_move(struct engine *en, const char *kind, int64_t incident_id,
	    const json_t *data)
{
	struct turn *t = &en->turn;
	const char *direction =
		json_string_value(json_object_get(data, "direction"));
	bool moves = strcmp(kind, "incident.changed") == 0 ||
		     (direction != NULL && strcmp(direction, "out") == 0);
	const json_t *set = json_object_get(data, "set");
	const char *was = json_string_value(
		json_array_get(json_object_get(set, "queue"), 0));
	char queue[VISITS_QUEUE];
	struct err e;

	if (!moves ||
	    visitor_queue(en->store, incident_id, queue, sizeof queue, &e) !=
		    OUT_OK ||
	    queue[0] == '\0')
		return;
	queue_moved(t, was != NULL ? was : queue);
}

/* Where changes are gathered, and whom they are told. */
struct gathering {
	struct engine *en;
	struct changes c;
};

static void
gather(void *arg, const char *kind, int64_t incident_id, const json_t *data)
{
	struct gathering *g = arg;
	size_t i;

	if (incident_id == 0 || !shows(kind, data))
		return;
	gather_move(g->en, kind, incident_id, data);
	/* events of one incident stand together */
	for (i = g->c.n; i > 0 && i + 4 > g->c.n; i--)
		if (g->c.list[i - 1] == incident_id)
			return;
	if (g->c.n == INCIDENTS_MAX) {
		net_each(&g->en->net, tell_changes, &g->c);
		g->c.n = 0;
	}
	g->c.list[g->c.n++] = incident_id;
}

void
visits_changed(struct engine *en)
{
	struct gathering g = { .en = en };

	event_batch_each(en->store, gather, &g);
	if (g.c.n > 0)
		net_each(&en->net, tell_changes, &g.c);
}

/* --- who is there -------------------------------------------------------------- */

struct presence {
	int64_t visitor_id;
	bool online;
};

static void
look_on_peer(struct peer *p, void *arg)
{
	struct presence *x = arg;
	const struct handle *h;

	if (p->role != ROLE_CHAT || x->online)
		return;
	(void)pthread_mutex_lock(&p->lock);
	h = handle_first(&p->handles, HANDLE_BY_VISITOR, x->visitor_id);
	for (; h != NULL && !x->online;
	     h = handle_next(&p->handles, h, HANDLE_BY_VISITOR))
		x->online = h->live;
	(void)pthread_mutex_unlock(&p->lock);
}

bool
engine_visitor_online(struct desk *d, int64_t visitor_id)
{
	struct presence x = { .visitor_id = visitor_id };

	net_each(&d->engine->net, look_on_peer, &x);
	return x.online;
}

/* Something to tell subscribed staff that is not worth a queue. */
struct word {
	const char *method;
	json_t *params;
};

static void
tell_staff_peer(struct peer *p, void *arg)
{
	const struct word *w = arg;
	bool wants;

	if (p->role != ROLE_CONSOLE && p->role != ROLE_CONTROL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	wants = p->subscribed && p->out.len < PEER_EVENT_BYTES;
	(void)pthread_mutex_unlock(&p->lock);
	if (wants)
		peer_note(p, w->method, w->params);
}

static void
tell_staff(struct engine *en, const char *method, json_t *params)
{
	struct word w = { .method = method, .params = params };

	net_each(&en->net, tell_staff_peer, &w);
	json_decref(params);
}

static void
tell_state(struct engine *en, int64_t visitor_id)
{
	struct visitor v;
	struct err e;

	if (visitor_load(en->store, visitor_id, &v, &e) != OUT_OK)
		return;
	if (v.incident_id != 0)
		tell_staff(en, "visitor.state",
			   json_pack("{s:I, s:b, s:I}", "incident",
				     (json_int_t)v.incident_id, "online",
				     engine_visitor_online(en->d, visitor_id),
				     "got", (json_int_t)v.got_number));
	visitor_release(&v);
}

static void
state_add(struct turn *t, int64_t visitor_id)
{
	size_t i;

	for (i = t->state_count; i > 0 && i + 16 > t->state_count; i--)
		if (t->states[i - 1] == visitor_id)
			return;
	if (t->state_count >= VISITS_MAX)
		return;
	if (t->state_count == t->state_cap) {
		t->state_cap = t->state_cap == 0 ? 16 : t->state_cap * 2;
		t->states =
			mem_resize(t->states, t->state_cap, sizeof *t->states);
	}
	t->states[t->state_count++] = visitor_id;
}

int
visits_wait_ms(const struct engine *en)
{
	const struct turn *t = &en->turn;
	int64_t left = t->state_ms + VISITS_STATE_MS - clock_tick_ms();

	if (t->state_count == 0 && t->moved_count == 0)
		return -1;
	return left < 0 ? 0 : (int)left;
}

static int
by_id(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Who waits in a queue from which somebody went has fewer before them. */
static void
tell_ahead(struct engine *en)
{
	struct turn *t = &en->turn;
	struct changes c = { .n = 0 };
	int n = 0;
	size_t i;
	struct err e;

	for (i = 0; i < t->moved_count; i++) {
		if (visitor_waiting(en->store, t->moved[i], VISITS_AHEAD,
				    c.list, &n, &e) != OUT_OK)
			continue;
		c.n = (size_t)n;
		if (c.n > 0)
			net_each(&en->net, tell_changes, &c);
	}
	t->moved_count = 0;
}

static void
tell_states(struct engine *en)
{
	struct turn *t = &en->turn;
	size_t i;

	if (visits_wait_ms(en) != 0)
		return;
	t->state_ms = clock_tick_ms();
	tell_ahead(en);
	if (!subscribe_any(en))
		t->state_count = 0;
	if (t->state_count > 1)
		qsort(t->states, t->state_count, sizeof *t->states, by_id);
	for (i = 0; i < t->state_count; i++)
		if (i == 0 || t->states[i] != t->states[i - 1])
			tell_state(en, t->states[i]);
	t->state_count = 0;
}

void
visits_tell(struct engine *en)
{
	struct visits *v = &en->turn.visits;
	size_t i;

	for (i = 0; i < v->n; i++) {
		if (v->list[i].kind == VISIT_GONE)
			subscribe_depart(en, v->list[i].visitor_id);
		else
			state_add(&en->turn, v->list[i].visitor_id);
	}
	v->n = 0;
	tell_states(en);
}

/* --- handles that were dropped --------------------------------------------------- */

void
visit_left(struct engine *en, const struct handle *h)
{
	struct left l = { .visitor_id = h->key[HANDLE_BY_VISITOR],
			  .typing = { .actor = h->actor,
				      .agent_id = h->agent_id } };

	if (!h->used || !h->live || (l.visitor_id == 0 && !h->typing))
		return;
	(void)pthread_mutex_lock(&en->left_lock);
	if (en->left_count < VISITS_MAX) {
		if (h->typing) {
			l.typing.incident_id = h->typing_incident;
			l.typing.name = mem_strdup(h->name);
		}
		if (en->left_count == en->left_cap) {
			en->left_cap =
				en->left_cap == 0 ? 16 : en->left_cap * 2;
			en->left = mem_resize(en->left, en->left_cap,
					      sizeof *en->left);
		}
		en->left[en->left_count++] = l;
	}
	(void)pthread_mutex_unlock(&en->left_lock);
	queue_poke(&en->turn_queue);
}

void
visit_peer_left(struct engine *en, struct peer *p)
{
	size_t i;

	(void)pthread_mutex_lock(&p->lock);
	for (i = 0; i < p->handles.cap; i++)
		visit_left(en, &p->handles.list[i]);
	(void)pthread_mutex_unlock(&p->lock);
}

void
visits_left(struct engine *en)
{
	struct left *list;
	size_t n;
	size_t i;

	(void)pthread_mutex_lock(&en->left_lock);
	list = en->left;
	n = en->left_count;
	en->left = NULL;
	en->left_count = en->left_cap = 0;
	(void)pthread_mutex_unlock(&en->left_lock);
	for (i = 0; i < n; i++) {
		if (list[i].typing.incident_id != 0)
			typing_tell(en, &list[i].typing);
		if (list[i].visitor_id != 0)
			state_add(&en->turn, list[i].visitor_id);
		mem_free((char *)list[i].typing.name);
	}
	mem_free(list);
	tell_states(en);
}

void
visits_release(struct engine *en)
{
	size_t i;

	for (i = 0; i < en->left_count; i++)
		mem_free((char *)en->left[i].typing.name);
	mem_free(en->left);
	mem_free(en->turn.visits.list);
	mem_free(en->turn.states);
}

/* --- typing -------------------------------------------------------------------- */

static void
type_on_peer(struct peer *p, void *arg)
{
	const struct typing *t = arg;
	const struct handle *h;
	json_t *list;
	json_t *one;
	size_t i;

	if (p->role != ROLE_CHAT)
		return;
	list = json_array();
	(void)pthread_mutex_lock(&p->lock);
	h = handle_first(&p->handles, HANDLE_BY_INCIDENT, t->incident_id);
	for (; h != NULL && p->out.len < PEER_EVENT_BYTES;
	     h = handle_next(&p->handles, h, HANDLE_BY_INCIDENT)) {
		char name[HANDLE_NAME];

		handle_name(&p->handles, h, name);
		if (h->live)
			(void)json_array_append_new(
				list,
				json_pack("{s:s, s:s, s:b}", "handle", name,
					  "name", t->name, "on", t->on));
	}
	(void)pthread_mutex_unlock(&p->lock);
	json_array_foreach(list, i, one) peer_note(p, "visitor.typing", one);
	json_decref(list);
}

static void
type_by_whatsapp(struct peer *p, void *arg)
{
	if (p->role == ROLE_WHATSAPP)
		peer_note(p, "wake", arg);
}

/* The customer of an incident by WhatsApp may see that somebody types. */
static void
type_to_whatsapp(struct engine *en, int64_t incident_id)
{
	struct looked_message m;
	json_t *params;

	if (!looked_types(en->d->looked, incident_id, clock_tick_ms(), &m))
		return;
	params = json_pack("{s:s, s:s, s:s}", "what", "typing", "connection",
			   m.connection, "wamid", m.external_id);
	net_each(&en->net, type_by_whatsapp, params);
	json_decref(params);
}

void
typing_tell(struct engine *en, const struct typing *t)
{
	struct typing copy = *t;
	bool staff = t->actor == ACTOR_STAFF;
	json_t *params = json_pack("{s:I, s:s, s:s, s:b}", "incident",
				   (json_int_t)t->incident_id, "who",
				   staff ? "agent" : "customer", "name",
				   t->name, "on", t->on);

	if (staff)
		(void)json_object_set_new(params, "agent",
					  json_integer(t->agent_id));
	tell_staff(en, "typing", params);
	if (staff)
		net_each(&en->net, type_on_peer, &copy);
	if (staff && t->on)
		type_to_whatsapp(en, t->incident_id);
}
