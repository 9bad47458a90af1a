/*
 * m_chat: what a visitor does in their own chat: read, write, say what was
 * shown, end, rate.
 *
 * Invariant: the incident is always that of the visitor behind the handle;
 * no parameter names one. What of it is shown is decided in one place, by
 * store/chatline.c.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/contact.h"
#include "daemon/desk.h"
#include "daemon/engine.h"
#include "daemon/onward.h"
#include "daemon/param.h"
#include "daemon/promised.h"
#include "daemon/request.h"
#include "daemon/store/blob.h"
#include "daemon/store/event.h"
#include "daemon/store/row.h"
#include "daemon/store/visitor.h"
#include "rules/book.h"

#define LINES_DEFAULT 100
#define CHAT_MESSAGES_MAX 2000 /* then a new incident goes on */
#define SCORE_MIN 1
#define SCORE_MAX 5

/* Named by the generated table of handlers. */
method_fn m_chat_end;
method_fn m_chat_get;
method_fn m_chat_got;
method_fn m_chat_rate;
method_fn m_chat_write;

/* The chat as it is now, as member "chat". */
static enum outcome
put_chat(struct store *s, struct request *rq, struct err *e)
{
	struct visitor v;
	json_t *chat = NULL;
	enum outcome o = visitor_load(s, rq->visitor_id, &v, e);

	if (o == OUT_OK)
		o = promised_chat(s, &v, &chat, e);
	if (o == OUT_OK)
		result_set(rq, "chat", chat);
	visitor_release(&v);
	return o;
}

/* The visitor, who must have written something. */
static enum outcome
visitor_writing(struct store *s, const struct request *rq, struct visitor *v,
		struct err *e)
{
	enum outcome o = visitor_load(s, rq->visitor_id, v, e);

	if (o == OUT_OK && v->incident_id == 0)
		return err_code(e, OUT_PERM, "conflict",
				"nothing was written in this chat yet");
	return o;
}

/* --- chat.get -------------------------------------------------------------------- */

enum outcome
m_chat_get(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	int64_t from = member_int(rq->params, "from", 0);
	int64_t limit = member_int(rq->params, "limit", LINES_DEFAULT);
	json_t *lines = NULL;
	json_t *chat = NULL;
	struct visitor v;
	bool more = false;
	enum outcome o;

	(void)d;
	if (from < 0 || limit < 1 || limit > VISITOR_LINES_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"'from' is below 0, or 'limit' is not from 1 "
				"to %d",
				VISITOR_LINES_MAX);
	o = visitor_load(s, rq->visitor_id, &v, e);
	if (o == OUT_OK)
		o = promised_chat(s, &v, &chat, e);
	if (o == OUT_OK) {
		result_set(rq, "chat", chat);
		o = visitor_lines(s, &v, from, (int)limit, &lines, &more, e);
	}
	if (o == OUT_OK) {
		result_set(rq, "lines", lines);
		result_set(rq, "more", json_boolean(more));
	}
	visitor_release(&v);
	return o;
}

/* --- chat.write ------------------------------------------------------------------ */

/* A line on its way in, with what it needs beside the contact. */
struct line {
	struct contact c;
	struct visitor v;
	char *external_id;
	char *title;
	char *address; /* "visitor:ID", where no address was given */
	char digest[HASH_HEX];
	char raw[HASH_HEX];
};

static void
line_release(struct line *l)
{
	contact_release(&l->c);
	visitor_release(&l->v);
	mem_free(l->external_id);
	mem_free(l->title);
	mem_free(l->address);
}

/* What makes two lines of one id the same: the text and the files. */
static void
line_digest(const struct request *rq, char out[HASH_HEX])
{
	struct hash_state *h = hash_begin();
	const char *text = member_str(rq->params, "text");
	const json_t *files = json_object_get(rq->params, "attachments");
	const json_t *f;
	size_t i;

	hash_more(h, text, strlen(text));
	json_array_foreach(files, i, f)
		hash_more(h, member_str(f, "sha256"), HASH_HEX - 1);
	hash_end(h, out);
	hash_drop(&h);
}

static enum outcome
line_read(struct line *l, struct request *rq, struct err *e)
{
	struct contact *c = &l->c;
	const char *id = member_str(rq->params, "id");

	c->text = member_str(rq->params, "text");
	c->files = json_object_get(rq->params, "attachments");
	if (*id == '\0')
		return err_code(e, OUT_PERM, "bad_params", "'id' is empty");
	if (c->text[strspn(c->text, " \t\r\n")] == '\0' &&
	    json_array_size(c->files) == 0)
		return err_code(e, OUT_PERM, "bad_params", "'text' is empty");
	l->external_id = mem_printf("%lld:%s", (long long)rq->visitor_id, id);
	line_digest(rq, l->digest);
	c->external_id = l->external_id;
	c->digest = l->digest;
	c->channel = incident_channel("chat");
	c->received_ms = rq->now_ms;
	c->now_ms = rq->now_ms;
	return OUT_OK;
}

