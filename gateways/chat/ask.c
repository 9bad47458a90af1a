#include "gateways/chat/ask.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "gateways/chat/chat.h"
#include "gateways/chat/site.h"
#include "gateways/chat/tab.h"
#include "gateways/chat/visitor.h"
#include "gateways/common/server.h"

#define RETRY_MS 1000 /* where the daemon does not say */

/* A request under way. */
struct ask {
	struct tab *tab;
	struct visitor *visitor; /* NULL: start */
	enum up_kind kind;
	char *id;     /* of a line */
	json_t *name; /* of a start, as given */
	json_t *email;
};

static struct ask *
ask_new(struct tab *t, const struct up_frame *f)
{
	struct ask *a = mem_new(1, sizeof *a);

	t->refs++;
	a->tab = t;
	a->kind = f->kind;
	a->id = mem_strdup(f->id);
	if (t->visitor != NULL)
		a->visitor = visitor_ref(t->visitor);
	return a;
}

static void
ask_free(struct ask *a)
{
	tab_unref(a->tab);
	visitor_unref(a->visitor);
	json_decref(a->name);
	json_decref(a->email);
	mem_free(a->id);
	mem_free(a);
}

static void
refuse(struct tab *t, const struct up_frame *f, const char *code,
       int64_t retry_ms)
{
	tab_refuse(t, f->kind, f->id, code, NULL, retry_ms);
}

/* A call ended otherwise than well. */
static void
failed(struct ask *a, const struct bus_reply *r)
{
	const char *code = r->err.code;
	int64_t retry = r->retry_after_ms > 0 ? r->retry_after_ms : RETRY_MS;

	if (a->visitor != NULL && strcmp(code, "no_session") == 0) {
		visitor_reopen(a->visitor);
		tab_refuse(a->tab, a->kind, a->id, "away", NULL, RETRY_MS);
	} else if (r->outcome == OUT_UNSURE) {
		tab_refuse(a->tab, a->kind, a->id, "away", NULL, retry);
	} else {
		tab_refuse(a->tab, a->kind, a->id,
			   code[0] != '\0' ? code : outcome_name(r->outcome),
			   r->err.text, r->outcome == OUT_TEMP ? retry : 0);
	}
}

/* --- beginning ------------------------------------------------------------- */

static void
started(void *arg, const struct bus_reply *r)
{
	struct ask *a = arg;
	struct tab *t = a->tab;
	struct visitor *v = NULL;
	json_t *chat;

	t->starting = false;
	if (r->outcome == OUT_OK)
		v = visitor_started(t->chat, t->site, r->result);
	if (r->outcome != OUT_OK) {
		failed(a, r);
	} else if (v == NULL) {
		tab_refuse(t, a->kind, NULL, "internal", NULL, 0);
	} else if (t->sock == NULL) {
		visitor_left(v);
		visitor_unref(v);
	} else {
		chat = json_pack("{s:n, s:n, s:s, s:i, s:i, s:O, s:O, s:n}",
				 "incident", "ref", "state", "start", "last", 0,
				 "got", 0, "name", a->name, "email", a->email,
				 "rated");
		tab_started(t, v,
			    json_pack("{s:s, s:s, s:s, s:o}", "t", "started",
				      "token", v->token, "expires_at",
				      v->expires_at, "chat", chat));
	}
	ask_free(a);
}

static json_t *
start_params(const struct tab *t, const struct up_frame *f)
{
	char network[NETWORK_TEXT];
	json_t *o;

	network_text(t->network, network);
	o = json_pack("{s:s, s:s, s:b, s:s}", "connection", site_name(t->site),
		      "name", f->name, "remember", f->remember ? 1 : 0,
		      "network", network);
	if (f->email != NULL)
		(void)json_object_set_new(o, "email", json_string(f->email));
	if (f->language != NULL)
		(void)json_object_set_new(o, "language",
					  json_string(f->language));
	return o;
}

void
ask_start(struct tab *t, const struct up_frame *f)
{
	struct ask *a;
	struct err e;
	int64_t wait;

	if (t->visitor != NULL || t->network == NULL) {
		refuse(t, f, "started", 0);
		return;
	}
	if (t->starting) {
		refuse(t, f, "busy", RETRY_MS);
		return;
	}
	if (!bus_up(t->chat->bus)) {
		refuse(t, f, "away", CHAT_DOWN_RETRY_MS);
		return;
	}
	wait = network_start(t->network, clock_tick_ms());
	if (wait != 0) {
		refuse(t, f, "too_many", wait);
		return;
	}
	a = ask_new(t, f);
	a->name = json_string(f->name);
	a->email = f->email != NULL ? json_string(f->email) : json_null();
	if (bus_call(t->chat->bus, "visitor.start", start_params(t, f), NULL,
		     NULL, started, a, &e) == OUT_OK) {
		t->starting = true;
		return;
	}
	refuse(t, f, "busy", RETRY_MS);
	ask_free(a);
}

