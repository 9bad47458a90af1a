#include "gateways/common/mine.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"

#define REFRESH_MS 60000
#define RETRY_MS 2000

struct mine {
	struct bus *bus;
	const struct mine_kind *kind;
	struct mine_one **list; /* 2 * max: also those held yet gone */
	size_t count;
	bool asking;
	bool again; /* they changed while they were asked for */
	bool known;
	bool leaving;
	int64_t due_ms; /* monotonic: of the next question */
};

/* --- one of them ---------------------------------------------------------- */

char *
mine_text(const json_t *o, const char *name, const char *otherwise)
{
	const char *v = json_string_value(json_object_get(o, name));

	return mem_strdup(v != NULL ? v : otherwise);
}

void
mine_forget(char *secret)
{
	if (secret != NULL)
		hash_forget(secret, strlen(secret));
	mem_free(secret);
}

void
mine_hold(struct mine_one *one)
{
	one->holds++;
}

void
mine_release(struct mine_one *one)
{
	one->holds--;
}

static void
one_free(const struct mine *m, struct mine_one *one)
{
	MEM_CLEAR(&one->name);
	m->kind->free(one);
}

/* NULL: it cannot be used. */
static struct mine_one *
one_new(const struct mine *m, const json_t *connection)
{
	const char *name =
		json_string_value(json_object_get(connection, "name"));
	struct mine_one *one;

	if (name == NULL || name[0] == '\0')
		return NULL;
	one = m->kind->make(connection);
	if (one == NULL)
		return NULL;
	one->name = mem_strdup(name);
	one->version =
		json_integer_value(json_object_get(connection, "version"));
	return one;
}

/* --- all of them ----------------------------------------------------------- */

struct mine *
mine_new(struct bus *bus, const struct mine_kind *kind)
{
	struct mine *m = mem_new(1, sizeof *m);

	m->bus = bus;
	m->kind = kind;
	m->list = mem_new(2 * kind->max, sizeof(struct mine_one *));
	return m;
}

void
mine_free(struct mine **mp)
{
	struct mine *m = *mp;
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->count; i++)
		one_free(m, m->list[i]);
	mem_free(m->list);
	MEM_CLEAR(mp);
}

static void
sweep(struct mine *m)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < m->count; i++)
		if (m->list[i]->gone && m->list[i]->holds == 0)
			one_free(m, m->list[i]);
		else
			m->list[kept++] = m->list[i];
	m->count = kept;
}

static size_t
living(const struct mine *m)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < m->count; i++)
		n += m->list[i]->gone ? 0 : 1;
	return n;
}

/* It is as it was: keep the object, with what was learnt. */
static bool
keep(struct mine *m, size_t before, const json_t *connection)
{
	const char *name =
		json_string_value(json_object_get(connection, "name"));
	json_int_t version =
		json_integer_value(json_object_get(connection, "version"));
	size_t i;

	for (i = 0; name != NULL && i < before; i++) {
		struct mine_one *one = m->list[i];

		if (one->version != version || strcmp(one->name, name) != 0)
			continue;
		one->gone = false;
		return true;
	}
	return false;
}

void
mine_set(struct mine *m, const json_t *connections)
{
	size_t before;
	const json_t *c;
	size_t i;

	sweep(m);
	before = m->count;
	for (i = 0; i < before; i++)
		m->list[i]->gone = true;
	json_array_foreach(connections, i, c)
	{
		struct mine_one *one;

		if (keep(m, before, c))
			continue;
		one = m->count < 2 * m->kind->max && living(m) < m->kind->max
			      ? one_new(m, c)
			      : NULL;
		if (one != NULL)
			m->list[m->count++] = one;
		else
			log_warn(m->kind->left, "a connection cannot be used");
	}
	sweep(m);
	m->known = true;
}

bool
mine_known(const struct mine *m)
{
	return m->known;
}

bool
mine_fresh(const struct mine *m)
{
	return m->known && !m->asking && m->due_ms != 0;
}

struct mine_one *
mine_by_name(const struct mine *m, const char *name)
{
	size_t i;

	for (i = 0; name != NULL && i < m->count; i++)
		if (!m->list[i]->gone && strcmp(m->list[i]->name, name) == 0)
			return m->list[i];
	return NULL;
}

struct mine_one *
mine_at(const struct mine *m, size_t i)
{
	size_t k;

	for (k = 0; k < m->count; k++)
		if (!m->list[k]->gone && i-- == 0)
			return m->list[k];
	return NULL;
}

/* --- the part --------------------------------------------------------------- */

static void
told(void *arg, const struct bus_reply *r)
{
	struct mine *m = arg;

	m->asking = false;
	m->due_ms = clock_tick_ms() +
		    (r->outcome == OUT_OK ? REFRESH_MS : RETRY_MS);
	if (r->outcome == OUT_OK)
		mine_set(m, json_object_get(r->result, "connections"));
	if (m->again)
		m->due_ms = 0;
	m->again = false;
}

static void
step(void *arg)
{
	struct mine *m = arg;
	struct err e;

	sweep(m);
	if (m->asking || m->leaving || !bus_up(m->bus) ||
	    clock_tick_ms() < m->due_ms)
		return;
	m->asking = bus_call(m->bus, "connection.mine", NULL, NULL, NULL, told,
			     m, &e) == OUT_OK;
	if (!m->asking)
		m->due_ms = clock_tick_ms() + RETRY_MS;
}

static void
wake(void *arg, const char *what)
{
	struct mine *m = arg;

	if (what != NULL && strcmp(what, "connections") != 0)
		return;
	m->again = m->asking;
	m->due_ms = 0;
}

static int
wait_ms(void *arg)
{
	const struct mine *m = arg;
	int64_t ms = m->due_ms - clock_tick_ms();

	if (m->asking || !bus_up(m->bus))
		return -1;
	return ms > 0 ? (int)ms : 0;
}

static bool
drain(void *arg)
{
	struct mine *m = arg;

	m->leaving = true;
	return !m->asking;
}

static void
lost(void *arg)
{
	struct mine *m = arg;

	m->again = false;
	m->due_ms = 0;
}

struct part
mine_part(struct mine *m)
{
	struct part p = { .step = step,
			  .wake = wake,
			  .wait_ms = wait_ms,
			  .drain = drain,
			  .lost = lost,
			  .arg = m };

	return p;
}
