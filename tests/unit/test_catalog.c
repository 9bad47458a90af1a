/* The book that a new desk starts with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "rules/book.h"
#include "rules/include.h"
#include "rules/rule.h"

static struct book *book;

static int
read_book(void **state)
{
	const char *src = getenv("POSTIGO_SRCDIR");
	char *path = mem_printf("%s/rules/catalog/default.book",
				src != NULL ? src : "..");
	struct book_errors errs = { 0 };
	struct include *files = NULL;
	struct buf out;
	struct err e;

	(void)state;
	buf_init(&out, 65536);
	if (include_read(path, &files, &errs, &e) == OUT_OK) {
		size_t n;
		const char *text = include_text(files, &n);

		(void)!book_read(text, n, &book, &errs);
	}
	if (book == NULL && files != NULL)
		include_print(files, &errs, &out);
	print_error("%s", buf_str(&out));
	book_errors_release(&errs);
	buf_release(&out);
	include_free(&files);
	mem_free(path);
	return book != NULL ? 0 : -1;
}

static int
free_book(void **state)
{
	(void)state;
	book_unref(&book);
	return 0;
}

/* Texts that are not examples of the book itself. */
static const struct {
	const char *reason;
	const char *body;
} contacts[] = {
	{ "return_request", "Hola, me gustaría devolver unas zapatillas" },
	{ "return_request", "How do I return these shoes?" },
	{ "delivery_late", "Mi paquete llega tarde, era para ayer" },
	{ "delivery_late", "My order is delayed again" },
	{ "not_received", "Pone que está entregado y no he recibido nada" },
	{ "not_received", "I never received my parcel, it never came" },
	{ "damaged", "El plato ha llegado roto" },
	{ "damaged", "The mug arrived broken" },
	{ "defective", "La radio no enciende" },
	{ "defective", "The radio is defective" },
	{ "wrong_item", "Me habéis mandado la talla equivocada" },
	{ "wrong_item", "I got the wrong colour" },
	{ "missing_item", "El pedido viene incompleto" },
	{ "missing_item", "Two items are missing" },
	{ "refund_status", "¿Para cuándo el reembolso?" },
	{ "refund_status", "Where is my refund?" },
	{ "cancel_request",
	  "Por favor, anulad el pedido 55... ya no lo quiero" },
	{ "cancel_request", "I need to cancel the order" },
	{ "address_change", "¿Puedo cambiar la dirección de entrega?" },
	{ "address_change", "Please update my shipping address" },
	{ "invoice", "Necesito factura" },
	{ "invoice", "Please send an invoice" },
	{ "warranty", "¿Está en garantía?" },
	{ "warranty", "What does the warranty cover?" },
	{ "claim", "Quiero la hoja de reclamaciones" },
	{ "complaint", "Quiero poner una queja" },
	{ "complaint", "I want to file a complaint" },
	{ "privacy_request", "Solicito la supresión según el RGPD" },
	{ "privacy_request", "GDPR: delete my account" },
	{ "order_status", "¿Cuándo llegará mi pedido?" },
	{ "order_status", "Where's my parcel?" },
	{ "praise", "Os felicito, me ha encantado" },
	{ "praise", "Excellent service" },
	{ "spam", "We sell backlinks and SEO packages" },
};

static void
each_reason_is_found(void **state)
{
	struct rule_result *r = mem_new(1, sizeof *r);
	size_t i;
	size_t k;

	(void)state;
	for (i = 0; i < sizeof contacts / sizeof *contacts; i++) {
		struct rule_facts f = { .event = "contact",
					.text[RULE_FIELD_CHANNEL] = "email",
					.text[RULE_FIELD_BODY] =
						contacts[i].body };
		const char *got = "none";

		rule_run(book, &f, r);
		assert_int_equal(r->undecided_count, 0);
		for (k = 0; k < r->action_count; k++)
			if (r->actions[k].kind == ACTION_REASON)
				got = r->actions[k].value;
		if (strcmp(got, contacts[i].reason) != 0)
			fail_msg("'%s': %s, not %s", contacts[i].body, got,
				 contacts[i].reason);
	}
	mem_free(r);
}

