#include "daemon/automatic.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "daemon/automatic_p.h"
#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/consent.h"
#include "daemon/decide.h"
#include "daemon/outgoing.h"
#include "daemon/promised.h"
#include "daemon/store/claim.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/incident.h"
#include "daemon/store/orderfact.h"
#include "daemon/store/ruled.h"
#include "daemon/template.h"
#include "daemon/window.h"
#include "rules/book.h"

/* Why it may not go; NULL: nothing speaks against it so far. */
static const char *
automatic_why(const struct decision *dc, const struct incident *inc,
	      const struct book_reply *r)
{
	if (dc->mute != NULL)
		return dc->mute;
	if (r == NULL)
		return "unknown";
	if (dc->facts.robot)
		return "robot";
	if (inc->state == INCIDENT_SPAM || inc->state == INCIDENT_MERGED)
		return "spam";
	if (inc->connection_id == 0)
		return "no_way";
	return NULL;
}

/* Does the customer want what they did not ask for, and may it go now? */
static enum outcome
automatic_wanted(struct decision *dc, const struct incident *inc,
		 const char **why_out, struct err *e)
{
	struct window w;
	bool wanted = true;
	enum outcome o = consent_allows(dc->s, inc->customer_id, inc->channel,
					&wanted, e);

	if (o == OUT_OK && !wanted)
		*why_out = "consent";
	if (o == OUT_OK && wanted)
		o = window_of(dc->s, inc, dc->now_ms, &w, e);
	if (o == OUT_OK && wanted && w.can == CAN_REPLY_NO)
		*why_out = "window";
	return o;
}

static void
first_word(const char *name, char *out, size_t size)
{
	size_t n = strcspn(name, " \t");

	(void)snprintf(out, size, "%.*s", n < size ? (int)n : 0, name);
}

/* Of the order that is linked, if it is the addressee's to know. */
static enum outcome
say_order(const struct automatic_ask *q, struct automatic_say *say,
	  struct err *e)
{
	bool theirs = false;
	enum outcome o = ordersay_load(&say->order, q->s, q->inc->id, e);

	if (o == OUT_OK)
		o = ordersay_private(&say->order, q->s, q->inc, &theirs, e);
	if (o == OUT_OK && !theirs)
		ordersay_release(&say->order);
	return o;
}

enum outcome
automatic_say(const struct automatic_ask *q, struct automatic_say *say,
	      struct err *e)
{
	bool claimed = false;
	enum outcome o;

	memset(say, 0, sizeof *say);
	say->zone = book_calendar_first(q->book);
	o = claim_find(q->s, q->inc->id, &say->claim, &claimed, e);
	if (o == OUT_OK)
		o = say_order(q, say, e);
	if (o == OUT_OK)
		o = deskrow_get(q->s, &say->desk, e);
	if (o != OUT_OK)
		return o;
	first_word(q->name != NULL ? q->name : "", say->first,
		   sizeof say->first);
	change_ref(q->inc->id, say->ref);
	say->facts = (struct reply_facts){
		.customer_name = q->name,
		.customer_first_name = say->first,
		.incident_ref = say->ref,
		.subject = q->subject,
		.shop_name = member_str(say->desk, "name"),
		.expected_answer = say->words,
		.claim_code = claimed ? say->claim.code : NULL,
	};
	promised_incident(q->d, q->book, q->inc, q->now_ms, &say->told);
	return OUT_OK;
}

void
automatic_say_release(struct automatic_say *say)
{
	ordersay_release(&say->order);
	json_decref(say->desk);
	say->desk = NULL;
}

const char *
automatic_language(const struct automatic_ask *q)
{
	return q->language != NULL ? q->language : q->otherwise;
}

void
automatic_say_in(struct automatic_say *say, const struct automatic_ask *q,
		 const char *language)
{
	promised_words(&say->told, q->now_ms, language, say->words);
	ordersay_in(&say->order, say->zone, language, &say->facts);
}

enum outcome
automatic_text(const struct automatic_ask *q, const struct book_reply *r,
	       char **out, struct promised *told_out, struct err *e)
{
	struct automatic_say say;
	const struct book_text *t;
	struct buf b;
	enum outcome o = automatic_say(q, &say, e);

	*out = NULL;
	if (o == OUT_OK) {
		t = book_text_in(r->texts, r->text_count, automatic_language(q),
				 member_str(say.desk, "language"));
		automatic_say_in(&say, q, t->language);
		*told_out = say.told;
		told_out->known =
			told_out->known && book_text_asks_expected(t->text);
		buf_init(&b, AUTOMATIC_BYTES_MAX);
		book_text_render(t->text, &say.facts, &b);
		*out = buf_take(&b);
	}
	automatic_say_release(&say);
	return o;
}

