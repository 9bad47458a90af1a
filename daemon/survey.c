#include "daemon/survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/outgoing.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/outmail.h"
#include "daemon/store/survey.h"
#include "daemon/store/visitor.h"
#include "daemon/window.h"

#define SCORE_MAX 5
#define TAP "rate:" /* of the ids of rows: rate:INCIDENT:SCORE */

/* --- asking ------------------------------------------------------------------- */

struct words {
	const char *text; /* of the incident's number */
	const char *open; /* opens the list; at most 20 characters */
	const char *scores[SCORE_MAX]; /* from 1 up; at most 24 characters */
};

static const struct words words_es = {
	.text = "Hemos dado por resuelta tu consulta %s. ¿Qué te ha parecido "
		"nuestra atención?",
	.open = "Valorar",
	.scores = { "1 · Muy mal", "2 · Mal", "3 · Regular", "4 · Bien",
		    "5 · Muy bien" },
};
static const struct words words_en = {
	.text = "We have closed your question %s as solved. How did we do?",
	.open = "Rate us",
	.scores = { "1 · Very bad", "2 · Bad", "3 · So-so", "4 · Good",
		    "5 · Very good" },
};

/* The five, best first. New. */
static json_t *
survey_list(const struct words *w, int64_t incident_id)
{
	json_t *rows = json_array();
	int score;

	for (score = SCORE_MAX; score >= 1; score--) {
		char *id = mem_printf(TAP "%lld:%d", (long long)incident_id,
				      score);

		(void)json_array_append_new(
			rows, json_pack("{s:s, s:s}", "id", id, "title",
					w->scores[score - 1]));
		mem_free(id);
	}
	return json_pack("{s:{s:s, s:o}}", "list", "button", w->open, "rows",
			 rows);
}

/* The customer's language, else the number's, else the desk's. */
static enum outcome
survey_words(struct store *s, const struct incident *inc, const struct link *l,
	     const struct words **out, struct err *e)
{
	const char *language = member_str(l->settings, "language");
	struct outmail_languages known;
	enum outcome o = outmail_languages(s, inc->customer_id, &known, e);

	if (o != OUT_OK)
		return o;
	if (*known.customer != '\0')
		language = known.customer;
	else if (language == NULL)
		language = known.desk;
	*out = strcmp(language, "en") == 0 ? &words_en : &words_es;
	return OUT_OK;
}

/* What may not go is left: nobody waits for it. */
static enum outcome
survey_send(struct desk *d, struct store *s, struct incident *inc,
	    const struct link *l, int64_t now_ms, struct err *e)
{
	struct outgoing out = { .bot = true, .send_ms = now_ms };
	const struct words *w = NULL;
	char ref[REF_MAX];
	json_t *list;
	char *text;
	int64_t message = 0;
	enum outcome o = survey_words(s, inc, l, &w, e);

	if (o != OUT_OK)
		return o;
	change_ref(inc->id, ref);
	list = survey_list(w, inc->id);
	text = mem_printf(w->text, ref);
	out.text = text;
	out.interactive = list;
	o = outgoing_add(d, s, NULL, inc, &out, change_now(inc, now_ms),
			 &message, e);
	mem_free(text);
	json_decref(list);
	/* found before anything is written */
	if (o == OUT_PERM && (strcmp(e->code, "bad_params") == 0 ||
			      strcmp(e->code, "window_closed") == 0))
		return OUT_OK;
	return o == OUT_OK ? survey_add(s, inc->id, message, now_ms, e) : o;
}

enum outcome
survey_solved(struct desk *d, struct store *s, struct incident *inc,
	      int64_t now_ms, struct err *e)
{
	struct link l = { .id = 0 };
	struct survey before;
	struct window w;
	bool asked = false;
	enum outcome o;

	if (strcmp(inc->channel, "whatsapp") != 0 || inc->connection_id == 0)
		return OUT_OK;
	o = link_load(s, inc->connection_id, &l, e);
	if (o == OUT_OK && member_bool(l.settings, "survey", false)) {
		o = survey_load(s, inc->id, &before, &asked, e);
		if (o == OUT_OK)
			o = window_of(s, inc, now_ms, &w, e);
		if (o == OUT_OK && !asked && w.can == CAN_REPLY_FREE &&
		    !w.opted_out)
			o = survey_send(d, s, inc, &l, now_ms, e);
	}
	link_release(&l);
	return o;
}

/* --- what they tapped ------------------------------------------------------------ */

bool
survey_tap(const json_t *card, int64_t *incident_out, int *score_out)
{
	const char *id = member_str(json_object_get(card, "interactive"), "id");
	char *end;
	long long incident;

	if (id == NULL || strncmp(id, TAP, strlen(TAP)) != 0)
		return false;
	id += strlen(TAP);
	if (*id < '1' || *id > '9')
		return false;
	errno = 0;
	incident = strtoll(id, &end, 10);
	if (errno != 0 || end[0] != ':' || end[1] < '1' ||
	    end[1] > '0' + SCORE_MAX || end[2] != '\0')
		return false;
	*incident_out = incident;
	*score_out = end[1] - '0';
	return true;
}

enum outcome
survey_asked(struct store *s, const json_t *card, int64_t customer_id,
	     int64_t *incident_out, struct err *e)
{
	struct survey v;
	int64_t incident = 0;
	bool found = false;
	int score;
	enum outcome o;

	*incident_out = 0;
	if (!survey_tap(card, &incident, &score))
		return OUT_OK;
	o = survey_load(s, incident, &v, &found, e);
	if (o == OUT_OK && found && v.customer_id == customer_id)
		*incident_out = incident;
	return o;
}

static enum outcome
survey_rate(struct store *s, const struct incident *inc, int score,
	    int64_t now_ms, struct err *e)
{
	struct rating r;
	json_t *data;
	enum outcome o = rating_load(s, inc->id, &r, e);

	if (o != OUT_OK || r.score != 0)
		return o;
	r.incident_id = inc->id;
	r.score = score;
	r.agent_id = inc->assignee_id;
	r.at_ms = change_now(inc, now_ms);
	o = rating_put(s, &r, e);
	if (o != OUT_OK)
		return o;
	data = json_object();
	(void)json_object_set_new(data, "score", json_integer(score));
	(void)json_object_set_new(data, "message", json_null());
	return event_add(s, r.at_ms, "rating.added", inc->id, 0, data, e);
}

enum outcome
survey_answered(struct store *s, const json_t *card, const struct incident *inc,
		int64_t now_ms, struct err *e)
{
	struct survey v;
	int64_t incident = 0;
	bool found = false;
	int score = 0;
	enum outcome o;

	if (!survey_tap(card, &incident, &score))
		return OUT_OK;
	o = survey_load(s, incident, &v, &found, e);
	if (o != OUT_OK || !found || v.answered_ms != 0)
		return o;
	o = survey_end(s, incident, now_ms, e);
	return o == OUT_OK ? survey_rate(s, inc, score, now_ms, e) : o;
}
