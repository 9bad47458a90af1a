#include "gateways/whatsapp/calls.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/card.h"
#include "gateways/whatsapp/notice.h"
#include "gateways/whatsapp/read.h"

#define AT_MAX 32
#define SECOND_MS 1000
#define SOURCE_MAX (2 * WA_ID_MAX + 16)
#define DIGITS_MAX 40
#define TRACKER_MAX 512 /* octets; a longer one is not ours */
#define PERSON_MAX (2 * WA_ID_MAX)

/* Facts on their way. */
struct making {
	const struct delivery *d;
	call_fn *fn;
	void *arg;
	json_t *told; /* numbers that were told of, as keys */
};

static const char *
str(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

/* When it was, as Meta says; never after it came. */
static void
put_time(const struct making *m, const json_t *fact, json_t *params,
	 const char *name)
{
	const json_t *s = json_object_get(fact, "timestamp");
	int64_t ms = m->d->received_ms;
	char at[AT_MAX];

	if (s != NULL && json_integer_value(s) * SECOND_MS < ms)
		ms = json_integer_value(s) * SECOND_MS;
	clock_iso_ms(ms, at);
	(void)json_object_set_new(params, name, json_string(at));
}

/* Takes params. */
static void
late(const struct making *m, json_t *params)
{
	const struct call_new c = { .method = "account.event",
				    .params = params };

	m->fn(m->arg, &c);
}

/* Tell an administrator of a number, once in a delivery. */
static void
tell(const struct making *m, const char *code, const char *number)
{
	char key[SOURCE_MAX];

	(void)snprintf(key, sizeof key, "%s %s", code, number);
	if (json_object_get(m->told, key) != NULL)
		return;
	(void)json_object_set_new(m->told, key, json_true());
	late(m, notice_own(code, number, m->d->by->name, m->d->received_ms));
}

/* The connection that a fact is for; NULL: it is for none of ours. */
static const struct account *
whose(const struct making *m, const json_t *fact)
{
	const char *phone = str(fact, "phone_number_id");
	const struct account *k = accounts_by_phone(m->d->accounts, phone);

	if (k == NULL)
		tell(m, "unknown_number", phone);
	else if (k != m->d->by && !account_same_app(k, m->d->by))
		tell(m, "foreign_number", phone);
	else
		return k;
	return NULL;
}

static void
digits(const char *s, char out[DIGITS_MAX])
{
	size_t n = 0;

	for (; s != NULL && *s != '\0' && n + 1 < DIGITS_MAX; s++)
		if (*s >= '0' && *s <= '9')
			out[n++] = *s;
	out[n] = '\0';
}

/* Does one of our own numbers write? It would answer itself for ever. */
static bool
is_own(const struct making *m, const json_t *message)
{
	const struct account *k;
	char from[DIGITS_MAX];
	char ours[DIGITS_MAX];

	digits(str(message, "from"), from);
	for (size_t i = 0; (k = accounts_at(m->d->accounts, i)) != NULL; i++) {
		digits(k->display_number, ours);
		if (from[0] != '\0' && strcmp(from, ours) == 0)
			return true;
	}
	return false;
}

static const char *
first_of(const json_t *o, const char *a, const char *b, const char *c)
{
	const char *s = str(o, a);

	if (s == NULL)
		s = str(o, b);
	return s != NULL ? s : str(o, c);
}

/* contact.add: id and digest are the number's and the message's together. */
static json_t *
contact(const struct making *m, const struct account *k, const json_t *message)
{
	const char *id = str(message, "id");
	char *text = card_text(message);
	char source[SOURCE_MAX];
	char digest[HASH_HEX];
	json_t *p;

	(void)snprintf(source, sizeof source, "whatsapp\n%s\n%s",
		       k->phone_number_id, id);
	hash_hex(source, strlen(source), digest);
	p = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "connection",
		      k->name, "external_id", id, "digest", digest, "channel",
		      "whatsapp", "text", text, "raw", card_raw(message),
		      "whatsapp", card_contact(message));
	put_time(m, message, p, "received_at");
	mem_free(text);
	return p;
}

static json_t *
reaction(const struct making *m, const struct account *k, const json_t *message)
{
	const json_t *r = json_object_get(message, "reaction");
	const char *emoji = str(r, "emoji");
	json_t *p = json_pack("{s:s, s:s, s:o}", "connection", k->name,
			      "target", str(r, "message_id"), "whatsapp",
			      card_contact(message));

	if (emoji != NULL)
		(void)json_object_set_new(p, "emoji", json_string(emoji));
	put_time(m, message, p, "at");
	return p;
}

static void
message(const struct making *m, const json_t *o)
{
	const struct account *k = whose(m, o);
	struct call_new c = { .id = str(o, "id") };
	char person[PERSON_MAX];
	const json_t *r = json_object_get(o, "reaction");

	if (k == NULL)
		return;
	if (is_own(m, o)) {
		tell(m, "own_number", k->display_number);
		return;
	}
	(void)snprintf(person, sizeof person, "%s",
		       first_of(o, "user_id", "from", "wa_id"));
	c.person = person;
	c.method = r != NULL ? "reaction.put" : "contact.add";
	c.params = r != NULL ? reaction(m, k, o) : contact(m, k, o);
	if (str(r, "emoji") != NULL)
		c.otherwise = contact(m, k, o);
	m->fn(m->arg, &c);
}

