#include "daemon/notice.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/mailjob.h"
#include "daemon/settings.h"
#include "daemon/store/agent.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/incident.h"
#include "daemon/store/ruled.h"
#include "rules/book.h"
#include "rules/calendar.h"
#include "rules/deadline.h"

#define NOTICE_BYTES_MAX (32 * 1024)
#define WHEN_MAX 120

enum language {
	SPANISH,
	ENGLISH,
	LANGUAGES
};

/* What a mail says, in each language. */
enum word {
	SOON,
	INCIDENT_IS,
	QUEUE_IS,
	CLOCK_IS,
	DUE_IS,
	DUE_AT,
	NOTICE_OF,
	OPEN_IT,
	WORDS
};

static const char *const codes[LANGUAGES] = { "es", "en" };

static const char *const words[WORDS][LANGUAGES] = {
	[SOON] = { "Un plazo vence pronto.", "A promise is due soon." },
	[INCIDENT_IS] = { "Incidencia", "Incident" },
	[QUEUE_IS] = { "Cola", "Queue" },
	[CLOCK_IS] = { "Plazo", "Promise" },
	[DUE_IS] = { "Vence", "Due" },
	[DUE_AT] = { "vence el", "is due" },
	[NOTICE_OF] = { "aviso de", "notice of" },
	[OPEN_IT] = { "Abrir la incidencia", "Open the incident" },
};

static const struct {
	const char *clock;
	const char *name[LANGUAGES];
} clocks[] = {
	{ "first_response", { "primera respuesta", "first response" } },
	{ "next_response", { "siguiente respuesta", "next response" } },
	{ "resolution", { "resolución", "resolution" } },
	{ "proactive", { "contacto proactivo", "proactive contact" } },
	{ "claim", { "reclamación", "claim" } },
};

static const char *
clock_words(const char *clock, enum language l)
{
	size_t i;

	for (i = 0; i < sizeof clocks / sizeof clocks[0]; i++)
		if (strcmp(clocks[i].clock, clock) == 0)
			return clocks[i].name[l];
	return clock;
}

/* "23/11/2026, 16:30 (Europe/Madrid)", "2026-11-23 16:30 (UTC)" */
static void
when_words(const struct notice_warning *w, enum language l, char out[WHEN_MAX])
{
	const char *zone =
		w->calendar != NULL ? calendar_zone(w->calendar) : "UTC";
	int64_t local = w->due_s;
	int64_t until;
	int64_t year;
	int of_day;
	int month;
	int day;

	if (w->calendar != NULL)
		local += calendar_offset(w->calendar, w->due_s, &until);
	of_day = (int)(((local % DAY_S) + DAY_S) % DAY_S);
	clock_date((local - of_day) / DAY_S, &year, &month, &day);
	if (l == SPANISH)
		(void)snprintf(out, WHEN_MAX,
			       "%02d/%02d/%04lld, %02d:%02d (%.60s)", day,
			       month, (long long)year, of_day / 3600,
			       of_day / 60 % 60, zone);
	else
		(void)snprintf(out, WHEN_MAX,
			       "%04lld-%02d-%02d %02d:%02d (%.60s)",
			       (long long)year, month, day, of_day / 3600,
			       of_day / 60 % 60, zone);
}

/* --- whom ------------------------------------------------------------------- */

/* The members of its team, else of its queue's, who are there. */
static enum outcome
team_agents(const struct book *b, struct store *s, const struct incident *inc,
	    json_t *agents, struct err *e)
{
	const struct book_queue *q = book_queue(b, inc->queue);
	const char *name = inc->team[0] != '\0' ? inc->team
			   : q != NULL          ? q->team
						: NULL;
	const struct book_team *t = name != NULL ? book_team(b, name) : NULL;
	enum outcome o = OUT_OK;
	size_t i;

	for (i = 0; o == OUT_OK && t != NULL && i < t->member_count &&
		    i < MAILJOB_AGENTS_MAX;
	     i++) {
		int64_t id = 0;

		o = ruled_agent(s, t->members[i], &id, e);
		if (o == OUT_OK && id != 0)
			(void)json_array_append_new(agents, json_integer(id));
	}
	return o;
}

enum outcome
notice_for(struct desk *d, struct store *s, const struct incident *inc,
	   json_t *agents, struct err *e)
{
	struct book *b;
	enum outcome o;

	if (inc->assignee_id != 0) {
		(void)json_array_append_new(agents,
					    json_integer(inc->assignee_id));
		return OUT_OK;
	}
	b = desk_book(d, NULL);
	o = team_agents(b, s, inc, agents, e);
	book_unref(&b);
	return o;
}

