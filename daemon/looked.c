#include "daemon/looked.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/store/incident.h"
#include "daemon/store/job.h"
#include "daemon/store/window.h"

struct look {
	int64_t incident_id; /* 0: free */
	bool told;
	int64_t told_ms; /* of typing, if told */
	struct looked_message message;
};

struct looked {
	pthread_mutex_t lock;
	struct look looks[LOOKED_MAX];
	size_t next; /* the oldest */
};

struct looked *
looked_new(void)
{
	struct looked *l = mem_new(1, sizeof *l);

	(void)pthread_mutex_init(&l->lock, NULL);
	return l;
}

void
looked_free(struct looked **l)
{
	if (*l == NULL)
		return;
	(void)pthread_mutex_destroy(&(*l)->lock);
	mem_free(*l);
	*l = NULL;
}

static struct look *
look_find(struct looked *l, int64_t incident_id)
{
	size_t i;

	for (i = 0; i < LOOKED_MAX; i++)
		if (l->looks[i].incident_id == incident_id)
			return &l->looks[i];
	return NULL;
}

static void
look_note(struct looked *l, int64_t incident_id, const char *connection,
	  const char *external_id)
{
	struct look *k;

	if (strlen(connection) >= LOOKED_NAME_MAX ||
	    strlen(external_id) >= LOOKED_EXTERNAL_MAX)
		return;
	(void)pthread_mutex_lock(&l->lock);
	k = look_find(l, incident_id);
	if (k == NULL) {
		k = &l->looks[l->next];
		l->next = (l->next + 1) % LOOKED_MAX;
		memset(k, 0, sizeof *k);
		k->incident_id = incident_id;
	}
	(void)snprintf(k->message.connection, sizeof k->message.connection,
		       "%s", connection);
	(void)snprintf(k->message.external_id, sizeof k->message.external_id,
		       "%s", external_id);
	(void)pthread_mutex_unlock(&l->lock);
}

bool
looked_types(struct looked *l, int64_t incident_id, int64_t tick_ms,
	     struct looked_message *out)
{
	struct look *k;
	bool tell;

	if (l == NULL)
		return false;
	(void)pthread_mutex_lock(&l->lock);
	k = look_find(l, incident_id);
	tell = k != NULL &&
	       (!k->told || tick_ms - k->told_ms >= LOOKED_TYPING_MS);
	if (tell) {
		k->told = true;
		k->told_ms = tick_ms;
		*out = k->message;
	}
	(void)pthread_mutex_unlock(&l->lock);
	return tell;
}

static enum outcome
mark(struct desk *d, struct store *s, const struct incident *inc,
     int64_t now_ms, struct err *e)
{
	int64_t connection = 0;
	char *external_id = NULL;
	json_t *payload;
	int64_t job;
	enum outcome o = window_mark(s, inc->id, &connection, &external_id, e);

	if (o == OUT_OK && external_id != NULL) {
		payload = json_pack("{s:s, s:b}", "message", external_id,
				    "typing", 0);
		o = job_add(s, "whatsapp.read", connection, payload, now_ms,
			    &job, e);
		json_decref(payload);
		d->wake_jobs |= 1U << ROLE_WHATSAPP;
	}
	mem_free(external_id);
	return o;
}

static enum outcome
remember(struct desk *d, struct store *s, const struct incident *inc,
	 const struct link *l, struct err *e)
{
	char *external_id = NULL;
	enum outcome o = window_newest(s, inc->id, l->id, &external_id, e);

	if (o == OUT_OK && external_id != NULL && d->looked != NULL)
		look_note(d->looked, inc->id, l->name, external_id);
	mem_free(external_id);
	return o;
}

enum outcome
looked_at(struct desk *d, struct store *s, const struct incident *inc,
	  int64_t now_ms, struct err *e)
{
	struct link l;
	enum outcome o;

	if (strcmp(inc->channel, "whatsapp") != 0 || inc->connection_id == 0)
		return OUT_OK;
	o = link_load(s, inc->connection_id, &l, e);
	if (o == OUT_OK && strcmp(l.kind, "whatsapp") == 0 && l.active &&
	    member_bool(l.settings, "read_receipts", true)) {
		o = mark(d, s, inc, now_ms, e);
		if (o == OUT_OK)
			o = remember(d, s, inc, &l, e);
	}
	link_release(&l);
	return o;
}
