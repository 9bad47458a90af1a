#include "daemon/consent.h"

#include <jansson.h>
#include <string.h>

#include "daemon/automatic.h"
#include "daemon/base/utf8.h"
#include "daemon/change.h"
#include "daemon/contact.h"
#include "daemon/desk.h"
#include "daemon/outgoing.h"
#include "daemon/store/connection.h"
#include "daemon/store/consent.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/event.h"
#include "daemon/window.h"
#include "rules/fold.h"

/* --- words ------------------------------------------------------------------- */

#define WORDS_MAX 48 /* octets of a message that may be one, folded, with NUL */
#define TEXT_MAX 400 /* octets of one before */

struct said {
	const char *text; /* folded: lower case, no marks, single spaces */
	const char *language;
	enum consent_word word;
};

/* Whole messages. "Cancelar" alone is no such word: it may be an order. */
static const struct said sayings[] = {
	{ "stop", NULL, CONSENT_OUT },
	{ "stop all", "en", CONSENT_OUT },
	{ "stopall", "en", CONSENT_OUT },
	{ "please stop", "en", CONSENT_OUT },
	{ "unsubscribe", "en", CONSENT_OUT },
	{ "unsubscribe me", "en", CONSENT_OUT },
	{ "opt out", "en", CONSENT_OUT },
	{ "optout", "en", CONSENT_OUT },
	{ "cancel subscription", "en", CONSENT_OUT },
	{ "cancel my subscription", "en", CONSENT_OUT },
	{ "no more messages", "en", CONSENT_OUT },
	{ "stop promotions", "en", CONSENT_OUT },
	{ "baja", "es", CONSENT_OUT },
	{ "baja por favor", "es", CONSENT_OUT },
	{ "dar de baja", "es", CONSENT_OUT },
	{ "darme de baja", "es", CONSENT_OUT },
	{ "dame de baja", "es", CONSENT_OUT },
	{ "deme de baja", "es", CONSENT_OUT },
	{ "quiero darme de baja", "es", CONSENT_OUT },
	{ "cancelar suscripcion", "es", CONSENT_OUT },
	{ "cancelar la suscripcion", "es", CONSENT_OUT },
	{ "cancelar mi suscripcion", "es", CONSENT_OUT },
	{ "anular suscripcion", "es", CONSENT_OUT },
	{ "no mas mensajes", "es", CONSENT_OUT },
	{ "no quiero mas mensajes", "es", CONSENT_OUT },
	{ "no quiero recibir mas mensajes", "es", CONSENT_OUT },
	{ "detener promociones", "es", CONSENT_OUT },
	{ "start", NULL, CONSENT_IN },
	{ "unstop", "en", CONSENT_IN },
	{ "subscribe", "en", CONSENT_IN },
	{ "opt in", "en", CONSENT_IN },
	{ "optin", "en", CONSENT_IN },
	{ "alta", "es", CONSENT_IN },
	{ "alta por favor", "es", CONSENT_IN },
	{ "darme de alta", "es", CONSENT_IN },
	{ "dame de alta", "es", CONSENT_IN },
	{ "deme de alta", "es", CONSENT_IN },
	{ "quiero darme de alta", "es", CONSENT_IN },
	{ "suscribir", "es", CONSENT_IN },
	{ "suscribirme", "es", CONSENT_IN },
};

/* What stands between words or after them: spaces, punctuation, pictures. */
static bool
is_gap(uint32_t cp)
{
	if (cp < 0x80)
		return true; /* letters and digits were asked for before */
	return (cp >= 0xA0 && cp <= 0xBF) || (cp >= 0x2000 && cp <= 0x2BFF) ||
	       (cp >= 0x3000 && cp <= 0x303F) ||
	       (cp >= 0xFE00 && cp <= 0xFE0F) ||
	       (cp >= 0x1F000 && cp <= 0x1FAFF) || cp == 0xFEFF;
}

/* Lower case, without marks, one space for whatever stands between words.
 * false: it is too long, or has letters of other alphabets. */
static bool
squeeze(const char *text, char out[WORDS_MAX])
{
	size_t left = strlen(text);
	size_t n = 0;
	bool gap = false;

	if (left > TEXT_MAX)
		return false;
	while (left > 0) {
		uint32_t cp = 0;
		size_t len = utf8_next(text, left, &cp);

		if (len == 0)
			return false;
		text += len;
		left -= len;
		cp = fold_char(cp);
		if (cp >= 'A' && cp <= 'Z')
			cp += 'a' - 'A';
		if ((cp >= 'a' && cp <= 'z') || (cp >= '0' && cp <= '9')) {
			if (n + 2 >= WORDS_MAX)
				return false;
			if (gap && n > 0)
				out[n++] = ' ';
			out[n++] = (char)cp;
			gap = false;
		} else if (cp != 0 && !is_gap(cp)) {
			return false;
		} else if (cp != 0) {
			gap = true;
		}
	}
	out[n] = '\0';
	return n > 0;
}

enum consent_word
consent_word(const char *text, const char **language_out)
{
	char squeezed[WORDS_MAX];
	size_t i;

	*language_out = NULL;
	if (text == NULL || !squeeze(text, squeezed))
		return CONSENT_NONE;
	for (i = 0; i < sizeof sayings / sizeof sayings[0]; i++)
		if (strcmp(squeezed, sayings[i].text) == 0) {
			*language_out = sayings[i].language;
			return sayings[i].word;
		}
	return CONSENT_NONE;
}

