#include "daemon/acknowledge.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "daemon/automatic.h"
#include "daemon/base/ascii.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/change.h"
#include "daemon/consent.h"
#include "daemon/contact.h"
#include "daemon/decide.h"
#include "daemon/outgoing.h"
#include "daemon/promised.h"
#include "daemon/store/acked.h"
#include "daemon/store/deskrow.h"
#include "daemon/window.h"
#include "rules/book.h"

#define ADDRESS_MAX 320
#define NAME_MAX_BYTES 60 /* of a name that is said back */

/* --- may it go? -------------------------------------------------------------- */

/* An address in lower case, without what stands after a '+'. */
struct bare {
	char local[ADDRESS_MAX];
	char domain[ADDRESS_MAX];
};

static void
lower_copy(char *out, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = ascii_lower(p[i]);
	out[n] = '\0';
}

/* false: it is none, or too long for one */
static bool
bare_address(const char *address, struct bare *out)
{
	const char *at = address != NULL ? strrchr(address, '@') : NULL;
	size_t local;

	if (at == NULL || strlen(address) >= ADDRESS_MAX)
		return false;
	local = strcspn(address, "+@");
	if (local == 0 || at[1] == '\0')
		return false;
	lower_copy(out->local, address, local);
	lower_copy(out->domain, at + 1, strlen(at + 1));
	return true;
}

static bool
is_whatsapp(const struct ack_ask *q)
{
	return strcmp(q->channel, "whatsapp") == 0;
}

/* What its connection says. */
static const char *
link_why(const struct link *l)
{
	if (!outgoing_sends(l))
		return "no_way";
	return member_bool(l->settings, "acknowledge", false) ? NULL : "off";
}

/* What the contact itself says. */
static const char *
contact_why(const struct ack_ask *q)
{
	if (q->joins)
		return "joins";
	if (q->received_ms != 0 &&
	    q->now_ms - q->received_ms > ACKNOWLEDGE_LATE_MS)
		return "old";
	if (q->robot)
		return "robot";
	if (!q->may_respond)
		return "forbidden";
	if (is_whatsapp(q) ? q->identity_id == 0 : q->address == NULL)
		return "no_sender";
	return NULL;
}

/* Many contacts in an hour? */
static enum outcome
count(struct store *s, const struct ack_ask *q, int64_t *n_out, struct err *e)
{
	*n_out = 0;
	if (q->identity_id == 0)
		return OUT_OK;
	return acked_contacts(s, q->identity_id,
			      q->now_ms - ACKNOWLEDGE_HOUR_MS,
			      ACKNOWLEDGE_CONTACTS_MAX + 1, n_out, e);
}

/* What came from that person before by WhatsApp, or went there. */
static enum outcome
person_why(struct store *s, const struct ack_ask *q, const char **why_out,
	   struct err *e)
{
	int64_t at_ms = 0;
	int64_t n = 0;
	bool own = false;
	enum outcome o = acked_own_number(s, q->identity_id, &own, e);

	if (o == OUT_OK)
		o = acked_whatsapp(s, q->identity_id, &at_ms, e);
	if (o == OUT_OK)
		o = count(s, q, &n, e);
	if (own)
		*why_out = "own_address";
	else if (at_ms != 0 && q->now_ms - at_ms < ACKNOWLEDGE_GAP_MS)
		*why_out = "day";
	else if (n > ACKNOWLEDGE_CONTACTS_MAX)
		*why_out = "many";
	return o;
}

/* What came from that address before, or went there. */
static enum outcome
address_why(struct store *s, const struct ack_ask *q, const char **why_out,
	    struct err *e)
{
	struct bare bare;
	int64_t at_ms = 0;
	int64_t forms = 0;
	int64_t n = 0;
	bool own = false;
	enum outcome o;

	*why_out = "no_sender";
	if (!bare_address(q->address, &bare))
		return OUT_OK;
	o = acked_own(s, bare.local, bare.domain, &own, e);
	if (o == OUT_OK)
		o = acked_at(s, bare.local, bare.domain, &at_ms, &forms, e);
	if (o == OUT_OK)
		o = count(s, q, &n, e);
	if (own)
		*why_out = "own_address";
	else if (at_ms != 0 && q->now_ms - at_ms < ACKNOWLEDGE_GAP_MS)
		*why_out = "day";
	else if (n > ACKNOWLEDGE_CONTACTS_MAX || forms == ACKED_FORMS_MAX)
		*why_out = "many";
	else
		*why_out = NULL;
	return o;
}

