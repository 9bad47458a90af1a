#include "daemon/fallback.h"

#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/clocks.h"
#include "daemon/consent.h"
#include "daemon/decide.h"
#include "daemon/outgoing.h"
#include "daemon/person.h"
#include "daemon/store/delivery.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/event.h"
#include "daemon/store/expect.h"
#include "daemon/store/fallback.h"
#include "daemon/store/incident.h"
#include "daemon/store/store.h"
#include "daemon/template.h"
#include "daemon/timed.h"
#include "daemon/window.h"

/* What goes, and by what. */
struct way {
	struct desk *d;
	struct store *s;
	const struct fallback_ask *q;
	struct fallback_row f;
	struct link from;     /* by which it did not arrive */
	struct link to;       /* id 0: there is no way */
	struct incident *inc; /* of the message; the caller's */
	char *address;        /* of the mail, or NULL */
	json_t *files;
	struct template_made made; /* text NULL: no template goes */
	bool english;
};

static void
way_release(struct way *w)
{
	fallback_row_release(&w->f);
	link_release(&w->from);
	link_release(&w->to);
	MEM_CLEAR(&w->address);
	json_decref(w->files);
	w->files = NULL;
	template_made_release(&w->made);
}

/* --- which way? ----------------------------------------------------------------- */

static enum outcome
no_way(const char *why, struct err *e)
{
	return err_code(e, OUT_PERM, "no_way", "it cannot go another way: %s",
			why);
}

/* May this delivery go another way at all? */
static enum outcome
may_go(const struct way *w, struct err *e)
{
	const char *why = NULL;

	if (w->f.message_id == 0)
		return err_code(e, OUT_PERM, "not_found",
				"no such delivery: %lld",
				(long long)w->q->delivery_id);
	if (!w->f.failed && !(w->f.unknown && w->q->agent_id != 0))
		why = "it did not fail";
	else if (w->f.has_one)
		why = "it has gone another way";
	else if (w->f.is_one)
		why = "it is itself another one's other way";
	else if (w->f.tied)
		why = "it says nothing by another channel";
	else if (w->inc->state == INCIDENT_SPAM ||
		 w->inc->state == INCIDENT_MERGED)
		why = "its incident is spam or merged";
	if (why != NULL)
		return err_code(e, OUT_PERM, "conflict", "%s", why);
	return OUT_OK;
}

/* The mailbox that the number names, and where mail reaches the customer. */
static enum outcome
way_mail(struct way *w, struct err *e)
{
	const char *name = member_str(w->from.settings, "mail");
	enum outcome o;

	if (name == NULL || *name == '\0')
		return no_way("the number names no mailbox", e);
	o = link_find(w->s, name, "mail", &w->to, e);
	if (o == OUT_PERM && strcmp(e->code, "not_found") == 0)
		return no_way("the mailbox of the number is not there", e);
	if (o == OUT_OK && (!w->to.active || !outgoing_sends(&w->to)))
		return no_way("the mailbox of the number does not send", e);
	if (o == OUT_OK)
		o = fallback_email(w->s, w->f.customer_id, &w->address, e);
	if (o == OUT_OK && w->address == NULL)
		return no_way("the customer has no mail address that works", e);
	return o;
}

static enum outcome
way_whatsapp(struct way *w, struct err *e)
{
	int64_t id = 0;
	enum outcome o = fallback_number(w->s, w->f.customer_id,
					 w->f.connection_id, &id, e);

	if (o == OUT_OK && id == 0)
		return no_way("the customer has no address on WhatsApp that "
			      "works",
			      e);
	return o == OUT_OK ? link_load(w->s, id, &w->to, e) : o;
}

static enum outcome
way_find(struct way *w, struct err *e)
{
	enum outcome o = fallback_row(w->s, w->q->delivery_id, &w->f, e);

	if (o == OUT_OK)
		o = may_go(w, e);
	if (o == OUT_OK)
		o = link_load(w->s, w->f.connection_id, &w->from, e);
	if (o != OUT_OK)
		return o;
	if (w->f.to_whatsapp)
		return way_whatsapp(w, e);
	if (strcmp(w->from.kind, "whatsapp") == 0)
		return way_mail(w, e);
	return no_way("its channel has none", e);
}

/* --- in which words? ------------------------------------------------------------- */

struct words {
	const char *subject; /* of the incident's number */
	const char *mail;    /* of the text */
	const char *message; /* the same, by WhatsApp */
};

static const struct words words_es = {
	.subject = "Nuestra respuesta a tu mensaje de WhatsApp (%s)",
	.mail = "No hemos podido entregarte esto por WhatsApp, así que te lo "
		"enviamos por correo:\n\n%s",
	.message = "No hemos podido entregarte esto por correo, así que te lo "
		   "enviamos por aquí:\n\n%s",
};
static const struct words words_en = {
	.subject = "Our answer to your message on WhatsApp (%s)",
	.mail = "We could not deliver this to you by WhatsApp, so we send it "
		"by mail:\n\n%s",
	.message = "We could not deliver this to you by mail, so we send it "
		   "here:\n\n%s",
};