/* --- what was said -------------------------------------------------------------- */

enum outcome
consent_allows(struct store *s, int64_t customer_id, const char *channel,
	       bool *out, struct err *e)
{
	bool is_out = false;
	enum outcome o = consent_is_out(s, customer_id, channel, &is_out, e);

	*out = !is_out;
	return o;
}

static enum outcome
write_event(struct store *s, int64_t identity_id, const struct consent_row *row,
	    const char *value, const char *how, int64_t incident_id,
	    int64_t agent_id, int64_t now_ms, struct err *e)
{
	json_t *data = json_object();

	(void)json_object_set_new(data, "identity", json_integer(identity_id));
	(void)json_object_set_new(data, "customer",
				  json_integer(row->customer_id));
	(void)json_object_set_new(data, "consent", json_string(value));
	(void)json_object_set_new(data, "how", json_string(how));
	return event_add(s, now_ms, "consent.changed", incident_id, agent_id,
			 data, e);
}

enum outcome
consent_set(struct store *s, int64_t identity_id, const char *value,
	    const char *how, int64_t incident_id, int64_t agent_id,
	    int64_t now_ms, bool *changed_out, struct err *e)
{
	struct consent_row row;
	bool same = false;
	enum outcome o = consent_row(s, identity_id, &row, e);

	if (changed_out != NULL)
		*changed_out = false;
	if (o == OUT_OK && row.customer_id == 0)
		return err_code(e, OUT_PERM, "not_found",
				"no such address: %lld",
				(long long)identity_id);
	if (o == OUT_OK)
		o = consent_is(s, identity_id, value, &same, e);
	if (o != OUT_OK || same)
		return o;
	o = consent_put(s, identity_id, value, how, now_ms, e);
	if (changed_out != NULL)
		*changed_out = o == OUT_OK;
	return o == OUT_OK ? write_event(s, identity_id, &row, value, how,
					 incident_id, agent_id, now_ms, e)
			   : o;
}

/* --- a contact says it -------------------------------------------------------------- */

struct words {
	const char *out;
	const char *in;
};

static const struct words words_es = {
	.out = "Hecho: no te enviaremos más mensajes automáticos por "
	       "WhatsApp. Si nos escribes, te responderá una persona.\n\n"
	       "Si más adelante quieres volver a recibirlos, escribe ALTA.",
	.in = "Hecho: volverás a recibir nuestros mensajes por WhatsApp.\n\n"
	      "Si quieres dejar de recibirlos, escribe BAJA.",
};
static const struct words words_en = {
	.out = "Done: we will send you no more automatic messages by "
	       "WhatsApp. If you write to us, a person will answer you.\n\n"
	       "If you want to get them again, write START.",
	.in = "Done: you will get our messages by WhatsApp again.\n\n"
	      "If you want no more of them, write STOP.",
};

/* The language of the word, else of the number, else of the desk. */
static enum outcome
language_of(struct contact *c, const char *of_word, bool *english_out,
	    struct err *e)
{
	struct link l = { .id = 0 };
	json_t *desk = NULL;
	const char *language = of_word;
	enum outcome o = OUT_OK;

	if (language == NULL) {
		o = link_load(c->s, c->connection_id, &l, e);
		if (o == OUT_OK)
			o = deskrow_get(c->s, &desk, e);
		language = member_str(l.settings, "language");
		if (language == NULL || *language == '\0')
			language = member_str(desk, "language");
	}
	*english_out = language != NULL && strcmp(language, "en") == 0;
	link_release(&l);
	json_decref(desk);
	return o;
}

static enum outcome
confirm(struct contact *c, enum consent_word word, const char *language,
	struct err *e)
{
	struct outgoing out = { .bot = true,
				.asked_for = true,
				.send_ms = c->now_ms };
	struct window w;
	bool english = false;
	int64_t message = 0;
	enum outcome o = window_of(c->s, &c->inc, c->now_ms, &w, e);

	if (o != OUT_OK || w.can != CAN_REPLY_FREE)
		return o;
	o = language_of(c, language, &english, e);
	if (o != OUT_OK)
		return o;
	if (word == CONSENT_OUT)
		out.text = english ? words_en.out : words_es.out;
	else
		out.text = english ? words_en.in : words_es.in;
	o = outgoing_add(c->d, c->s, NULL, &c->inc, &out, c->now_ms, &message,
			 e);
	if (o == OUT_PERM && automatic_refused(e) != NULL)
		return OUT_OK;
	return o == OUT_OK ? incident_save(c->s, &c->inc, e) : o;
}

static bool
by_button(const struct contact *c)
{
	const char *type = member_str(c->whatsapp, "type");

	return type != NULL && (strcmp(type, "button") == 0 ||
				strcmp(type, "interactive") == 0);
}

enum outcome
consent_contact(struct contact *c, struct err *e)
{
	const char *language = NULL;
	enum consent_word word;
	bool changed = false;
	enum outcome o;

	if (strcmp(c->channel, "whatsapp") != 0 || c->from.id == 0)
		return OUT_OK;
	word = consent_word(c->text, &language);
	if (word == CONSENT_NONE)
		return OUT_OK;
	o = consent_set(c->s, c->from.id, word == CONSENT_OUT ? "out" : "in",
			by_button(c) ? "button" : "word", c->inc.id, 0,
			change_now(&c->inc, c->now_ms), &changed, e);
	return o == OUT_OK && changed ? confirm(c, word, language, e) : o;
}
