#include "daemon/onward.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/outgoing.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/incident.h"
#include "daemon/store/visitor.h"

#define ONWARD_TICK_MAX 16
#define ONWARD_LEAVE_MAX 64 /* mails of one incident that is left */

/* What a mail says around the lines. */
struct words {
	const char *subject; /* of the desk */
	const char *hello;
	const char *hello_name;
	const char *before; /* of the desk */
	const char *after;
	const char *line; /* who, what */
};

static const struct words words_es = {
	.subject = "Tu chat con %s",
	.hello = "Hola:\n\n",
	.hello_name = "Hola, %s:\n\n",
	.before = "Te hemos respondido en el chat de %s, pero ya no "
		  "estabas. Esto es lo que te hemos escrito:\n\n",
	.after = "Puedes responder a este correo y seguimos por aquí.\n",
	.line = "%s:\n%s\n\n",
};
static const struct words words_en = {
	.subject = "Your chat with %s",
	.hello = "Hello,\n\n",
	.hello_name = "Hello %s,\n\n",
	.before = "We answered you in the chat of %s, but you had left. "
		  "This is what we wrote:\n\n",
	.after = "You can reply to this mail and we will go on from here.\n",
	.line = "%s:\n%s\n\n",
};

/* --- by which connection ------------------------------------------------------- */

/* The site's mailbox; 0: it has none that sends. */
static enum outcome
site_mailbox(struct store *s, int64_t site_id, int64_t *id_out, struct err *e)
{
	struct link site = { .id = 0 };
	struct link mail = { .id = 0 };
	const char *name;
	enum outcome o;

	*id_out = 0;
	if (site_id == 0)
		return OUT_OK;
	o = link_load(s, site_id, &site, e);
	name = o == OUT_OK ? member_str(site.settings, "mail") : NULL;
	if (name != NULL) {
		o = link_find(s, name, "mail", &mail, e);
		if (o == OUT_PERM && strcmp(e->code, "not_found") == 0)
			o = OUT_OK;
		else if (o == OUT_OK && mail.active && outgoing_sends(&mail))
			*id_out = mail.id;
	}
	link_release(&mail);
	link_release(&site);
	return o;
}

enum outcome
onward_connection(struct store *s, const struct incident *inc, int64_t *id_out,
		  struct err *e)
{
	struct visitor_origin from;
	struct visitor v;
	bool there;
	enum outcome o;

	*id_out = 0;
	o = visitor_origin(s, inc->id, inc->customer_id, &from, e);
	if (o == OUT_OK && from.mail)
		*id_out = from.connection_id;
	if (o != OUT_OK || *id_out != 0 || !from.address)
		return o;
	o = visitor_of(s, inc->id, &v, e);
	there = v.id != 0;
	visitor_release(&v);
	if (o != OUT_OK || there)
		return o;
	return site_mailbox(s, inc->connection_id, id_out, e);
}

enum outcome
onward_answered(struct store *s, const struct incident *inc, int64_t now_ms,
		struct err *e)
{
	int64_t due = now_ms + ONWARD_WAIT_MS;
	int64_t mailbox = 0;
	struct visitor v;
	enum outcome o = visitor_of(s, inc->id, &v, e);

	if (o == OUT_OK && v.id != 0 && v.email != NULL && v.mail_due_ms == 0)
		o = site_mailbox(s, inc->connection_id, &mailbox, e);
	if (o == OUT_OK && mailbox != 0) {
		if (v.mailed_ms != 0 && v.mailed_ms + ONWARD_GAP_MS > due)
			due = v.mailed_ms + ONWARD_GAP_MS;
		o = visitor_mail_due(s, v.id, due, e);
	}
	visitor_release(&v);
	return o;
}

/* --- the mail ------------------------------------------------------------------- */

/* A mail being made of lines. */
struct onward {
	const struct words *w;
	const char *desk;
	struct buf text;
	int64_t above; /* lines up to here need not go */
	int64_t upto;  /* the last line in it; 0: none */
	int64_t agent_id;
	bool cut; /* there is more than fits */
};

static bool
add_line(void *arg, const struct visitor_answer *a)
{
	struct onward *m = arg;
	const char *who = *a->agent != '\0' ? a->agent : m->desk;

	m->cut = m->upto != 0 &&
		 m->text.len + strlen(a->text) + strlen(who) + 16 >
			 ONWARD_TEXT_MAX;
	if (m->cut)
		return false;
	(void)buf_printf(&m->text, m->w->line, who, a->text);
	m->upto = a->number;
	m->agent_id = a->agent_id;
	return true;
}

static enum outcome
compose(struct onward *m, struct store *s, const struct visitor *v,
	struct err *e)
{
	enum outcome o;

	m->above = v->got_number > v->mailed_number ? v->got_number
						    : v->mailed_number;
	if (*v->name != '\0')
		(void)buf_printf(&m->text, m->w->hello_name, v->name);
	else
		(void)buf_printf(&m->text, "%s", m->w->hello);
	(void)buf_printf(&m->text, m->w->before, m->desk);
	o = visitor_answers(s, v->incident_id, m->above, add_line, m, e);
	(void)buf_printf(&m->text, "%s", m->w->after);
	return o;
}