/* That of the connection that it goes by, else of the one before, else of the
 * desk. */
static enum outcome
way_language(struct way *w, struct err *e)
{
	const char *language = member_str(w->to.settings, "language");
	json_t *desk = NULL;
	enum outcome o = deskrow_get(w->s, &desk, e);

	if (language == NULL || *language == '\0')
		language = member_str(w->from.settings, "language");
	if (language == NULL || *language == '\0')
		language = member_str(desk, "language");
	w->english = language != NULL && strcmp(language, "en") == 0;
	json_decref(desk);
	return o;
}

/* --- it goes ------------------------------------------------------------------------ */

/* Outside of the window a template alone goes; say which number it would be. */
static enum outcome
window_check(struct way *w, json_t **data_out, struct err *e)
{
	struct window win;
	enum outcome o = window_between(w->s, w->to.id, w->f.customer_id,
					w->q->now_ms, &win, e);

	if (o == OUT_OK)
		o = window_allows(&win, w->q->template != NULL, data_out, e);
	if (*data_out != NULL)
		(void)json_object_set_new(*data_out, "connection",
					  json_string(w->to.name));
	return o;
}

/* What a program wrote goes nowhere that the customer wants none of it. */
static enum outcome
consent_check(struct way *w, struct err *e)
{
	bool wanted = true;
	enum outcome o = OUT_OK;

	if (w->f.bot)
		o = consent_allows(w->s, w->f.customer_id,
				   w->f.to_whatsapp ? "whatsapp" : "email",
				   &wanted, e);
	if (o == OUT_OK && !wanted)
		return no_way("the customer wants nothing automatic there", e);
	return o;
}

static enum outcome
way_check(struct way *w, json_t **data_out, struct err *e)
{
	enum outcome o = consent_check(w, e);

	if (o == OUT_OK && w->f.to_whatsapp)
		o = window_check(w, data_out, e);
	else if (o == OUT_OK && w->q->template != NULL)
		o = err_code(e, OUT_PERM, "bad_params",
			     "'template': a mail needs none");
	if (o == OUT_OK)
		o = fallback_files(w->s, w->f.message_id, &w->files, e);
	if (o == OUT_OK && w->q->template != NULL)
		o = template_make(w->s, w->to.id, w->q->template,
				  json_array_size(w->files) > 0, &w->made, e);
	return o;
}

static enum outcome
write_message(struct way *w, int64_t now_ms, int64_t *message_out,
	      struct err *e)
{
	const struct words *words = w->english ? &words_en : &words_es;
	struct outgoing out = { .bot = w->f.bot,
				.agent_id = w->f.agent_id,
				.connection_id = w->to.id,
				.send_ms = w->q->now_ms,
				.attachments = w->files,
				.only_to = w->address };
	char ref[REF_MAX];
	char *subject = NULL;
	char *text = NULL;
	enum outcome o;

	if (w->made.text != NULL) {
		out.text = w->made.text;
		out.whats = w->made.whats;
	} else {
		text = mem_printf(w->f.to_whatsapp ? words->message
						   : words->mail,
				  w->f.text);
		out.text = text;
	}
	if (!w->f.to_whatsapp) {
		change_ref(w->inc->id, ref);
		subject = mem_printf(words->subject, ref);
		out.subject = subject;
	}
	o = outgoing_add(w->d, w->s, NULL, w->inc, &out, now_ms, message_out,
			 e);
	if (o == OUT_OK)
		o = fallback_put(w->s, *message_out, w->f.message_id, e);
	mem_free(subject);
	mem_free(text);
	return o;
}

/* A human's answer answers, whichever way it goes; then the customer is
 * waited for. */
static enum outcome
answers(struct way *w, int64_t message_id, int64_t now_ms, struct err *e)
{
	struct incident *inc = w->inc;
	enum incident_state before = inc->state;
	enum outcome o;

	if (w->f.bot)
		return OUT_OK;
	o = clocks_answered(w->d, w->s, inc, message_id, false, now_ms, e);
	if (o == OUT_OK)
		o = promise_judge(w->s, inc->id, now_ms / 1000, e);
	if (o == OUT_OK && inc->state == INCIDENT_OPEN)
		o = change_state(w->s, inc, INCIDENT_PENDING, w->q->agent_id,
				 now_ms, e);
	if (o == OUT_OK)
		o = clocks_state(w->d, w->s, inc, before, now_ms, e);
	if (o == OUT_OK)
		o = timed_since(w->d, w->s, inc, SINCE_ANSWER, now_ms, e);
	return o;
}

static enum outcome
write_event(struct way *w, int64_t message_id, int64_t now_ms, struct err *e)
{
	json_t *data = json_object();

	(void)json_object_set_new(data, "delivery",
				  json_integer(w->q->delivery_id));
	(void)json_object_set_new(data, "message",
				  json_integer(w->f.message_id));
	(void)json_object_set_new(data, "by", json_integer(message_id));
	(void)json_object_set_new(
		data, "channel",
		json_string(w->f.to_whatsapp ? "whatsapp" : "email"));
	return event_add(w->s, now_ms, "delivery.fallback", w->inc->id,
			 w->q->agent_id, data, e);
}