static enum outcome
would(struct store *s, const struct link *l, const struct ack_ask *q,
      const char **why_out, struct err *e)
{
	bool wanted = true;
	enum outcome o = OUT_OK;

	*why_out = link_why(l);
	if (*why_out == NULL)
		*why_out = contact_why(q);
	if (*why_out == NULL && q->customer_id != 0)
		o = consent_allows(s, q->customer_id, q->channel, &wanted, e);
	if (!wanted)
		*why_out = "consent";
	if (o != OUT_OK || *why_out != NULL)
		return o;
	return is_whatsapp(q) ? person_why(s, q, why_out, e)
			      : address_why(s, q, why_out, e);
}

/* Does that channel know acknowledgements? */
static bool
channel_acknowledges(const char *channel)
{
	return strcmp(channel, "email") == 0 ||
	       strcmp(channel, "whatsapp") == 0;
}

enum outcome
ack_would(struct store *s, const struct ack_ask *q, const char **why_out,
	  struct err *e)
{
	struct link l = { .id = 0 };
	enum outcome o;

	*why_out = "no_way";
	if (!channel_acknowledges(q->channel) || q->connection_id == 0)
		return OUT_OK;
	o = link_load(s, q->connection_id, &l, e);
	if (o == OUT_OK)
		o = would(s, &l, q, why_out, e);
	link_release(&l);
	return o;
}

/* --- what it says --------------------------------------------------------------- */

struct words {
	const char *subject; /* of the incident's number */
	const char *text;    /* of number, expected answer, desk */
	const char *message; /* the same, by WhatsApp */
};

static const struct words words_es = {
	.subject = "Hemos recibido tu mensaje (%s)",
	.text = "Hola:\n\n"
		"Hemos recibido tu mensaje. Su número es %s. Te "
		"responderemos %s.\n\n"
		"Si quieres añadir algo, responde a este correo. Te lo envía "
		"un programa en cuanto nos llega un mensaje nuevo; quien te "
		"responderá es una persona.\n\n"
		"%s\n",
	.message = "Hemos recibido tu mensaje. Su número es %s. Te "
		   "responderemos %s.\n\n"
		   "Esto te lo dice un programa; quien te responderá es una "
		   "persona. Si quieres añadir algo, escríbelo aquí.\n\n"
		   "%s",
};
static const struct words words_en = {
	.subject = "We have received your message (%s)",
	.text = "Hello,\n\n"
		"We have received your message. Its number is %s. We will "
		"answer you %s.\n\n"
		"If you want to add something, reply to this mail. A program "
		"sends it when a new message comes in; the one who answers "
		"you will be a person.\n\n"
		"%s\n",
	.message = "We have received your message. Its number is %s. We will "
		   "answer you %s.\n\n"
		   "A program tells you this; the one who answers you will be "
		   "a person. If you want to add something, write it here.\n\n"
		   "%s",
};

/* Text and what it promises. */
struct ack {
	char *subject;
	char *text;
	struct promised told;
	bool whatsapp;
};

static void
ack_release(struct ack *a)
{
	MEM_CLEAR(&a->subject);
	MEM_CLEAR(&a->text);
}

/* A name that can be nothing but one: letters of Europe's alphabets, spaces,
 * hyphens, apostrophes. Whoever wrote the mail chose it. */
static const char *
plain_name(const char *name)
{
	size_t n = name != NULL ? strlen(name) : 0;
	size_t i = 0;

	if (n == 0 || n > NAME_MAX_BYTES)
		return NULL;
	while (i < n) {
		uint32_t cp = 0;
		size_t len = utf8_next(name + i, n - i, &cp);
		bool letter = (cp >= 'A' && cp <= 'Z') ||
			      (cp >= 'a' && cp <= 'z') ||
			      (cp >= 0xC0 && cp <= 0x24F && cp != 0xD7 &&
			       cp != 0xF7) ||
			      (cp >= 0x388 && cp <= 0x481);

		if (len == 0 ||
		    (!letter && cp != ' ' && cp != '-' && cp != '\''))
			return NULL;
		i += len;
	}
	return name;
}

