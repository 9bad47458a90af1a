#include "gateways/whatsapp/templates.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/wire/bus.h"
#include "gateways/common/http_client.h"
#include "gateways/common/jobs.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/graph.h"
#include "gateways/whatsapp/line.h"

#define QUERY_MAX 4096
#define NAME_MAX_BYTES 512
#define LANGUAGE_MAX_BYTES 15
#define WORD_MAX_BYTES 40

struct templates {
	struct bus *bus;
	struct graph *graph;
	struct lines *lines;
};

/* One list on its way. */
struct sync {
	struct templates *all;
	struct job *job;
	struct account *account; /* held */
	json_t *list;            /* what was read so far */
	char *since;             /* when the first part was stored */
	size_t pages;
	size_t left_out;
	size_t done; /* of the list, by the daemon */
	size_t part; /* that the daemon stores now */
};

/* --- what a page says --------------------------------------------------------- */

char *
templates_query(const char *after)
{
	struct buf b;

	buf_init(&b, QUERY_MAX);
	(void)buf_printf(&b,
			 "?fields=name,language,category,status,components"
			 "&limit=%d",
			 TEMPLATES_PAGE);
	if (after != NULL && *after != '\0') {
		(void)buf_puts(&b, "&after=");
		(void)http_form_value(&b, after);
	}
	return buf_take(&b);
}

const char *
templates_after(const json_t *page)
{
	const json_t *paging = json_object_get(page, "paging");
	const char *after = json_string_value(
		json_object_get(json_object_get(paging, "cursors"), "after"));

	/* the last page has a cursor too, but nothing that is next */
	if (json_string_value(json_object_get(paging, "next")) == NULL ||
	    after == NULL || strlen(after) > QUERY_MAX / 4)
		return NULL;
	return after;
}

/* A word of Meta's of at most max octets; otherwise: what is said for it. */
static json_t *
word(const json_t *o, const char *name, size_t max, const char *otherwise)
{
	const char *s = json_string_value(json_object_get(o, name));

	if (s == NULL || *s == '\0')
		s = otherwise;
	return json_stringn(s, utf8_cut(s, strlen(s), max));
}

static bool
fits(const json_t *o, const char *name, size_t max)
{
	const json_t *v = json_object_get(o, name);
	size_t n = json_string_length(v);

	return n > 0 && n <= max;
}

static bool
keepable(const json_t *t)
{
	const json_t *components = json_object_get(t, "components");

	return fits(t, "name", NAME_MAX_BYTES) &&
	       fits(t, "language", LANGUAGE_MAX_BYTES) &&
	       json_is_array(components) &&
	       json_dumpb(components, NULL, 0, JSON_COMPACT) <=
		       TEMPLATE_ONE_BYTES;
}

size_t
templates_take(const json_t *page, json_t *list)
{
	size_t left_out = 0;
	json_t *t;
	size_t i;

	json_array_foreach(json_object_get(page, "data"), i, t)
	{
		json_t *o;

		if (!keepable(t)) {
			left_out++;
			continue;
		}
		o = json_object();
		(void)json_object_set(o, "name", json_object_get(t, "name"));
		(void)json_object_set(o, "language",
				      json_object_get(t, "language"));
		(void)json_object_set_new(
			o, "category",
			word(t, "category", WORD_MAX_BYTES, "UNKNOWN"));
		(void)json_object_set_new(
			o, "status",
			word(t, "status", WORD_MAX_BYTES, "UNKNOWN"));
		(void)json_object_set(o, "components",
				      json_object_get(t, "components"));
		(void)json_array_append_new(list, o);
	}
	return left_out;
}

size_t
templates_part(const json_t *list, size_t i)
{
	size_t bytes = 0;
	size_t n = 0;

	while (i + n < json_array_size(list) && n < TEMPLATES_PART) {
		bytes += json_dumpb(json_array_get(list, i + n), NULL, 0,
				    JSON_COMPACT);
		if (n > 0 && bytes > TEMPLATES_PART_BYTES)
			break;
		n++;
	}
	return n;
}

/* --- one list ------------------------------------------------------------------- */

static void
sync_free(struct sync *y)
{
	account_release(y->account);
	json_decref(y->list);
	mem_free(y->since);
	mem_free(y);
}