/* The frame's parameters are the octets as they came. */
static enum outcome
line_raw(struct line *l, struct err *e)
{
	char *raw = json_dumps(l->c.rq->params, JSON_COMPACT | JSON_SORT_KEYS);
	size_t n = raw != NULL ? strlen(raw) : 0;
	enum outcome o;

	hash_hex(raw != NULL ? raw : "", n, l->raw);
	l->c.raw_sha256 = l->raw;
	o = blob_keep(l->c.s, l->raw, (int64_t)n, raw != NULL ? raw : "",
		      l->c.now_ms, e);
	mem_free(raw);
	return o;
}

/* Who writes: by the address that they gave, which proves nothing. */
static enum outcome
line_identity(struct line *l, struct err *e)
{
	struct contact *c = &l->c;
	const char *kind = l->v.email != NULL ? "email" : "chat";
	bool known = false;
	enum outcome o;

	l->address = l->v.email != NULL
			     ? mem_strdup(l->v.email)
			     : mem_printf("visitor:%lld", (long long)l->v.id);
	c->address = l->address;
	c->name = l->v.name;
	c->language = l->v.language;
	if (l->v.identity_id != 0) {
		c->from.id = l->v.identity_id;
		c->from.customer_id = l->v.customer_id;
		return OUT_OK;
	}
	o = identity_take(c->s, kind, l->address, l->v.name, c->now_ms,
			  &c->from, e);
	if (o == OUT_OK && l->v.email != NULL)
		o = visitor_customer_known(c->s, c->from.customer_id, &known,
					   e);
	/* beside it staff see somebody's earlier incidents */
	if (known)
		contact_warn(c, "address_given");
	return o;
}