static void
echo(const struct making *m, const json_t *o)
{
	const struct account *k = whose(m, o);
	struct call_new c = { .method = "echo.add", .id = str(o, "id") };
	char *text;

	if (k == NULL)
		return;
	text = card_text(o);
	c.person = first_of(o, "to_user_id", "to", "id");
	c.params = json_pack("{s:s, s:s, s:o, s:o}", "connection", k->name,
			     "text", text, "raw", card_raw(o), "whatsapp",
			     card_contact(o));
	put_time(m, o, c.params, "received_at");
	mem_free(text);
	m->fn(m->arg, &c);
}

/* Errors as status.add takes them: the details, or else the title. */
static json_t *
errors_of(const json_t *list)
{
	json_t *out = json_array();
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		const char *words = first_of(o, "detail", "title", "title");
		json_t *one =
			json_pack("{s:O}", "code", json_object_get(o, "code"));

		if (words != NULL)
			(void)json_object_set_new(one, "detail",
						  json_string(words));
		(void)json_array_append_new(out, one);
	}
	return out;
}

static void
status(const struct making *m, const json_t *o)
{
	const struct account *k = whose(m, o);
	struct call_new c = { .method = "status.add", .id = str(o, "id") };
	const char *tracker = str(o, "biz_opaque_callback_data");
	const char *who = first_of(o, "recipient_participant_user_id",
				   "recipient_participant_id", "");

	if (k == NULL)
		return;
	c.person = c.id;
	c.params = json_pack("{s:s, s:s, s:s, s:o}", "connection", k->name,
			     "external_id", c.id, "status", str(o, "status"),
			     "errors", errors_of(json_object_get(o, "errors")));
	put_time(m, o, c.params, "at");
	if (tracker != NULL && strlen(tracker) <= TRACKER_MAX)
		(void)json_object_set_new(c.params, "tracker",
					  json_string(tracker));
	if (who != NULL)
		(void)json_object_set_new(c.params, "recipient",
					  json_string(who));
	m->fn(m->arg, &c);
}

/* Events of an account are told to whoever's it is; else to who brought it. */
static const struct account *
account_of(const struct making *m, const json_t *event)
{
	const char *phone = str(event, "phone_number_id");
	const char *waba = str(event, "waba_id");
	const struct account *k;

	if (phone != NULL)
		return whose(m, event);
	if (waba == NULL || strcmp(m->d->by->waba_id, waba) == 0)
		return m->d->by;
	for (size_t i = 0; (k = accounts_at(m->d->accounts, i)) != NULL; i++)
		if (strcmp(k->waba_id, waba) == 0 &&
		    account_same_app(k, m->d->by))
			return k;
	return m->d->by;
}

/* A person said in WhatsApp itself whether they want to be written to. */
static void
preference(const struct making *m, const json_t *o, const struct account *k)
{
	const char *value = str(o, "value");
	bool stop = value != NULL && strcmp(value, "stop") == 0;
	struct call_new c = { .method = "consent.add" };

	if (!stop && (value == NULL || strcmp(value, "resume") != 0))
		return;
	c.params = json_pack("{s:s, s:s, s:s*, s:s*}", "connection", k->name,
			     "consent", stop ? "out" : "in", "wa_id",
			     str(o, "wa_id"), "user_id", str(o, "user_id"));
	m->fn(m->arg, &c);
}

/* What comes by the thousand when a number is first joined with its phone, and
 * is neither new nor anybody's to act on. */
static bool
is_silent(const json_t *event)
{
	const char *field = str(event, "field");

	return strcmp(field, "history") == 0 ||
	       strcmp(field, "smb_app_state_sync") == 0;
}

static void
event(const struct making *m, const json_t *o)
{
	const struct account *k = account_of(m, o);
	const json_t *one;
	size_t i;

	if (k == NULL || is_silent(o))
		return;
	json_array_foreach(json_object_get(o, "preferences"), i, one)
		preference(m, one, k);
	late(m, notice_event(o, k->name, m->d->received_ms));
}

static void
failure(const struct making *m, const json_t *o)
{
	const struct account *k = account_of(m, o);

	if (k != NULL)
		late(m, notice_error(o, k->name, m->d->received_ms));
}

static void
own(const struct making *m, const json_t *o)
{
	if (whose(m, o) != NULL)
		tell(m, "own_number", str(o, "from"));
}

void
calls_make(const struct delivery *d, const json_t *facts, call_fn *fn,
	   void *arg)
{
	static const struct {
		const char *list;
		void (*make)(const struct making *m, const json_t *o);
	} kinds[] = {
		{ "messages", message }, { "echoes", echo },
		{ "statuses", status },  { "own", own },
		{ "events", event },     { "errors", failure },
	};
	struct making m = {
		.d = d, .fn = fn, .arg = arg, .told = json_object()
	};
	const json_t *o;
	size_t i;

	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
		json_array_foreach(json_object_get(facts, kinds[k].list), i, o)
			kinds[k]
				.make(&m, o);
	json_decref(m.told);
}
