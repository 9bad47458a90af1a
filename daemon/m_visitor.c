/*
 * m_visitor: a site as its widget sees it, and the visitors who come to it.
 * A visitor's token is 32 random octets; the store has its SHA-256 alone, and
 * it is never logged, kept with a command key or named in an event.
 */

#include <stdbool.h>
#include <string.h>

#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/engine.h"
#include "daemon/hours.h"
#include "daemon/param.h"
#include "daemon/promised.h"
#include "daemon/request.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/incident.h"
#include "daemon/store/row.h"
#include "daemon/store/visitor.h"
#include "rules/book.h"

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)
#define REMEMBER_DAYS 30

/* Named by the generated table of handlers. */
method_fn m_chat_site;
method_fn m_visitor_start;
method_fn m_visitor_open;
method_fn m_visitor_close;

/* A site that is in use. */
static enum outcome
site_find(struct store *s, const struct request *rq, struct link *out,
	  struct err *e)
{
	const char *name = member_str(rq->params, "connection");
	enum outcome o = link_find(s, name, "chat", out, e);

	if (o == OUT_OK && !out->active)
		return err_code(e, OUT_PERM, "not_found",
				"the site '%.40s' is not in use", name);
	return o;
}

static int64_t
site_days(const struct link *site)
{
	return member_int(site->settings, "remember_days", REMEMBER_DAYS);
}

/* --- chat.site ------------------------------------------------------------------ */

static void
site_words(const struct link *site, const json_t *desk, json_t *o)
{
	const char *language = member_str(site->settings, "language");
	const char *color = member_str(site->settings, "color");
	const char *es = member_str(site->settings, "greeting_es");
	const char *en = member_str(site->settings, "greeting_en");
	json_t *greeting = json_object();

	if (language == NULL)
		language = member_str(desk, "language");
	if (es != NULL)
		(void)json_object_set_new(greeting, "es", json_string(es));
	if (en != NULL)
		(void)json_object_set_new(greeting, "en", json_string(en));
	(void)json_object_set_new(o, "name", json_string(site->name));
	(void)json_object_set_new(
		o, "title", json_string(member_str(site->settings, "title")));
	(void)json_object_set_new(o, "language", json_string(language));
	(void)json_object_set_new(
		o, "color", color != NULL ? json_string(color) : json_null());
	(void)json_object_set_new(o, "greeting",
				  json_object_size(greeting) > 0
					  ? json_incref(greeting)
					  : json_null());
	json_decref(greeting);
	(void)json_object_set(o, "desk", json_object_get(desk, "name"));
	(void)json_object_set_new(o, "remember_days",
				  json_integer(site_days(site)));
}

static void
site_origins(const struct link *site, json_t *o)
{
	const char *p = member_str(site->settings, "origins");
	json_t *list = json_array();

	for (p += strspn(p, " "); *p != '\0'; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		(void)json_array_append_new(list, json_stringn(p, n));
		p += n;
	}
	(void)json_object_set_new(o, "origins", list);
}

/* Without a policy for chats nothing is promised, and nothing is closed. */
static void
site_hours(struct desk *d, int64_t now_ms, json_t *o)
{
	struct book *b = desk_book(d, NULL);
	const struct book_policy *p = book_policy_for(b, "chat");
	struct promised_ask ask = { .channel = "chat", .now_ms = now_ms };
	struct promised expected;
	struct book_budget promise = { 0 };
	struct hours h = { .open = true };

	if (p != NULL)
		promise =
			book_policy_budget(p, BOOK_CLOCK_FIRST_RESPONSE, NULL);
	if (p != NULL && p->calendar != NULL)
		hours_at(p->calendar, now_ms / 1000, &h);
	(void)json_object_set_new(o, "open", json_boolean(h.open));
	(void)json_object_set_new(o, "opens_at",
				  h.opens_s != 0 ? row_iso(h.opens_s * 1000)
						 : json_null());
	(void)json_object_set_new(o, "closes_at",
				  h.closes_s != 0 ? row_iso(h.closes_s * 1000)
						  : json_null());
	(void)json_object_set_new(o, "promise_s",
				  promise.seconds != 0
					  ? json_integer(promise.seconds)
					  : json_null());
	promised_now(d, b, &ask, &expected);
	(void)json_object_set_new(o, "expected", promised_site(&expected));
	book_unref(&b);
}

enum outcome
m_chat_site(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct link site = { .id = 0 };
	json_t *desk = NULL;
	json_t *o;
	enum outcome out = site_find(s, rq, &site, e);

	if (out == OUT_OK)
		out = deskrow_get(s, &desk, e);
	if (out == OUT_OK) {
		o = json_object();
		site_words(&site, desk, o);
		site_origins(&site, o);
		site_hours(d, rq->now_ms, o);
		result_set(rq, "site", o);
	}
	json_decref(desk);
	link_release(&site);
	return out;
}

