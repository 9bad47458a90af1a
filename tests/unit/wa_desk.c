#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "rules/book.h"
#include "tests/unit/wa_desk.h"

method_fn m_contact_add;
method_fn m_incident_answer;
method_fn m_outbox_begin;
method_fn m_outbox_report;
method_fn m_outbox_take;
method_fn m_status_add;

static const char book_text[] = "queue \"general\" { title \"General\" }\n"
				"calendar \"siempre\" {\n"
				"    timezone \"Europe/Madrid\"\n"
				"    mon-sun 00:00-24:00\n"
				"}\n"
				"policy \"chats\" {\n"
				"    via whatsapp\n"
				"    calendar \"siempre\"\n"
				"    first response 4h\n"
				"    next response 8h\n"
				"}\n";

static void
read_book(void)
{
	struct book_errors errs = { 0 };
	char *sql;

	book_unref(&fx.desk.book);
	if (book_read_trusted(book_text, strlen(book_text), &fx.desk.book,
			      &errs) != OUT_OK)
		fail_msg("book: line %d: %s", errs.n ? errs.list[0].line : 0,
			 errs.n ? errs.list[0].text : "?");
	book_errors_release(&errs);
	sql = sqlite3_mprintf("UPDATE book SET text = %Q", book_text);
	fixture_exec(sql);
	sqlite3_free(sql);
}

void
wa_contact(const char *external_id, const char *text)
{
	wa_card_at(external_id, WA_LUCIA, text, fx.now_ms);
}

void
wa_bring(json_t *card, const char *text, int64_t at_ms)
{
	const char *id = json_string_value(json_object_get(card, "id"));
	struct request_blob raw = { .bytes = (int64_t)strlen(id),
				    .data = (unsigned char *)id };
	char at[32];

	hash_hex(id, strlen(id), raw.sha256);
	clock_iso_ms(at_ms, at);
	wa_does(fixture_call_blobs(
		m_contact_add, ROLE_WHATSAPP,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:I}, s:o}",
			  "connection", "tienda", "digest", raw.sha256,
			  "received_at", at, "channel", "whatsapp", "text",
			  text, "raw", "sha256", raw.sha256, "bytes",
			  (json_int_t)raw.bytes, "whatsapp", card),
		&raw, 1));
}

void
wa_card_at(const char *external_id, const char *wa_id, const char *text,
	   int64_t at_ms)
{
	wa_bring(json_pack("{s:s, s:s, s:b, s:s, s:s}", "id", external_id,
			   "type", "text", "supported", 1, "from", wa_id,
			   "profile_name", "Lucía"),
		 text, at_ms);
}

int
wa_setup(void **state)
{
	fixture_setup(state);
	read_book();
	fixture_exec("INSERT INTO connection (id, name, kind, role, settings, "
		     "created_ms) VALUES (3, 'tienda', 'whatsapp', "
		     "'whatsapp', '{\"phone_number_id\":\"1001\","
		     "\"waba_id\":\"2001\",\"display_number\":\"+34 900\"}', "
		     "1)");
	wa_contact(WA_ID, "¿Dónde está mi pedido?");
	return 0;
}

void
wa_does(struct call c)
{
	if (c.outcome != OUT_OK)
		fail_msg("refused: %s", c.err.text);
	call_release(&c);
}

struct call
wa_answer(const char *text, json_t *params)
{
	json_t *p = json_pack("{s:i, s:s, s:i, s:b}", "id", 1, "text", text,
			      "seen", 0, "override", 1);

	if (params != NULL) {
		(void)json_object_update(p, params);
		json_decref(params);
	}
	return fixture_call(m_incident_answer, ROLE_CONSOLE, fx.agent_id, p);
}

json_t *
wa_take(void)
{
	struct call c = fixture_call(
		m_outbox_take, ROLE_WHATSAPP, 0,
		json_pack("{s:i, s:i}", "max", 20, "lease_ms", 150000));
	json_t *list;

	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	list = json_incref(json_object_get(c.result, "deliveries"));
	call_release(&c);
	return list;
}

struct wa_sent
wa_taken(const char *text)
{
	struct wa_sent d = { 0 };
	json_t *list;
	const json_t *one;

	wa_does(wa_answer(text, NULL));
	list = wa_take();
	assert_int_equal(json_array_size(list), 1);
	one = json_array_get(list, 0);
	d.id = json_integer_value(json_object_get(one, "id"));
	d.attempt = json_integer_value(json_object_get(one, "attempt"));
	(void)snprintf(d.key, sizeof d.key, "%s",
		       json_string_value(json_object_get(one, "key")));
	json_decref(list);
	return d;
}

void
wa_begin(const struct wa_sent *d)
{
	wa_does(fixture_call(m_outbox_begin, ROLE_WHATSAPP, 0,
			     json_pack("{s:I, s:I, s:i}", "delivery",
				       (json_int_t)d->id, "attempt",
				       (json_int_t)d->attempt, "lease_ms",
				       150000)));
}

/* The member "state" of a result, in a buffer of its own. */
static const char *
state_of(struct call *c, const char *otherwise)
{
	static char state[16];
	const char *got =
		json_string_value(json_object_get(c->result, "state"));

	(void)snprintf(state, sizeof state, "%s",
		       got != NULL ? got : otherwise);
	call_release(c);
	return state;
}

const char *
wa_report(const struct wa_sent *d, const char *result, const char *external_id,
	  int64_t code)
{
	json_t *p =
		json_pack("{s:I, s:I, s:s}", "delivery", (json_int_t)d->id,
			  "attempt", (json_int_t)d->attempt, "result", result);
	struct call c;

	if (external_id != NULL)
		(void)json_object_set_new(p, "external_id",
					  json_string(external_id));
	if (code != 0)
		(void)json_object_set_new(p, "error_code", json_integer(code));
	c = fixture_call(m_outbox_report, ROLE_WHATSAPP, 0, p);
	return state_of(&c, "conflict");
}

const char *
wa_status(const char *external_id, const char *tracker, const char *status,
	  int64_t code)
{
	json_t *p = json_pack("{s:s, s:s, s:s}", "connection", "tienda",
			      "external_id", external_id, "status", status);
	char at[32];
	struct call c;

	clock_iso_ms(fx.now_ms, at);
	(void)json_object_set_new(p, "at", json_string(at));
	if (tracker != NULL)
		(void)json_object_set_new(p, "tracker", json_string(tracker));
	if (code != 0)
		(void)json_object_set_new(p, "errors",
					  json_pack("[{s:I, s:s}]", "code",
						    (json_int_t)code, "detail",
						    "Re-engagement message"));
	c = fixture_call(m_status_add, ROLE_WHATSAPP, 0, p);
	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	return state_of(&c, "parked");
}