/* Our own words, or those of the saved reply that the mailbox names. */
static enum outcome
compose(struct ack *a, const struct contact *c, const struct decision *dc,
	const struct link *l, struct err *e)
{
	const char *language = dc->facts.f.text[RULE_FIELD_LANGUAGE];
	const char *otherwise = member_str(l->settings, "language");
	const char *name = member_str(l->settings, "acknowledge_reply");
	const struct book_reply *r =
		name != NULL ? book_reply(dc->book, name) : NULL;
	struct automatic_ask ask = { .d = c->d,
				     .s = c->s,
				     .book = dc->book,
				     .inc = &c->inc,
				     .name = plain_name(c->name),
				     .language = language,
				     .otherwise = otherwise,
				     .now_ms = c->now_ms };
	const struct words *w;
	json_t *desk = NULL;
	char ref[REF_MAX];
	char words[EXPECT_TEXT_MAX];
	enum outcome o = deskrow_get(c->s, &desk, e);

	if (o != OUT_OK)
		return o;
	if (language == NULL)
		language = otherwise != NULL ? otherwise
					     : member_str(desk, "language");
	w = strcmp(language, "en") == 0 ? &words_en : &words_es;
	change_ref(c->inc.id, ref);
	if (!a->whatsapp)
		a->subject = mem_printf(w->subject, ref);
	if (r != NULL) {
		o = automatic_text(&ask, r, &a->text, &a->told, e);
	} else {
		promised_incident(c->d, dc->book, &c->inc, c->now_ms, &a->told);
		promised_words(&a->told, c->now_ms, language, words);
		a->text = mem_printf(a->whatsapp ? w->message : w->text, ref,
				     words, member_str(desk, "name"));
	}
	json_decref(desk);
	return o;
}

/* --- it goes ---------------------------------------------------------------------- */

static enum outcome
post(struct contact *c, const struct decision *dc, const struct link *l,
     struct err *e)
{
	bool whatsapp = strcmp(c->channel, "whatsapp") == 0;
	struct ack a = { .whatsapp = whatsapp };
	struct outgoing out = { .bot = true,
				.send_ms = c->now_ms,
				.connection_id = c->connection_id,
				.only_to = whatsapp ? NULL : c->address };
	int64_t message = 0;
	enum outcome o = compose(&a, c, dc, l, e);

	if (o == OUT_OK) {
		out.subject = a.subject;
		out.text = a.text;
		o = outgoing_add(c->d, c->s, NULL, &c->inc, &out, c->now_ms,
				 &message, e);
	}
	/* a reply that is too long for the channel, and the like: it is found
	 * before anything is written, and costs the contact nothing */
	if (o == OUT_PERM && automatic_refused(e) != NULL) {
		ack_release(&a);
		return OUT_OK;
	}
	if (o == OUT_OK)
		o = promised_tell(c->s, &c->inc, message, &a.told, c->now_ms,
				  e);
	if (o == OUT_OK)
		o = acked_put(c->s, c->from.id, c->now_ms, e);
	if (o == OUT_OK)
		o = incident_save(c->s, &c->inc, e);
	ack_release(&a);
	return o;
}

/* By WhatsApp nothing goes but while the window is open, and a word of consent
 * has its own answer. */
static enum outcome
window_why(struct contact *c, const char **why_out, struct err *e)
{
	const char *language;
	struct window w;
	enum outcome o;

	if (strcmp(c->channel, "whatsapp") != 0)
		return OUT_OK;
	o = window_of(c->s, &c->inc, c->now_ms, &w, e);
	if (o == OUT_OK && w.can != CAN_REPLY_FREE)
		*why_out = "window";
	if (consent_word(c->text, &language) != CONSENT_NONE)
		*why_out = "word";
	return o;
}

enum outcome
acknowledge(struct contact *c, const struct decision *dc, struct err *e)
{
	struct ack_ask q = { .connection_id = c->connection_id,
			     .channel = c->channel,
			     .address = c->address,
			     .identity_id = c->from.id,
			     .customer_id = c->from.customer_id,
			     .robot = c->robot,
			     .may_respond = c->may_respond,
			     .received_ms = c->received_ms,
			     .now_ms = c->now_ms };
	struct link l = { .id = 0 };
	const char *why = NULL;
	enum outcome o;

	/* most contacts that may not have one cost nothing more */
	if (!channel_acknowledges(c->channel) || c->connection_id == 0 ||
	    contact_why(&q) != NULL || dc->mute != NULL ||
	    !incident_state_active(c->inc.state))
		return OUT_OK;
	o = link_load(c->s, c->connection_id, &l, e);
	if (o == OUT_OK)
		o = would(c->s, &l, &q, &why, e);
	if (o == OUT_OK && why == NULL)
		o = window_why(c, &why, e);
	if (o == OUT_OK && why == NULL)
		o = post(c, dc, &l, e);
	link_release(&l);
	return o;
}