/* --- visitors ------------------------------------------------------------------- */

/* It stands in a mail's header and in lists. */
static bool
one_line(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

/* An address as people have them; what else mail allows is not for a form. */
static bool
is_email(const char *s)
{
	const char *at = strchr(s, '@');

	return at != NULL && at != s && at[1] != '\0' &&
	       strchr(at + 1, '@') == NULL && one_line(s) &&
	       strpbrk(s, " <>,;:\"()[]\\") == NULL;
}

static enum outcome
start_words(const struct request *rq, struct visitor_new *v, struct err *e)
{
	const char *language = member_str(rq->params, "language");

	v->name = member_str(rq->params, "name");
	v->email = member_str(rq->params, "email");
	v->language = language != NULL ? language : "";
	if (v->name[strspn(v->name, " ")] == '\0' || !one_line(v->name))
		return err_code(e, OUT_PERM, "bad_params",
				"'name' is empty, or not one line");
	if (v->email != NULL && *v->email == '\0')
		v->email = NULL;
	if (v->email != NULL && !is_email(v->email))
		return err_code(e, OUT_PERM, "bad_params",
				"'email' is not an e-mail address");
	if (language != NULL && strcmp(language, "es") != 0 &&
	    strcmp(language, "en") != 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'language' is neither es nor en");
	return OUT_OK;
}

static enum outcome
no_room(struct err *e)
{
	return err_code(e, OUT_TEMP, "busy",
			"too many handles are open on this connection");
}

enum outcome
m_visitor_start(struct desk *d, struct store *s, struct request *rq,
		struct err *e)
{
	struct visitor_new v = { .now_ms = rq->now_ms };
	struct link site = { .id = 0 };
	int64_t idle = VISITOR_IDLE_MS;
	const char *handle = NULL;
	char token[48];
	char hash[HASH_HEX];
	int64_t id = 0;
	enum outcome o = start_words(rq, &v, e);

	(void)d;
	if (o == OUT_OK)
		o = site_find(s, rq, &site, e);
	if (o == OUT_OK) {
		v.remember = member_bool(rq->params, "remember", false) &&
			     site_days(&site) > 0;
		if (v.remember)
			idle = site_days(&site) * DAY_MS;
		hash_token(token);
		hash_hex(token, strlen(token), hash);
		v.hash = hash;
		v.connection_id = site.id;
		v.expires_ms = rq->now_ms + idle;
		o = visitor_add(s, &v, &id, e);
	}
	if (o == OUT_OK) {
		handle = engine_visitor_open(rq, id, 0, v.name, idle);
		if (handle == NULL)
			o = no_room(e);
	}
	if (o == OUT_OK) {
		result_set(rq, "token", json_string(token));
		result_set(rq, "handle", json_string(handle));
		result_set(rq, "expires_at", row_iso(v.expires_ms));
		result_set(rq, "visitor", json_integer(id));
	}
	link_release(&site);
	return o;
}

static enum outcome
open_found(struct desk *d, struct store *s, struct request *rq,
	   struct visitor *v, struct err *e)
{
	int64_t idle = v->expires_ms - v->used_ms;
	const char *handle;
	json_t *chat = NULL;
	enum outcome o = visitor_touch(s, v->id, rq->now_ms, e);

	if (o == OUT_OK)
		o = promised_chat(s, v, &chat, e);
	if (o != OUT_OK)
		return o;
	handle = engine_visitor_open(rq, v->id, v->incident_id, v->name, idle);
	if (handle == NULL) {
		json_decref(chat);
		return no_room(e);
	}
	engine_visitor_state(d, v->id);
	result_set(rq, "handle", json_string(handle));
	result_set(rq, "expires_at", row_iso(rq->now_ms + idle));
	result_set(rq, "chat", chat);
	return OUT_OK;
}

enum outcome
m_visitor_open(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	const char *token = member_str(rq->params, "token");
	struct link site = { .id = 0 };
	struct visitor v = { .id = 0 };
	char hash[HASH_HEX];
	enum outcome o = site_find(s, rq, &site, e);

	hash_hex(token, strlen(token), hash);
	if (o == OUT_OK)
		o = visitor_find(s, hash, site.id, rq->now_ms, &v, e);
	if (o == OUT_OK)
		o = open_found(d, s, rq, &v, e);
	visitor_release(&v);
	link_release(&site);
	return o;
}

enum outcome
m_visitor_close(struct desk *d, struct store *s, struct request *rq,
		struct err *e)
{
	char hash[HASH_HEX];

	(void)d;
	(void)s;
	if (!engine_handle_close(rq, member_str(rq->params, "handle"), hash))
		return err_code(e, OUT_PERM, "no_session",
				"there is no such handle");
	result_set(rq, "closed", json_true());
	return OUT_OK;
}