/* Staff may follow it, so it is the address of a page or nothing. */
static const char *
page_of(const struct request *rq)
{
	const char *page = member_str(rq->params, "page");
	const char *p;

	if (page == NULL || (strncmp(page, "https://", 8) != 0 &&
			     strncmp(page, "http://", 7) != 0))
		return NULL;
	for (p = page; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return NULL;
	return page;
}

/* The panel says by when there will be an answer. */
static enum outcome
line_promise(struct contact *c, struct err *e)
{
	struct book *b = desk_book(c->d, NULL);
	struct promised p;
	enum outcome o;

	promised_incident(c->d, b, &c->inc, c->now_ms, &p);
	o = promised_tell(c->s, &c->inc, 0, &p, c->now_ms, e);
	book_unref(&b);
	return o;
}

/* A new incident is the visitor's from now on. */
static enum outcome
line_settle(struct contact *c, struct err *e)
{
	struct line *l = c->arg;
	const char *page = page_of(c->rq);
	enum outcome o = OUT_OK;

	if (c->inc.id != l->v.incident_id) {
		o = onward_leave(c->d, c->s, l->v.id, c->now_ms, e);
		if (o == OUT_OK)
			o = visitor_begin(c->s, l->v.id, c->inc.id, c->from.id,
					  e);
		if (o == OUT_OK)
			engine_visitor_moved(c->d, l->v.id, c->inc.id);
		if (o == OUT_OK)
			o = line_promise(c, e);
	}
	if (o == OUT_OK && page != NULL)
		o = visitor_page(c->s, l->v.id, page, e);
	return o;
}

static enum outcome
line_write(struct line *l, struct err *e)
{
	struct contact *c = &l->c;
	struct link site = { .id = 0 };
	enum outcome o = link_load(c->s, l->v.connection_id, &site, e);

	if (o == OUT_OK) {
		c->connection = site.name;
		o = line_identity(l, e);
	}
	if (o == OUT_OK)
		o = contact_same_id(c, e);
	if (o == OUT_OK)
		o = line_raw(l, e);
	c->at = MATCH_NEW;
	if (l->v.ended_ms != 0 || l->v.messages >= CHAT_MESSAGES_MAX)
		c->at.follows_id = l->v.incident_id;
	else
		c->at.incident_id = l->v.incident_id;
	l->title = contact_title(c->text);
	c->title = l->title;
	c->page = page_of(c->rq) != NULL ? page_of(c->rq) : l->v.page;
	c->written = line_settle;
	c->arg = l;
	if (o == OUT_OK)
		o = contact_put(c, e);
	link_release(&site);
	return o;
}

enum outcome
m_chat_write(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct line l = { .c = { .d = d, .s = s, .rq = rq } };
	int64_t at = rq->now_ms;
	enum outcome o = line_read(&l, rq, e);

	if (o == OUT_OK)
		o = visitor_load(s, rq->visitor_id, &l.v, e);
	l.c.connection_id = l.v.connection_id;
	if (o == OUT_OK)
		o = message_repeat(s, l.v.connection_id, l.digest,
				   l.external_id, &l.c.place, e);
	if (o == OUT_OK && l.c.place.id == 0)
		o = line_write(&l, e);
	if (o == OUT_OK)
		o = visitor_received(s, l.c.place.id, &at, e);
	if (o == OUT_OK) {
		result_set(rq, "number", json_integer(l.c.place.number));
		result_set(rq, "at", row_iso(at));
		result_set(rq, "incident", json_integer(l.c.place.incident_id));
	}
	line_release(&l);
	return o;
}

/* --- chat.got --------------------------------------------------------------------- */

/* Nothing that was shown goes by mail. */
static enum outcome
got_mail(struct store *s, const struct visitor *v, int64_t number,
	 struct err *e)
{
	int64_t unseen = 0;
	enum outcome o = OUT_OK;

	if (v->mail_due_ms == 0)
		return OUT_OK;
	o = visitor_unseen(s, v->incident_id, number, &unseen, e);
	if (o == OUT_OK && unseen == 0)
		o = visitor_mail_due(s, v->id, 0, e);
	return o;
}

enum outcome
m_chat_got(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	int64_t number = member_int(rq->params, "number", 0);
	int64_t last = 0;
	struct visitor v;
	enum outcome o = visitor_writing(s, rq, &v, e);

	if (o == OUT_OK)
		o = visitor_last(s, &v, &last, e);
	if (number > last)
		number = last;
	if (o == OUT_OK && number > v.got_number) {
		o = visitor_got(s, v.id, number, rq->now_ms, e);
		if (o == OUT_OK)
			o = got_mail(s, &v, number, e);
		engine_visitor_state(d, v.id);
		v.got_number = number;
	}
	if (o == OUT_OK)
		result_set(rq, "number", json_integer(v.got_number));
	visitor_release(&v);
	return o;
}

/* --- chat.end, chat.rate ------------------------------------------------------------ */

enum outcome
m_chat_end(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct visitor v;
	int64_t now = rq->now_ms;
	enum outcome o = visitor_writing(s, rq, &v, e);

	if (o == OUT_OK && v.ended_ms == 0) {
		o = incident_instant(s, v.incident_id, rq->now_ms, &now, e);
		if (o == OUT_OK)
			o = visitor_end(s, v.id, now, e);
		if (o == OUT_OK)
			o = event_add(s, now, "chat.ended", v.incident_id, 0,
				      json_object(), e);
		engine_visitor_state(d, v.id);
	}
	if (o == OUT_OK)
		o = put_chat(s, rq, e);
	visitor_release(&v);
	return o;
}

/* The comment is a note that the customer wrote: staff see it in its place. */
static enum outcome
rate_comment(struct store *s, const struct request *rq, const struct visitor *v,
	     struct incident *inc, int64_t *message_out, struct err *e)
{
	int64_t now = change_now(inc, rq->now_ms);
	struct message_new m = { .incident_id = inc->id,
				 .number = inc->messages + 1,
				 .direction = "note",
				 .author = "customer",
				 .identity_id = v->identity_id,
				 .received_ms = now,
				 .committed_ms = now,
				 .text = member_str(rq->params, "comment") };
	enum outcome o = message_add(s, &m, message_out, e);

	if (o == OUT_OK)
		o = change_message(s, inc, *message_out, "note", now, 0, now,
				   e);
	return o == OUT_OK ? incident_save(s, inc, e) : o;
}

static enum outcome
rate(struct store *s, const struct request *rq, const struct visitor *v,
     struct incident *inc, struct err *e)
{
	const char *comment = member_str(rq->params, "comment");
	struct rating r;
	json_t *data;
	enum outcome o = rating_load(s, inc->id, &r, e);

	if (o == OUT_OK && r.message_id == 0 && comment != NULL &&
	    comment[strspn(comment, " \t\r\n")] != '\0')
		o = rate_comment(s, rq, v, inc, &r.message_id, e);
	r.score = (int)member_int(rq->params, "score", 0);
	r.agent_id = inc->assignee_id;
	r.at_ms = change_now(inc, rq->now_ms);
	if (o == OUT_OK)
		o = rating_put(s, &r, e);
	if (o != OUT_OK)
		return o;
	data = json_object();
	(void)json_object_set_new(data, "score", json_integer(r.score));
	(void)json_object_set_new(data, "message",
				  r.message_id != 0 ? json_integer(r.message_id)
						    : json_null());
	return event_add(s, r.at_ms, "rating.added", inc->id, 0, data, e);
}

enum outcome
m_chat_rate(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	int64_t score = member_int(rq->params, "score", 0);
	struct incident inc = { .id = 0 };
	struct visitor v;
	enum outcome o;

	(void)d;
	if (score < SCORE_MIN || score > SCORE_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"'score' is not from %d to %d", SCORE_MIN,
				SCORE_MAX);
	o = visitor_writing(s, rq, &v, e);
	if (o == OUT_OK)
		o = incident_load(s, v.incident_id, &inc, e);
	if (o == OUT_OK)
		o = rate(s, rq, &v, &inc, e);
	if (o == OUT_OK)
		o = put_chat(s, rq, e);
	incident_release(&inc);
	visitor_release(&v);
	return o;
}