/* --- typing ---------------------------------------------------------------- */

/* Volatile: whether it came is not asked. */
static void
typed(void *arg, const struct bus_reply *r)
{
	struct visitor *v = arg;

	(void)r;
	v->calls--;
	visitor_unref(v);
}

void
ask_typing(struct tab *t, bool on)
{
	struct err e;

	if (visitor_call(t->visitor, "chat.typing",
			 json_pack("{s:b}", "on", on ? 1 : 0), typed,
			 t->visitor, &e) == OUT_OK)
		(void)visitor_ref(t->visitor);
}

/* --- lines, the end, the rating -------------------------------------------- */

static void
answer(struct ask *a, const json_t *result)
{
	const json_t *chat = json_object_get(result, "chat");

	if (a->kind == UP_WRITE)
		tab_send(a->tab,
			 json_pack("{s:s, s:s, s:O, s:O}", "t", "ack", "id",
				   a->id, "number",
				   json_object_get(result, "number"), "at",
				   json_object_get(result, "at")));
	else
		tab_send(a->tab,
			 json_pack("{s:s, s:O}", "t",
				   a->kind == UP_END ? "ended" : "rated",
				   "chat", chat));
}

static void
answered(void *arg, const struct bus_reply *r)
{
	struct ask *a = arg;

	a->visitor->calls--;
	if (r->outcome == OUT_OK)
		answer(a, r->result);
	else
		failed(a, r);
	ask_free(a);
}

/* Files by what was put; NULL: one of them was not. */
static json_t *
file_list(const struct visitor *v, const json_t *files)
{
	json_t *list = json_array();
	size_t i;
	json_t *file;

	json_array_foreach(files, i, file)
	{
		const char *sha =
			json_string_value(json_object_get(file, "sha256"));
		const char *name =
			json_string_value(json_object_get(file, "filename"));
		const struct put *p = visitor_has_put(v, sha);

		if (p == NULL) {
			json_decref(list);
			return NULL;
		}
		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:I, s:s, s:b}", "filename",
				  name != NULL ? name : "", "content_type",
				  p->type, "size", (json_int_t)p->size,
				  "sha256", p->sha, "inline", 0));
	}
	return list;
}

static json_t *
write_params(const struct visitor *v, const struct up_frame *f)
{
	json_t *o = json_pack("{s:s, s:s}", "id", f->id, "text", f->text);
	json_t *list;

	if (f->page != NULL)
		(void)json_object_set_new(o, "page", json_string(f->page));
	if (f->files != NULL) {
		list = file_list(v, f->files);
		if (list == NULL) {
			json_decref(o);
			return NULL;
		}
		(void)json_object_set_new(o, "attachments", list);
	}
	return o;
}

static json_t *
params_of(const struct visitor *v, const struct up_frame *f)
{
	json_t *o;

	if (f->kind == UP_WRITE)
		return write_params(v, f);
	o = json_object();
	if (f->kind == UP_RATE)
		(void)json_object_set_new(o, "score", json_integer(f->score));
	if (f->kind == UP_RATE && f->comment != NULL)
		(void)json_object_set_new(o, "comment",
					  json_string(f->comment));
	return o;
}

static const char *
method_of(enum up_kind kind)
{
	return kind == UP_WRITE ? "chat.write"
	       : kind == UP_END ? "chat.end"
				: "chat.rate";
}

void
ask_visitor(struct tab *t, const struct up_frame *f)
{
	struct visitor *v = t->visitor;
	struct ask *a;
	struct err e;
	json_t *params;
	int64_t wait;

	if (v == NULL) {
		refuse(t, f, "no_session", 0);
		return;
	}
	if (v->handle == NULL) {
		refuse(t, f, "away", CHAT_DOWN_RETRY_MS);
		return;
	}
	wait = bucket_take(&v->lines, VISITOR_LINE_MS, VISITOR_LINES,
			   clock_tick_ms());
	if (wait != 0) {
		refuse(t, f, "too_many", wait);
		return;
	}
	params = params_of(v, f);
	if (params == NULL) {
		refuse(t, f, "bad_file", 0);
		return;
	}
	a = ask_new(t, f);
	if (visitor_call(v, method_of(f->kind), params, answered, a, &e) ==
	    OUT_OK)
		return;
	tab_refuse(t, f->kind, f->id, e.code, NULL, RETRY_MS);
	ask_free(a);
}
