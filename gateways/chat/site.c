#include "gateways/chat/site.h"

#include <ctype.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "gateways/chat/chat.h"
#include "gateways/chat/tab.h"

#define SITE_NAME_MAX 100
#define ASKING_MAX 32 /* chat.site under way at once */
#define SITE_RETRY_MS 2000

struct site {
	struct chat *chat;
	char *name;
	json_t *json; /* without origins; NULL: not known yet */
	char *origins[SITE_ORIGINS_MAX];
	size_t origin_count;
	bool active;
	bool listed;     /* by the last connection.mine */
	bool due;        /* to be asked for */
	int64_t version; /* of the connection, as listed */
	int64_t told;    /* version that was reported to be served */
};

struct sites {
	struct site *all[SITES_MAX];
	size_t count;
	size_t asking;
	bool listing;
	bool again; /* asked for while it was listing */
	bool known;
	struct timer *timer;
};

static void
tick(void *arg)
{
	struct chat *c = arg;

	sites_refresh(c);
	timer_set(c->sites->timer, SITE_REFRESH_MS);
}

struct sites *
sites_new(struct chat *c)
{
	struct sites *all = mem_new(1, sizeof *all);

	all->timer = timer_new(c->server, tick, c);
	timer_set(all->timer, SITE_REFRESH_MS);
	return all;
}

void
sites_stop(struct chat *c)
{
	if (c->sites != NULL)
		timer_free(&c->sites->timer);
}

static void
forget_origins(struct site *s)
{
	while (s->origin_count > 0)
		mem_free(s->origins[--s->origin_count]);
}

void
sites_free(struct sites **sp)
{
	struct sites *all = *sp;
	size_t i;

	if (all == NULL)
		return;
	for (i = 0; i < all->count; i++) {
		forget_origins(all->all[i]);
		json_decref(all->all[i]->json);
		mem_free(all->all[i]->name);
		mem_free(all->all[i]);
	}
	MEM_CLEAR(sp);
}

/* --- what the daemon says ------------------------------------------------ */

/* Lower case, without the port that its scheme implies: as browsers write
 * it. Nothing that could end a header's value or a directive. */
static char *
clean_origin(const char *text)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz0123456789.-:[]/";
	char *v = mem_strdup(text);
	size_t n = strlen(v);
	size_t i;

	for (i = 0; i < n; i++)
		v[i] = (char)tolower((unsigned char)v[i]);
	if (n > 4 && strncmp(v, "https://", 8) == 0 &&
	    strcmp(v + n - 4, ":443") == 0)
		v[n - 4] = '\0';
	else if (n > 3 && strncmp(v, "http://", 7) == 0 &&
		 strcmp(v + n - 3, ":80") == 0)
		v[n - 3] = '\0';
	if (strspn(v, safe) != strlen(v) || strstr(v, "://") == NULL)
		MEM_CLEAR(&v);
	return v;
}

static void
take_origins(struct site *s, const json_t *list)
{
	size_t bytes = 0;
	size_t i;
	json_t *one;

	forget_origins(s);
	json_array_foreach(list, i, one)
	{
		const char *text = json_string_value(one);
		char *v = text != NULL ? clean_origin(text) : NULL;

		if (v == NULL)
			continue;
		bytes += strlen(v) + 1;
		if (s->origin_count == SITE_ORIGINS_MAX ||
		    bytes > SITE_ORIGINS_BYTES) {
			log_warn("chat.origins",
				 "a site has more origins than are served");
			mem_free(v);
			return;
		}
		s->origins[s->origin_count++] = v;
	}
}

static void ask_due(struct chat *c);

/* A report that is lost is made again when the site is looked at next. */
static void
reported(void *arg, const struct bus_reply *r)
{
	struct site *s = arg;

	if (r->outcome == OUT_TEMP || r->outcome == OUT_UNSURE)
		s->told = 0;
}

/* Staff see that the site is served. */
static void
report(struct site *s)
{
	struct err e;

	if (s->told == s->version)
		return;
	if (bus_call(s->chat->bus, "connection.report",
		     json_pack("{s:s, s:s, s:s}", "name", s->name, "state",
			       "ok", "detail", ""),
		     NULL, NULL, reported, s, &e) == OUT_OK)
		s->told = s->version;
}