/* Those who ask for mail, by their language. to: new lists. */
static enum outcome
who_asks(struct store *s, const json_t *agents, json_t *to[LANGUAGES],
	 struct err *e)
{
	json_t *desk = NULL;
	const char *own;
	enum outcome o = deskrow_get(s, &desk, e);
	json_t *v;
	size_t i;

	own = o == OUT_OK ? member_str(desk, "language") : NULL;
	json_array_foreach(agents, i, v)
	{
		char language[AGENT_LANGUAGE_MAX];
		bool asks = false;
		const char *in = language;

		if (o == OUT_OK)
			o = agent_asks_mail(s, json_integer_value(v), &asks,
					    language, e);
		if (o != OUT_OK || !asks)
			continue;
		if (language[0] == '\0' && own != NULL)
			in = own;
		(void)json_array_append(
			to[strcmp(in, codes[ENGLISH]) == 0 ? ENGLISH : SPANISH],
			v);
	}
	json_decref(desk);
	return o;
}

/* --- what ------------------------------------------------------------------- */

/* One mail, as its maker writes it in a language. */
struct notice {
	struct desk *d;
	const struct incident *inc;
	char ref[REF_MAX];
	const struct notice_warning *warning; /* or NULL: said */
	const char *rule;
	const char *text;
};

static void
line(struct buf *b, enum word w, enum language l, const char *value)
{
	(void)buf_printf(b, "%s: %s\n", words[w][l], value);
}

static void
write_words(const struct notice *n, enum language l, struct buf *subject,
	    struct buf *text)
{
	char when[WHEN_MAX];

	if (n->warning != NULL)
		(void)buf_printf(text, "%s\n\n", words[SOON][l]);
	line(text, INCIDENT_IS, l, n->ref);
	line(text, QUEUE_IS, l, n->inc->queue);
	if (n->warning != NULL) {
		const char *clock = clock_words(n->warning->clock, l);

		when_words(n->warning, l, when);
		line(text, CLOCK_IS, l, clock);
		line(text, DUE_IS, l, when);
		(void)buf_printf(subject, "%s: %s, %s %s", n->ref, clock,
				 words[DUE_AT][l], when);
	} else {
		(void)buf_printf(text, "\n%s\n", n->text);
		(void)buf_printf(subject, "%s: %s %s", n->ref,
				 words[NOTICE_OF][l], n->rule);
	}
}

/* Where it is, if the console has an address that others can open. */
static void
write_link(const struct notice *n, enum language l, struct buf *text)
{
	const char *url = n->d->settings != NULL
				  ? n->d->settings->face[FACE_CONSOLE].url
				  : "";

	if (url[0] != '\0')
		(void)buf_printf(text, "\n%s: %s/?incident=%lld\n",
				 words[OPEN_IT][l], url, (long long)n->inc->id);
}

static enum outcome
send_one(const struct notice *n, struct store *s, enum language l,
	 const json_t *to, int64_t now_ms, struct err *e)
{
	struct mailjob m = { .agents = to };
	struct buf subject;
	struct buf text;
	enum outcome o;

	buf_init(&subject, NOTICE_BYTES_MAX);
	buf_init(&text, NOTICE_BYTES_MAX);
	write_words(n, l, &subject, &text);
	write_link(n, l, &text);
	m.subject = buf_str(&subject);
	m.text = buf_str(&text);
	o = mailjob_add(n->d, s, &m, now_ms, NULL, e);
	buf_release(&subject);
	buf_release(&text);
	return o;
}

static enum outcome
send_all(const struct notice *n, struct store *s, const json_t *agents,
	 int64_t now_ms, struct err *e)
{
	json_t *to[LANGUAGES] = { json_array(), json_array() };
	enum outcome o = who_asks(s, agents, to, e);
	int l;

	for (l = 0; l < LANGUAGES; l++) {
		if (o == OUT_OK && json_array_size(to[l]) > 0)
			o = send_one(n, s, (enum language)l, to[l], now_ms, e);
		json_decref(to[l]);
	}
	return o;
}

enum outcome
notice_warning(struct desk *d, struct store *s, const struct incident *inc,
	       const json_t *agents, const struct notice_warning *w,
	       int64_t now_ms, struct err *e)
{
	struct notice n = { .d = d, .inc = inc, .warning = w };

	change_ref(inc->id, n.ref);
	return send_all(&n, s, agents, now_ms, e);
}

enum outcome
notice_said(struct desk *d, struct store *s, const struct incident *inc,
	    const json_t *agents, const char *rule, const char *text,
	    int64_t now_ms, struct err *e)
{
	struct notice n = { .d = d, .inc = inc, .rule = rule, .text = text };

	change_ref(inc->id, n.ref);
	return send_all(&n, s, agents, now_ms, e);
}