/* What goes: the reply's text, or its template where the window is closed. */
static enum outcome
automatic_words(const struct automatic_ask *q, const struct book_reply *r,
		struct template_made *out, struct promised *told_out,
		const char **why_out, struct err *e)
{
	struct window w;
	enum outcome o = window_of(q->s, q->inc, q->now_ms, &w, e);

	*why_out = NULL;
	memset(out, 0, sizeof *out);
	if (o != OUT_OK)
		return o;
	if (w.can == CAN_REPLY_TEMPLATE)
		return automatic_template(q, r, q->inc->connection_id, out,
					  told_out, why_out, e);
	return automatic_text(q, r, &out->text, told_out, e);
}

const char *
automatic_refused(const struct err *e)
{
	if (strcmp(e->code, "bad_params") == 0 ||
	    strcmp(e->code, "text_too_long") == 0)
		return "no_way";
	return strcmp(e->code, "window_closed") == 0 ? "window" : NULL;
}

static enum outcome
automatic_send(struct decision *dc, struct incident *inc,
	       const struct rule_action *a, const struct book_reply *r,
	       int64_t *message_out, const char **why_out, struct err *e)
{
	struct outgoing out = { .bot = true,
				.send_ms = dc->now_ms,
				.saved_reply = r->name };
	const struct rule_facts *f = &dc->facts.f;
	struct automatic_ask ask = { .d = dc->d,
				     .s = dc->s,
				     .book = dc->book,
				     .inc = inc,
				     .name = f->text[RULE_FIELD_CUSTOMER_NAME],
				     .subject = f->text[RULE_FIELD_SUBJECT],
				     .language = f->text[RULE_FIELD_LANGUAGE],
				     .now_ms = dc->now_ms };
	int64_t period_s = a->seconds > 0 ? a->seconds : AUTOMATIC_PERIOD_S;
	struct promised told;
	struct template_made words;
	enum outcome o = automatic_words(&ask, r, &words, &told, why_out, e);

	if (o == OUT_OK && *why_out == NULL) {
		out.text = words.text;
		out.whats = words.whats;
		o = outgoing_add(dc->d, dc->s, NULL, inc, &out, dc->now_ms,
				 message_out, e);
	}
	template_made_release(&words);
	/* it is found before anything is written */
	if (o == OUT_PERM && automatic_refused(e) != NULL) {
		*why_out = automatic_refused(e);
		o = OUT_OK;
	}
	if (o != OUT_OK || *why_out != NULL)
		return o;
	o = promised_tell(dc->s, inc, *message_out, &told, dc->now_ms, e);
	if (o == OUT_OK)
		o = ruled_sent_put(dc->s, inc->customer_id, a->rule,
				   *message_out, dc->now_ms + period_s * 1000,
				   e);
	dc->mute = "second";
	return o;
}

enum outcome
automatic_answer(struct decision *dc, struct incident *inc,
		 const struct rule_action *a, int64_t *message_out,
		 const char **why_out, struct err *e)
{
	const struct book_reply *r = book_reply(dc->book, a->value);
	bool lately = false;
	int64_t order = 0;
	enum outcome o;

	*why_out = automatic_why(dc, inc, r);
	if (*why_out == NULL && a->kind == ACTION_ASK_ORDER) {
		o = order_linked(dc->s, inc->id, &order, e);
		if (o != OUT_OK)
			return o;
		*why_out = order != 0 ? "linked" : NULL;
	}
	if (*why_out != NULL)
		return OUT_OK;
	o = automatic_wanted(dc, inc, why_out, e);
	if (o != OUT_OK || *why_out != NULL)
		return o;
	o = ruled_sent(dc->s, inc->customer_id, a->rule, dc->now_ms, &lately,
		       e);
	if (o == OUT_OK && lately) {
		*why_out = "period";
		return OUT_OK;
	}
	return o == OUT_OK
		       ? automatic_send(dc, inc, a, r, message_out, why_out, e)
		       : o;
}