/* *inc is the message's; changed, not saved. */
static enum outcome
send_in(struct desk *d, struct store *s, const struct fallback_ask *q,
	struct incident *inc, int64_t *message_out, json_t **data_out,
	struct err *e)
{
	struct way w = { .d = d, .s = s, .q = q, .inc = inc };
	int64_t now = change_now(inc, q->now_ms);
	enum outcome o = way_find(&w, e);

	if (o == OUT_OK)
		o = way_check(&w, data_out, e);
	if (o == OUT_OK)
		o = way_language(&w, e);
	if (o == OUT_OK)
		o = write_message(&w, now, message_out, e);
	if (o == OUT_OK)
		o = answers(&w, *message_out, now, e);
	if (o == OUT_OK)
		o = write_event(&w, *message_out, now, e);
	way_release(&w);
	return o;
}

enum outcome
fallback_send(struct desk *d, struct store *s, const struct fallback_ask *q,
	      int64_t *message_out, int64_t *incident_out, json_t **data_out,
	      struct err *e)
{
	struct incident inc = { .id = 0 };
	struct delivery dl = { .id = 0 };
	enum outcome o = delivery_load(s, q->delivery_id, NULL, &dl, e);

	*message_out = 0;
	*data_out = NULL;
	if (o == OUT_OK)
		o = incident_load(s, dl.incident_id, &inc, e);
	if (o == OUT_OK)
		o = send_in(d, s, q, &inc, message_out, data_out, e);
	if (o == OUT_OK)
		o = incident_save(s, &inc, e);
	*incident_out = inc.id;
	incident_release(&inc);
	delivery_release(&dl);
	return o;
}

/* --- by itself ------------------------------------------------------------------ */

/* Does the number that is one of the two ways say so? */
static enum outcome
is_sent(struct desk *d, struct store *s, const struct fallback_ask *q,
	struct incident *inc, bool *out, struct err *e)
{
	struct way w = { .d = d, .s = s, .q = q, .inc = inc };
	const char *how = NULL;
	enum outcome o = way_find(&w, e);

	if (o == OUT_OK)
		how = member_str(w.f.to_whatsapp ? w.to.settings
						 : w.from.settings,
				 "fallback");
	*out = how != NULL && strcmp(how, "send") == 0;
	way_release(&w);
	return o == OUT_PERM ? OUT_OK : o;
}

/* What speaks against it costs the sending alone. */
static enum outcome
send_alone(struct desk *d, struct store *s, const struct fallback_ask *q,
	   struct incident *inc, int64_t *message_out, struct err *e)
{
	struct store_inner in;
	struct err why;
	json_t *data = NULL;
	enum outcome o = store_inner(s, &in, e);

	if (o != OUT_OK)
		return o;
	o = send_in(d, s, q, inc, message_out, &data, e);
	json_decref(data);
	if (o == OUT_OK)
		o = incident_save(s, inc, e);
	if (o == OUT_OK)
		return store_inner_keep(s, e);
	if (o != OUT_PERM || strcmp(e->code, "damaged") == 0)
		return o;
	why = *e;
	*message_out = 0;
	o = store_inner_drop(s, &in, e);
	if (o == OUT_OK)
		log_info("fallback.left", "delivery %lld: %s",
			 (long long)q->delivery_id, why.text);
	return o;
}

enum outcome
fallback_failed(struct desk *d, struct store *s, const struct delivery *dl,
		int64_t now_ms, struct err *e)
{
	struct fallback_ask q = { .delivery_id = dl->id, .now_ms = now_ms };
	struct incident inc = { .id = 0 };
	int64_t message = 0;
	bool send = false;
	enum outcome o = incident_load(s, dl->incident_id, &inc, e);

	if (o == OUT_OK)
		o = is_sent(d, s, &q, &inc, &send, e);
	if (o == OUT_OK && send)
		o = send_alone(d, s, &q, &inc, &message, e);
	incident_release(&inc);
	return o == OUT_OK ? decide_undelivered(d, s, dl->incident_id, dl->id,
						now_ms, e)
			   : o;
}

enum outcome
fallback_rule(struct decision *dc, struct incident *inc, int64_t *message_out,
	      const char **why_out, struct err *e)
{
	struct fallback_ask q = { .delivery_id = dc->delivery_id,
				  .now_ms = dc->now_ms };
	json_t *data = NULL;
	enum outcome o;

	*message_out = 0;
	*why_out = "unknown";
	if (dc->delivery_id == 0)
		return OUT_OK;
	*why_out = NULL;
	o = send_in(dc->d, dc->s, &q, inc, message_out, &data, e);
	json_decref(data);
	if (o != OUT_PERM || strcmp(e->code, "damaged") == 0)
		return o;
	*why_out = strcmp(e->code, "window_closed") == 0 ? "window"
		   : strcmp(e->code, "conflict") == 0    ? "second"
							 : "no_way";
	return OUT_OK;
}
