#include "daemon/promised.h"

#include <stdio.h>
#include <string.h>

#include "daemon/answer_time.h"
#include "daemon/desk.h"
#include "daemon/store/expect.h"
#include "daemon/store/incident.h"
#include "daemon/store/row.h"
#include "daemon/store/visitor.h"
#include "rules/book.h"
#include "rules/deadline.h"

#define PROMISED_TICK_MAX 500

static bool
given(const char *s)
{
	return s != NULL && *s != '\0';
}

/* The policy that will hold, as clocks choose it. */
static const struct book_policy *
policy_of(const struct book *b, const struct promised_ask *q)
{
	const struct book_policy *p =
		given(q->policy) ? book_policy(b, q->policy) : NULL;

	return p != NULL ? p : book_policy_for(b, q->channel);
}

static const struct book_queue *
queue_of(const struct book *b, const struct promised_ask *q)
{
	const struct book_queue *found =
		given(q->queue) ? book_queue(b, q->queue) : NULL;

	return found != NULL ? found : book_queue_default(b);
}

/* When its team works; NULL: it does not say. */
static const struct calendar *
team_hours(const struct book *b, const struct promised_ask *q,
	   const struct book_queue *queue)
{
	const char *name = given(q->team)  ? q->team
			   : queue != NULL ? queue->team
					   : NULL;
	const struct book_team *t = name != NULL ? book_team(b, name) : NULL;

	return t != NULL ? t->calendar : NULL;
}

/* The deadline of a first answer that is owed from now on. */
static int64_t
due_from(const struct calendar *c, const struct book_budget *budget,
	 int64_t now_s)
{
	if (budget->days > 0)
		return deadline_days(c, now_s, budget->days, NULL, 0);
	return deadline_due(budget->wall ? NULL : c, now_s, budget->seconds,
			    NULL, 0);
}

void
promised_now(struct desk *d, const struct book *b, const struct promised_ask *q,
	     struct promised *out)
{
	const struct book_policy *p = policy_of(b, q);
	const struct book_queue *queue = queue_of(b, q);
	struct expect_ask ask = { .now_s = q->now_ms / 1000 };
	struct book_budget budget;

	*out = (struct promised){ .known = false };
	if (p == NULL || p->calendar == NULL)
		return;
	budget = book_policy_budget(p, BOOK_CLOCK_FIRST_RESPONSE, q->priority);
	if (budget.seconds <= 0 && budget.days <= 0)
		return;
	ask.calendar = out->calendar = p->calendar;
	ask.team = team_hours(b, q, queue);
	ask.due_s = q->due_s != 0 ? q->due_s
				  : due_from(p->calendar, &budget, ask.now_s);
	if (ask.due_s == DEADLINE_NEVER)
		return;
	out->measured = queue != NULL && answer_time(d->times, q->channel,
						     queue->name, &ask.takes_s);
	if (!out->measured)
		ask.takes_s = deadline_used(p->calendar, ask.now_s, ask.due_s,
					    NULL, 0);
	out->known = expect_when(&ask, &out->x);
}

void
promised_incident(struct desk *d, const struct book *b,
		  const struct incident *inc, int64_t now_ms,
		  struct promised *out)
{
	struct promised_ask q = { .channel = inc->channel,
				  .queue = inc->queue,
				  .team = inc->team,
				  .policy = inc->policy,
				  .priority = inc->priority,
				  .due_s = inc->due_ms / 1000,
				  .now_ms = now_ms };

	promised_now(d, b, &q, out);
}

void
promised_words(const struct promised *p, int64_t now_ms, const char *language,
	       char out[EXPECT_TEXT_MAX])
{
	if (p->known)
		expect_print(&p->x, p->calendar, now_ms / 1000, language, out);
	else
		(void)snprintf(out, EXPECT_TEXT_MAX, "%s",
			       expect_nothing(language));
}

enum outcome
promised_tell(struct store *s, const struct incident *inc, int64_t message_id,
	      const struct promised *p, int64_t now_ms, struct err *e)
{
	struct promise_new n = { .incident_id = inc->id,
				 .message_id = message_id,
				 .channel = inc->channel,
				 .queue = inc->queue,
				 .told_ms = now_ms,
				 .by_s = p->x.by_s,
				 .basis = p->measured ? "measured" : "policy",
				 .words = expect_code_name(p->x.code) };

	return p->known ? promise_add(s, &n, e) : OUT_OK;
}

/* Does the text say it in the words of any language of the reply? */
static bool
says(const struct book_reply *r, const struct promised *p, const char *text,
     int64_t now_ms)
{
	char words[EXPECT_TEXT_MAX];
	size_t i;

	for (i = 0; i < r->text_count; i++) {
		if (!book_text_asks_expected(r->texts[i].text))
			continue;
		promised_words(p, now_ms, r->texts[i].language, words);
		if (strstr(text, words) != NULL)
			return true;
	}
	return false;
}

enum outcome
promised_answer(struct desk *d, struct store *s, const struct incident *inc,
		int64_t message_id, const char *saved_reply, const char *text,
		int64_t now_ms, struct err *e)
{
	struct book *b = desk_book(d, NULL);
	const struct book_reply *r =
		given(saved_reply) ? book_reply(b, saved_reply) : NULL;
	struct promised p = { .known = false };
	enum outcome o = OUT_OK;

	if (r != NULL)
		promised_incident(d, b, inc, now_ms, &p);
	if (p.known && says(r, &p, text, now_ms))
		o = promised_tell(s, inc, message_id, &p, now_ms, e);
	book_unref(&b);
	return o;
}

static json_t *
shown(const char *words, int64_t by_s)
{
	json_t *o = json_object();

	row_set(o, "words", json_string(words));
	row_set(o, "by_at", by_s != 0 ? row_iso(by_s * 1000) : json_null());
	return o;
}

json_t *
promised_site(const struct promised *p)
{
	if (!p->known)
		return json_null();
	return shown(expect_code_name(p->x.code),
		     expect_code_span(p->x.code) ? 0 : p->x.by_s);
}

enum outcome
promised_chat(struct store *s, const struct visitor *v, json_t **out,
	      struct err *e)
{
	struct promise_row p = { .id = 0 };
	json_t *chat = NULL;
	enum outcome o = visitor_chat(s, v, &chat, e);

	if (o == OUT_OK &&
	    strcmp(json_string_value(json_object_get(chat, "state")),
		   "waiting") == 0)
		o = promise_last(s, v->incident_id, &p, e);
	if (o != OUT_OK) {
		json_decref(chat);
		return o;
	}
	row_set(chat, "expected",
		p.id != 0 ? shown(p.words, p.by_s) : json_null());
	*out = chat;
	return OUT_OK;
}

enum outcome
promised_tick(struct store *s, int64_t now_ms, bool *more_out, struct err *e)
{
	int n = 0;
	enum outcome o =
		promise_pass(s, now_ms / 1000, PROMISED_TICK_MAX, &n, e);

	*more_out = *more_out || n == PROMISED_TICK_MAX;
	return o;
}