static void
small_talk_has_no_reason(void **state)
{
	static const char *const bodies[] = { "Hola, buenas tardes",
					      "Ok, mañana os llamo",
					      "See the attached file",
					      "Thanks" };
	struct rule_result *r = mem_new(1, sizeof *r);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct rule_facts f = { .event = "contact",
					.text[RULE_FIELD_CHANNEL] = "chat",
					.text[RULE_FIELD_BODY] = bodies[i] };

		rule_run(book, &f, r);
		assert_int_equal(r->action_count, 0);
	}
	mem_free(r);
}

static void
every_channel_has_a_policy(void **state)
{
	static const struct {
		const char *channel;
		int64_t first_s;
	} t[] = { { "chat", 120 },       { "whatsapp", 900 },
		  { "email", 4 * 3600 }, { "phone", 4 * 3600 },
		  { "form", 4 * 3600 },  { "api", 4 * 3600 },
		  { "order", 4 * 3600 } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++)
		assert_int_equal(book_policy_for(book, t[i].channel)
					 ->usual[BOOK_CLOCK_FIRST_RESPONSE]
					 .seconds,
				 t[i].first_s);
	/* a claim may be registered on any incident */
	for (i = 0; i < book_policy_count(book); i++)
		assert_int_equal(book_policy_budget(book_policy_at(book, i),
						    BOOK_CLOCK_CLAIM, NULL)
					 .days,
				 15);
	assert_string_equal(book_queue_default(book)->name, "general");
}

static const char *
proposed(const struct rule_result *r, enum rule_action_kind kind)
{
	size_t i;

	for (i = 0; i < r->action_count; i++)
		if (r->actions[i].kind == kind)
			return r->actions[i].value;
	return "";
}

/* What happens to orders opens incidents, and writes to nobody by itself. */
static void
orders_speak_for_themselves(void **state)
{
	static const struct {
		const char *event;
		const char *step; /* of a return */
		const char *reason;
		const char *queue;
		const char *reply;
	} t[] = {
		{ "order.late", NULL, "delivery_late", "pedidos",
		  "pedido-tarde" },
		{ "order.exception", NULL, "stuck_in_transit", "pedidos",
		  "pedido-parado" },
		{ "order.return", "requested", "return_request", "devoluciones",
		  "pedido-devolucion" },
		{ "order.return", "received", "", "", "" },
		{ "order.created", NULL, "", "", "" },
		{ "order.delivered", NULL, "", "", "" },
	};
	struct rule_result *r = mem_new(1, sizeof *r);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		struct rule_facts f = { .event = t[i].event };

		f.text[RULE_FIELD_CHANNEL] = "order";
		f.text[RULE_FIELD_RETURN_STATE] = t[i].step;
		rule_run(book, &f, r);
		assert_string_equal(proposed(r, ACTION_REASON), t[i].reason);
		assert_string_equal(proposed(r, ACTION_QUEUE), t[i].queue);
		assert_string_equal(proposed(r, ACTION_REPLY), t[i].reply);
		assert_string_equal(proposed(r, ACTION_SEND), "");
		assert_int_equal(r->fired_count, *t[i].reason != '\0');
	}
	mem_free(r);
	assert_int_equal(book_policy_budget(book_policy_for(book, "order"),
					    BOOK_CLOCK_PROACTIVE, NULL)
				 .seconds,
			 4 * 3600);
}

static void
replies_come_in_both_languages(void **state)
{
	size_t n[2] = { 0, 0 };
	size_t i;
	size_t k;

	(void)state;
	for (i = 0; i < book_reply_count(book); i++) {
		const struct book_reply *r = book_reply_at(book, i);

		for (k = 0; k < r->text_count; k++)
			n[strcmp(r->texts[k].language, "es") == 0]++;
	}
	assert_true(n[0] >= 8);
	assert_int_equal(n[0], n[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reason_is_found),
		cmocka_unit_test(small_talk_has_no_reason),
		cmocka_unit_test(every_channel_has_a_policy),
		cmocka_unit_test(orders_speak_for_themselves),
		cmocka_unit_test(replies_come_in_both_languages),
	};

	return cmocka_run_group_tests(tests, read_book, free_book);
}
