/*
 * Robots and bounces: who wrote it and why we think so, whom it did not reach,
 * which mail came back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "gateways/mail/absence.h"
#include "gateways/mail/head.h"
#include "gateways/mail/hint.h"
#include "gateways/mail/report.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

/* What is made of a header (with its blank line) and a text. Free with
 * mem_free. */
static struct hint *
judge(const char *head, const char *kind, const char *text)
{
	struct hint *t = mem_new(1, sizeof(*t));
	struct head h;

	head_read(&h, head, strlen(head));
	hint_head(
		t, &h, head_value(&h, "From"), head_value(&h, "Subject"), kind,
		strcmp(kind, "multipart/report") == 0 ? "delivery-status" : "");
	hint_end(t, &h, text, strlen(text));
	head_release(&h);
	return t;
}

static void
test_why(void **state)
{
	static const struct {
		const char *head;
		const char *why; /* NULL: a person */
		bool may_respond;
	} cases[] = {
		{ "From: ana@example.org\n\n", NULL, true },
		{ "From: ana@example.org\nAuto-Submitted: no\n\n", NULL, true },
		{ "From: ana@example.org\nAuto-Submitted: no (by hand)\n\n",
		  NULL, true },
		{ "From: ana@example.org\nAuto-Submitted: not-quite\n\n",
		  "auto_submitted", false },
		{ "From: a@b.es\nAuto-Submitted: auto-generated\n\n",
		  "auto_submitted", false },
		{ "From: a@b.es\nPrecedence: first\nPrecedence: bulk\n\n",
		  "precedence", false },
		{ "From: a@b.es\nX-Precedence: list\n\n", "precedence", false },
		{ "From: a@b.es\nList-Id: <x.y>\n\n", "list", false },
		{ "From: a@b.es\nList-Unsubscribe: <http://x>\n\n", "list",
		  false },
		{ "From: a@b.es\nReturn-Path: <>\n\n", "null_path", false },
		{ "From: a@b.es\nReturn-Path: < >\n\n", "null_path", false },
		{ "From: a@b.es\nReturn-Path: <a@b.es>\n\n", NULL, true },
		{ "From: MAILER-DAEMON@b.es\n\n", "daemon", false },
		{ "From: postmaster@b.es\n\n", "daemon", false },
		{ "From: no-reply@b.es\n\n", "no_reply", false },
		{ "From: noreply-orders@b.es\n\n", "no_reply", false },
		{ "From: noreplying@b.es\n\n", NULL, true },
		{ "From: a@b.es\nX-Autoreply: yes\n\n", "vendor", false },
		{ "From: a@b.es\nX-Autoreply: no\n\n", NULL, true },
		{ "From: a@b.es\nX-FC-MachineGenerated: true\n\n", "vendor",
		  false },
		{ "From: a@b.es\nX-POST-MessageClass: 9; Autoresponder\n\n",
		  "vendor", false },
		{ "From: a@b.es\nX-Loop: x\n\n", "vendor", false },
		{ "From: a@b.es\nSubject: Fuera de la oficina\n\n", "absence",
		  false },
		{ "From: a@b.es\nSubject: Please confirm your message\n\n",
		  "challenge", false },
		{ "From: a@b.es\nX-Failed-Recipients: c@d.es\n\n", "report",
		  false },
		/* forbids our answer, proves nothing */
		{ "From: a@b.es\nX-Auto-Response-Suppress: All\n\n", NULL,
		  false },
		{ "From: a@b.es\nX-Auto-Response-Suppress: DR, RN\n\n", NULL,
		  true },
		{ "From: Ana\n\n", NULL, false },
		/* another desk's agent writes to us */
		{ "From: a@b.es\nX-Postigo-Loop: other\n\n", NULL, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct hint *t = judge(cases[i].head, "text/plain", "Hola.");

		if (t->robot != (cases[i].why != NULL) ||
		    t->may_respond != cases[i].may_respond ||
		    (t->robot && strcmp(t->why, cases[i].why) != 0))
			fail_msg("%s: %s, %d", cases[i].head,
				 t->why ? t->why : "a person", t->may_respond);
		mem_free(t);
	}
}

static void
test_loop(void **state)
{
	struct hint *t = judge("From: a@b.es\nX-Postigo-Loop: abc.def\n\n",
			       "text/plain", "Hola.");

	(void)state;
	assert_string_equal(t->loop, "abc.def");
	mem_free(t);
}

static void
test_absence(void **state)
{
	static const char *const yes[] = {
		"Out of Office: your order",
		"Automatic reply: Pedido 4711",
		"Out of Office AutoReply: RE: hello",
		"Respuesta automática: Pedido",
		"RESPUESTA AUTOMATICA",
		"Fuera de la oficina hasta el lunes",
		"Resposta automàtica: comanda",
		"Automatische Antwort: Bestellung",
		"Abwesenheitsnotiz",
		"Abwesend bis 3. Mai",
		"Réponse automatique : commande",
		"Re\xcc\x81ponse automatique : commande", /* accent apart */
		"Absence du bureau (retour lundi)",
		"Resposta automática: encomenda",
		"Risposta automatica: ordine",
		"Fuori sede - ordine",
		"Automatisch antwoord: bestelling",
		"Afwezig: bestelling",
		"Autosvar: order",
		"Frånvaro",
		"Fravær: ordre",
		"Odpowiedź automatyczna: zamówienie",
		"[Automatyczna odpowiedź] test",
		"Automaattinen vastaus: tilaus",
		"Автоматический ответ: заказ",
		"自動返信: 注文",
		"Ann Lee is out of the office.",
		"AUTO: Ann Lee is out of the office (returning 03/08/2010)",
		"Re: blah blah (Automatic Response)",
	};
	static const char *const no[] = {
		"",
		"Mi pedido",
		"Out of office chairs in stock?",
		"Fuera de la oficina postal no hay buzón",
		"Re: Automatic reply: Pedido 4711",
		"Ausente: reparto fallido",
		"He recibido una respuesta automática",
		"Abwesende Lieferung",
		"El paquete está fuera",
		"\xff\xfe",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(yes); i++)
		if (!absence_subject(yes[i]))
			fail_msg("no absence: %s", yes[i]);
	for (size_t i = 0; i < COUNT(no); i++)
		if (absence_subject(no[i]))
			fail_msg("an absence: %s", no[i]);
}

/* --- reports -------------------------------------------------------------------- */

static const char report_head[] =
	"From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail\n\n";

/* The report of a mail with that part, and the header of what came back. */
static struct hint *
report(const char *status, const char *returned)
{
	struct hint *t = mem_new(1, sizeof(*t));
	struct head h;

	head_read(&h, report_head, strlen(report_head));
	hint_head(t, &h, "MAILER-DAEMON@mx.example", "Undelivered Mail",
		  "multipart/report", "delivery-status");
	report_part(t, "message/delivery-status", status, strlen(status));
	report_part(t, "text/rfc822-headers", returned, strlen(returned));
	hint_end(t, &h, "Sorry.", 6);
	head_release(&h);
	return t;
}

static const char returned[] =
	"Message-ID: <p1.2.abc@olmo.example>\nTo: lucia@example.org\n\n";

static void
test_report(void **state)
{
	struct hint *t = report(
		"Reporting-MTA: dns; mx.example\n\n"
		"Final-Recipient: rfc822; l@elsewhere.example\r\n"
		"Original-Recipient: rfc822;lucia@example.org\r\n"
		"Action: failed\r\nStatus: 5.1.1\r\n"
		"Diagnostic-Code: smtp; 550 5.1.1 <l@elsewhere.example>:\r\n"
		"  User unknown\r\n\r\n"
		"Final-Recipient: rfc822; eva@example.org\n"
		"Action: failed\nStatus: 4.4.7\n\n"
		"Final-Recipient: rfc822; there@example.org\n"
		"Action: delivered\nStatus: 2.0.0\n\n",
		returned);

	(void)state;
	assert_string_equal(hint_kind(t), "failed");
	assert_true(t->robot && t->bounce && !t->may_respond);
	assert_int_equal(t->count, 2);
	assert_string_equal(t->list[0].address, "l@elsewhere.example");
	assert_string_equal(t->list[0].original, "lucia@example.org");
	assert_string_equal(t->list[0].status, "5.1.1");
	assert_string_equal(t->list[0].reason, "550 5.1.1 : User unknown");
	assert_true(t->list[0].permanent);
	assert_false(t->list[1].permanent);
	assert_int_equal(t->id_count, 1);
	assert_string_equal(t->ids[0], "<p1.2.abc@olmo.example>");
	mem_free(t);
}

static void
test_kinds(void **state)
{
	static const struct {
		const char *status;
		const char *kind;
	} cases[] = {
		{ "Final-Recipient: rfc822; a@b.es\nAction: delayed\n"
		  "Status: 4.0.0\n\n",
		  "delayed" },
		{ "Final-Recipient: rfc822; a@b.es\nAction: relayed\n"
		  "Status: 2.0.0\n\n",
		  "delivered" },
		{ "Final-Recipient: rfc822; a@b.es\nAction: failed\n\n",
		  "failed" },
		{ "Final-Recipient: rfc822; a@b.es\nAction: delayed\n\n"
		  "Final-Recipient: rfc822; c@d.es\nAction: failed\n\n",
		  "failed" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct hint *t = report(cases[i].status, returned);

		assert_string_equal(hint_kind(t), cases[i].kind);
		mem_free(t);
	}
}

static void
test_complaint(void **state)
{
	static const char part[] = "Feedback-Type: abuse\nVersion: 1\n"
				   "Original-Rcpt-To: lucia@example.org\n\n";
	struct hint *t = mem_new(1, sizeof(*t));
	struct head h;

	(void)state;
	head_read(&h, report_head, strlen(report_head));
	hint_head(t, &h, "fbl@mx.example", "Abuse report", "multipart/report",
		  "feedback-report");
	report_part(t, "message/feedback-report", part, strlen(part));
	report_part(t, "message/rfc822", returned, strlen(returned));
	hint_end(t, &h, "", 0);
	head_release(&h);
	assert_true(t->robot && !t->bounce && !t->may_respond);
	assert_string_equal(hint_kind(t), "complaint");
	assert_int_equal(t->count, 1);
	assert_int_equal(t->id_count, 1);
	mem_free(t);
}

/* A report whose parts nobody can tell apart. */
static void
test_scan(void **state)
{
	static const char raw[] = "--x\nsorry\n--x\n\n"
				  "Reporting-MTA: dns; mx\n\n"
				  "Status: 5.2.2\n"
				  "Final-Recipient: rfc822; a@b.es\n"
				  "Action: failed\n\n--x--\n";
	struct hint *t = mem_new(1, sizeof(*t));

	(void)state;
	report_scan(t, raw, strlen(raw));
	assert_int_equal(t->count, 1);
	assert_string_equal(t->list[0].status, "5.2.2");
	assert_true(t->list[0].permanent);
	mem_free(t);
}

/* --- plain words ------------------------------------------------------------------ */

static void
test_words(void **state)
{
	struct hint *t = judge(
		"From: Mailer-Daemon@mx.example\nTo: hola@olmo.example\n"
		"Subject: Mail delivery failed\nAuto-Submitted: auto-replied\n"
		"\n",
		"text/plain",
		"A message that you sent could not be delivered.\n\n"
		"  lucia@example.org\n"
		"    550 no such mailbox\n"
		"  eva@example.org\n"
		"    452 4.2.2 mailbox full\n\n"
		"------ This is a copy of your message ------\n"
		"Message-ID: <p1.2.abc@olmo.example>\n"
		"From: other@olmo.example\n");

	(void)state;
	assert_string_equal(hint_kind(t), "failed");
	assert_string_equal(t->why, "report");
	assert_int_equal(t->count, 2);
	assert_string_equal(t->list[0].address, "lucia@example.org");
	assert_string_equal(t->list[0].reason, "550 no such mailbox");
	assert_string_equal(t->list[1].reason, "452 4.2.2 mailbox full");
	assert_string_equal(t->list[1].status, "4.2.2");
	assert_false(t->list[1].permanent);
	assert_int_equal(t->id_count, 1);
	assert_string_equal(t->ids[0], "<p1.2.abc@olmo.example>");
	mem_free(t);
}

static void
test_words_delayed(void **state)
{
	struct hint *t = judge(
		"From: mailer-daemon@mx.example\nTo: hola@olmo.example\n"
		"Subject: Warning: message delayed 24 hours\n\n",
		"text/plain",
		"Delivery to lucia@example.org has not yet been delivered.\n"
		"You do not need to resend your message.\n");

	(void)state;
	assert_string_equal(hint_kind(t), "delayed");
	assert_int_equal(t->count, 1);
	assert_false(t->list[0].permanent);
	mem_free(t);
}

/* What people write of bounces is no bounce. */
static void
test_words_of_people(void **state)
{
	struct hint *t = judge(
		"From: ana@example.org\nReturn-Path: <ana@example.org>\n"
		"Subject: Mail delivery failed\n\n",
		"text/plain",
		"Your answer could not be delivered to lucia@example.org:\n"
		"550 5.1.1 User unknown. Message-ID: <p1.2.abc@x>\n");

	(void)state;
	assert_false(t->robot);
	assert_true(t->may_respond);
	assert_null(hint_kind(t));
	assert_int_equal(t->id_count, 0);
	mem_free(t);
}

/* The null path alone makes no bounce, whatever is delivered. */
static void
test_null_path(void **state)
{
	static const struct {
		const char *head;
		const char *text;
		const char *kind;
	} cases[] = {
		{ "From: envios@correo.example\nReturn-Path: <>\n"
		  "Subject: Your delivery arrives today\n\n",
		  "Between 10:00 and 12:00. Questions: help@correo.example\n",
		  NULL },
		{ "From: ana@example.org\nReturn-Path: <>\n"
		  "Subject: Automatic reply: delivery failed\n\n",
		  "I am away until Monday.\n", NULL },
		{ "From: <>\nReturn-Path: <>\nSubject: failure notice\n\n",
		  "lucia@example.org\n550 5.4.1 Access denied\n", "failed" },
		{ "From: no-reply@movil.example\nReturn-Path: <>\n"
		  "Subject: Mail\n\n",
		  "Could not be delivered to: <lucia@example.org>\n",
		  "failed" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct hint *t =
			judge(cases[i].head, "text/plain", cases[i].text);
		const char *kind = hint_kind(t);

		assert_true(t->robot);
		if ((kind == NULL) != (cases[i].kind == NULL) ||
		    (kind && strcmp(kind, cases[i].kind) != 0))
			fail_msg("%s: %s", cases[i].head, kind ? kind : "none");
		assert_int_equal(t->count, cases[i].kind != NULL);
		mem_free(t);
	}
}

static void
test_challenge(void **state)
{
	struct hint *t = judge(
		"From: guard@example.org\nReturn-Path: <>\n"
		"Subject: Undelivered: your message\n\n",
		"text/plain",
		"Your message to lucia@example.org is waiting. Please prove "
		"that you are a person: http://guard.example/1\n");

	(void)state;
	assert_true(t->robot);
	assert_false(t->bounce);
	assert_string_equal(t->why, "challenge");
	assert_int_equal(t->count, 0);
	assert_null(hint_kind(t));
	mem_free(t);
	/* a list of senders is a reason to refuse as well */
	t = judge("From: mailer-daemon@example.org\n"
		  "Subject: Undeliverable: Pedido\n\n",
		  "text/plain",
		  "Your message to grupo@example.org couldn't be delivered: "
		  "you are not on its list of approved senders.\n"
		  "grupo@example.org 550 5.7.133 sender not authenticated\n");
	assert_string_equal(hint_kind(t), "failed");
	mem_free(t);
}

static void
test_ceilings(void **state)
{
	struct hint *t = mem_new(1, sizeof(*t));
	char group[100];

	(void)state;
	for (int i = 0; i < 200; i++) {
		(void)snprintf(group, sizeof(group),
			       "Final-Recipient: rfc822; a%d@b.es\n"
			       "Action: failed\n\n",
			       i);
		report_part(t, "message/delivery-status", group, strlen(group));
		(void)snprintf(group, sizeof(group),
			       "Message-ID: <%d@b.es>\n\n", i);
		report_part(t, "message/rfc822", group, strlen(group));
	}
	assert_int_equal(t->count, HINT_RECIPIENTS_MAX);
	assert_int_equal(t->id_count, HINT_IDS_MAX);
	mem_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_why),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_absence),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_complaint),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_words_delayed),
		cmocka_unit_test(test_words_of_people),
		cmocka_unit_test(test_null_path),
		cmocka_unit_test(test_challenge),
		cmocka_unit_test(test_ceilings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