static void
site_came(void *arg, const struct bus_reply *r)
{
	struct site *s = arg;
	struct chat *c = s->chat;
	json_t *site = json_object_get(r->result, "site");
	json_t *mine;

	c->sites->asking--;
	if (r->outcome == OUT_PERM) {
		s->active = false;
		s->listed = false;
	} else if (r->outcome == OUT_OK && json_is_object(site)) {
		mine = json_copy(site);
		take_origins(s, json_object_get(site, "origins"));
		(void)json_object_del(mine, "origins");
		if (s->json != NULL && !json_equal(s->json, mine))
			tabs_site(c, s, mine);
		json_decref(s->json);
		s->json = mine;
		s->active = true;
		report(s);
	}
	ask_due(c);
}

/* When the last has been asked for, what is there is known. */
static void
ask_due(struct chat *c)
{
	struct sites *all = c->sites;
	struct err e;
	size_t i;

	for (i = 0; i < all->count && all->asking < ASKING_MAX; i++) {
		struct site *s = all->all[i];

		if (!s->due)
			continue;
		s->due = false;
		if (bus_call(c->bus, "chat.site",
			     json_pack("{s:s}", "connection", s->name), NULL,
			     NULL, site_came, s, &e) != OUT_OK)
			continue;
		all->asking++;
	}
	if (all->asking == 0 && bus_up(c->bus) && !all->listing)
		all->known = true;
}

static struct site *
get(struct chat *c, const char *name)
{
	struct sites *all = c->sites;
	struct site *s;
	size_t i;

	for (i = 0; i < all->count; i++)
		if (strcmp(all->all[i]->name, name) == 0)
			return all->all[i];
	if (all->count == SITES_MAX) {
		log_warn("chat.sites", "more than %d sites", SITES_MAX);
		return NULL;
	}
	s = mem_new(1, sizeof *s);
	s->chat = c;
	s->name = mem_strdup(name);
	all->all[all->count++] = s;
	return s;
}

static void
listed(void *arg, const struct bus_reply *r)
{
	struct chat *c = arg;
	struct sites *all = c->sites;
	json_t *one;
	size_t i;

	all->listing = false;
	if (r->outcome != OUT_OK) {
		if (all->timer != NULL)
			timer_set(all->timer, SITE_RETRY_MS);
		return;
	}
	for (i = 0; i < all->count; i++)
		all->all[i]->listed = false;
	json_array_foreach(json_object_get(r->result, "connections"), i, one)
	{
		const char *name =
			json_string_value(json_object_get(one, "name"));
		struct site *s = name != NULL && strlen(name) <= SITE_NAME_MAX
					 ? get(c, name)
					 : NULL;

		if (s != NULL) {
			s->listed = true;
			s->due = true;
			s->version = json_integer_value(
				json_object_get(one, "version"));
		}
	}
	for (i = 0; i < all->count; i++) {
		if (!all->all[i]->listed && all->all[i]->active) {
			all->all[i]->active = false;
			tabs_site(c, all->all[i], NULL);
		}
	}
	ask_due(c);
	if (all->again) {
		all->again = false;
		sites_refresh(c);
	}
}

void
sites_refresh(struct chat *c)
{
	struct sites *all = c->sites;
	struct err e;

	if (all->listing) {
		all->again = true;
		return;
	}
	if (bus_up(c->bus) && bus_call(c->bus, "connection.mine", NULL, NULL,
				       NULL, listed, c, &e) == OUT_OK)
		all->listing = true;
}

/* --- asking -------------------------------------------------------------- */

bool
sites_known(const struct chat *c)
{
	return c->sites->known;
}

struct site *
site_find(const struct chat *c, const char *name)
{
	size_t i;

	for (i = 0; name != NULL && i < c->sites->count; i++)
		if (strcmp(c->sites->all[i]->name, name) == 0)
			return c->sites->all[i]->active ? c->sites->all[i]
							: NULL;
	return NULL;
}

const char *
site_name(const struct site *s)
{
	return s->name;
}

bool
site_active(const struct site *s)
{
	return s->active;
}

json_t *
site_json(const struct site *s)
{
	return s->json;
}

const char *
site_language(const struct site *s)
{
	const char *v = json_string_value(json_object_get(s->json, "language"));

	if (v == NULL || (strcmp(v, "es") != 0 && strcmp(v, "en") != 0))
		return NULL;
	return v;
}

const char *
site_title(const struct site *s)
{
	const char *v = json_string_value(json_object_get(s->json, "title"));

	return v != NULL ? v : "";
}

bool
site_has_origin(const struct site *s, const char *origin)
{
	size_t i;

	for (i = 0; origin != NULL && i < s->origin_count; i++)
		if (strcmp(s->origins[i], origin) == 0)
			return true;
	return false;
}

const char *
site_origin(const struct site *s, size_t i)
{
	return i < s->origin_count ? s->origins[i] : NULL;
}
