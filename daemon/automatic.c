#include "daemon/automatic.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

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
#include "daemon/store/ruled.h"
#include "daemon/window.h"
#include "rules/book.h"

#define FIRST_NAME_MAX 200

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
	if (o == OUT_OK && wanted && w.can != CAN_REPLY_NONE &&
	    w.can != CAN_REPLY_FREE)
		*why_out = "window";
	return o;
}

static void
first_word(const char *name, char *out, size_t size)
{
	size_t n = strcspn(name, " \t");

	(void)snprintf(out, size, "%.*s", n < size ? (int)n : 0, name);
}

enum outcome
automatic_text(const struct automatic_ask *q, const struct book_reply *r,
	       char **out, struct promised *told_out, struct err *e)
{
	char first[FIRST_NAME_MAX];
	char ref[REF_MAX];
	json_t *desk = NULL;
	struct reply_facts say = { .customer_name = q->name,
				   .customer_first_name = first,
				   .incident_ref = ref,
				   .subject = q->subject };
	const struct book_text *t;
	struct claim_row claim;
	bool claimed = false;
	char words[EXPECT_TEXT_MAX];
	struct buf b;
	enum outcome o = claim_find(q->s, q->inc->id, &claim, &claimed, e);

	*out = NULL;
	if (o == OUT_OK)
		o = deskrow_get(q->s, &desk, e);
	if (o != OUT_OK)
		return o;
	say.claim_code = claimed ? claim.code : NULL;
	first_word(q->name != NULL ? q->name : "", first, sizeof first);
	change_ref(q->inc->id, ref);
	say.shop_name = member_str(desk, "name");
	t = book_text_in(r->texts, r->text_count,
			 q->language != NULL ? q->language : q->otherwise,
			 member_str(desk, "language"));
	promised_incident(q->d, q->book, q->inc, q->now_ms, told_out);
	promised_words(told_out, q->now_ms, t->language, words);
	say.expected_answer = words;
	told_out->known = told_out->known && book_text_asks_expected(t->text);
	buf_init(&b, AUTOMATIC_BYTES_MAX);
	book_text_render(t->text, &say, &b);
	*out = mem_strdup(buf_str(&b));
	buf_release(&b);
	json_decref(desk);
	return OUT_OK;
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
	char *text = NULL;
	enum outcome o = automatic_text(&ask, r, &text, &told, e);

	if (o == OUT_OK) {
		out.text = text;
		o = outgoing_add(dc->d, dc->s, NULL, inc, &out, dc->now_ms,
				 message_out, e);
	}
	mem_free(text);
	/* it is found before anything is written */
	if (o == OUT_PERM && (strcmp(e->code, "bad_params") == 0 ||
			      strcmp(e->code, "text_too_long") == 0)) {
		*why_out = "no_way";
		return OUT_OK;
	}
	if (o == OUT_OK)
		o = promised_tell(dc->s, inc, *message_out, &told, dc->now_ms,
				  e);
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
	enum outcome o;

	*why_out = automatic_why(dc, inc, r);
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