static enum outcome
send(struct desk *d, struct store *s, const struct visitor *v,
     struct incident *inc, const struct onward *m, int64_t mailbox,
     int64_t now_ms, struct err *e)
{
	char *subject = mem_printf(m->w->subject, m->desk);
	char *text = mem_strndup(m->text.data, m->text.len);
	struct outgoing out = { .bot = true,
				.send_ms = now_ms,
				.agent_id = m->agent_id,
				.connection_id = mailbox,
				.only_to = v->email,
				.name = v->name,
				.subject = subject,
				.text = text };
	int64_t now = change_now(inc, now_ms);
	int64_t message = 0;
	enum outcome o;

	o = outgoing_add(d, s, NULL, inc, &out, now, &message, e);
	if (o == OUT_OK)
		o = visitor_answer_files(s, message, inc->id, m->above, m->upto,
					 e);
	if (o == OUT_OK)
		o = incident_save(s, inc, e);
	if (o == OUT_OK)
		o = visitor_mailed(s, v->id, m->upto, now_ms, e);
	if (o == OUT_OK && m->cut)
		o = visitor_mail_due(s, v->id, now_ms + ONWARD_GAP_MS, e);
	mem_free(text);
	mem_free(subject);
	return o;
}

/* In which words: the visitor's, else the site's, else the desk's. */
static enum outcome
words_of(struct store *s, const struct visitor *v, const json_t *desk,
	 const struct words **out, struct err *e)
{
	struct link site = { .id = 0 };
	const char *language = v->language;
	enum outcome o = link_load(s, v->connection_id, &site, e);

	if (o == OUT_OK && *language == '\0')
		language = member_str(site.settings, "language");
	if (language == NULL || *language == '\0')
		language = member_str(desk, "language");
	*out = language != NULL && strcmp(language, "en") == 0 ? &words_en
							       : &words_es;
	link_release(&site);
	return o;
}

/* What a visitor was not shown, if it may still go. */
static enum outcome
mail(struct desk *d, struct store *s, const struct visitor *v,
     struct incident *inc, int64_t now_ms, struct err *e)
{
	struct onward m = { .upto = 0 };
	json_t *desk = NULL;
	int64_t mailbox = 0;
	enum outcome o = site_mailbox(s, v->connection_id, &mailbox, e);

	buf_init(&m.text, ONWARD_TEXT_MAX * 8);
	if (o == OUT_OK)
		o = deskrow_get(s, &desk, e);
	if (o == OUT_OK)
		o = words_of(s, v, desk, &m.w, e);
	if (o == OUT_OK) {
		m.desk = member_str(desk, "name");
		o = compose(&m, s, v, e);
	}
	if (o == OUT_OK && mailbox != 0 && m.upto != 0 &&
	    inc->state != INCIDENT_SPAM && inc->state != INCIDENT_MERGED)
		o = send(d, s, v, inc, &m, mailbox, now_ms, e);
	else if (o == OUT_OK)
		o = visitor_mail_due(s, v->id, 0, e);
	buf_release(&m.text);
	json_decref(desk);
	return o;
}

/* The next mail of a visitor, of the incident that they have now. */
static enum outcome
mail_of(struct desk *d, struct store *s, int64_t visitor_id, int64_t now_ms,
	bool *more_out, struct err *e)
{
	struct incident inc = { .id = 0 };
	struct visitor v;
	enum outcome o = visitor_load(s, visitor_id, &v, e);

	*more_out = o == OUT_OK && v.mail_due_ms != 0;
	if (*more_out)
		o = incident_load(s, v.incident_id, &inc, e);
	if (*more_out && o == OUT_OK)
		o = mail(d, s, &v, &inc, now_ms, e);
	incident_release(&inc);
	visitor_release(&v);
	return o;
}

enum outcome
onward_leave(struct desk *d, struct store *s, int64_t visitor_id,
	     int64_t now_ms, struct err *e)
{
	bool more = true;
	enum outcome o = OUT_OK;
	int i;

	for (i = 0; o == OUT_OK && more && i < ONWARD_LEAVE_MAX; i++)
		o = mail_of(d, s, visitor_id, now_ms, &more, e);
	return o;
}

enum outcome
onward_tick(struct desk *d, struct store *s, int64_t now_ms, int max,
	    int *n_out, struct err *e)
{
	int64_t ids[ONWARD_TICK_MAX];
	bool more;
	int n = 0;
	int i;
	enum outcome o;

	o = visitor_mails(s, now_ms,
			  max < ONWARD_TICK_MAX ? max : ONWARD_TICK_MAX, ids,
			  &n, e);
	for (i = 0; o == OUT_OK && i < n; i++)
		o = mail_of(d, s, ids[i], now_ms, &more, e);
	*n_out = o == OUT_OK ? n : 0;
	return o;
}