static void
sync_failed(struct sync *y, bool retry, const char *detail)
{
	job_failed(y->job, retry, detail);
	sync_free(y);
}

static void put_next(struct sync *y);

static void
put_done(void *arg, const struct bus_reply *r)
{
	struct sync *y = arg;
	const char *at = json_string_value(json_object_get(r->result, "at"));

	if (r->outcome != OUT_OK) {
		sync_failed(y, r->outcome != OUT_PERM, r->err.text);
		return;
	}
	if (y->since == NULL && at != NULL)
		y->since = mem_strdup(at);
	y->done += y->part;
	if (y->done < json_array_size(y->list)) {
		put_next(y);
		return;
	}
	job_end(y->job, true, false,
		json_pack("{s:I, s:I, s:O*}", "templates",
			  (json_int_t)json_array_size(y->list), "left_out",
			  (json_int_t)y->left_out, "gone",
			  json_object_get(r->result, "gone")));
	sync_free(y);
}

/* Also of an empty list: then all of them have gone. */
static void
put_next(struct sync *y)
{
	json_t *some = json_array();
	json_t *p = json_object();
	struct err e;
	size_t i;

	y->part = templates_part(y->list, y->done);
	for (i = 0; i < y->part; i++)
		(void)json_array_append(some,
					json_array_get(y->list, y->done + i));
	(void)json_object_set_new(p, "connection",
				  json_string(y->account->name));
	(void)json_object_set_new(p, "templates", some);
	(void)json_object_set_new(
		p, "complete",
		json_boolean(y->done + y->part == json_array_size(y->list)));
	if (y->since != NULL)
		(void)json_object_set_new(p, "since", json_string(y->since));
	if (bus_call(y->all->bus, "template.put", p, NULL, NULL, put_done, y,
		     &e) != OUT_OK)
		sync_failed(y, true, e.text);
}

static void ask_page(struct sync *y, const char *after);

static void
page_came(void *arg, const struct graph_answer *a)
{
	struct sync *y = arg;
	const char *after;
	bool retry = a->outcome != OUT_PERM;

	if (a->outcome == OUT_PERM && a->error.code != GRAPH_NO_CODE)
		retry = line_refused(y->all->lines, y->account, a)->end ==
			GRAPH_LATER;
	if (a->outcome != OUT_OK) {
		sync_failed(y, retry, a->err.text);
		return;
	}
	y->left_out += templates_take(a->body, y->list);
	after = templates_after(a->body);
	if (after == NULL)
		put_next(y);
	else if (++y->pages < TEMPLATES_PAGES_MAX)
		ask_page(y, after);
	else
		sync_failed(y, false, "there are more than can be read");
}

static void
ask_page(struct sync *y, const char *after)
{
	char *query = templates_query(after);
	char *path = mem_printf("%s/message_templates%s", y->account->waba_id,
				query);
	struct err e;
	enum outcome o =
		graph_get(y->all->graph, y->account, path, page_came, y, &e);

	mem_free(query);
	mem_free(path);
	if (o != OUT_OK)
		sync_failed(y, o == OUT_TEMP, e.text);
}

static void
begin(void *arg, struct job *j)
{
	struct templates *t = arg;
	struct account *k = job_account(j);
	struct sync *y;

	if (!graph_is_id(k->waba_id)) {
		job_failed(j, false, "the connection names no account");
		return;
	}
	if (line_left_ms(t->lines, k, false) > 0) {
		job_failed(j, true, "the connection rests, or is stopped");
		return;
	}
	y = mem_new(1, sizeof(*y));
	y->all = t;
	y->job = j;
	y->account = account_hold(k);
	y->list = json_array();
	ask_page(y, NULL);
}

struct templates *
templates_new(struct bus *bus, struct graph *graph, struct lines *lines,
	      struct jobs *jobs)
{
	struct templates *t = mem_new(1, sizeof(*t));

	t->bus = bus;
	t->graph = graph;
	t->lines = lines;
	jobs_on(jobs, "template.sync", begin, t);
	return t;
}

void
templates_free(struct templates **t)
{
	MEM_CLEAR(t);
}
