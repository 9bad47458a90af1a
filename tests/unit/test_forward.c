/* Mails that were sent on, taken apart, in the forms of common mail programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "gateways/mail/forward.h"
#include "gateways/mail/reply.h"

#define ROOM ((size_t)1024 * 1024)
#define COUNT(list) (sizeof(list) / sizeof(*(list)))

/* # a name, @ an address, $ a subject */
struct form {
	const char *subject; /* of the mail that sends it on */
	const char *head;
};

static const struct form forms[] = {
	/* Gmail, in every language with English marks or its own */
	{ "Fwd: $",
	  "---------- Forwarded message ---------\nDe: # <@>\n"
	  "Date: lun, 5 ene 2026 a las 9:00\nSubject: $\nTo: <z@z.es>" },
	{ "Fwd: $",
	  "---------- Forwarded message ---------\nFrom: # <@>\n"
	  "Date: Mon, Jan 5, 2026 at 9:00 AM\nSubject: $\nTo: <z@z.es>" },
	{ "", "---------- Mensaje reenviado ----------\nDe: # <@>\n"
	      "Fecha: 5 de enero de 2026\nAsunto: $\nPara: Z" },
	{ "WG: $", "---------- Weitergeleitete Nachricht ---------\n"
		   "Von: # <@>\nDatum: Mo., 5. Jan. 2026\nBetreff: $\nAn: Z" },
	{ "TR: $", "---------- Message transféré ---------\nDe : # <@>\n"
		   "Date : lun. 5 janv. 2026\nObjet : $\nÀ : Z" },
	{ "ENC: $", "---------- Mensagem encaminhada ---------\nDe: # <@>\n"
		    "Data: seg., 5 de jan. de 2026\nAssunto: $\nPara: Z" },
	{ "I: $", "---------- Messaggio inoltrato ---------\nDa: # <@>\n"
		  "Data: lun 5 gen 2026\nOggetto: $\nA: Z" },
	/* Apple Mail */
	{ "Fwd: $", "Begin forwarded message:\n\nFrom: # <@>\nSubject: $\n"
		    "Date: 5 January 2026 at 09:00:00 CET\nTo: z@z.es" },
	{ "Fwd: $", "> Begin forwarded message:\n>\n> From: # <@>\n"
		    "> Subject: $\n> Date: 5 January 2026\n> To: z@z.es" },
	{ "RV: $", "Inicio del mensaje reenviado:\n\nDe: # <@>\nAsunto: $\n"
		   "Fecha: 5 de enero de 2026\nPara: z@z.es" },
	{ "Fwd: $", "Anfang der weitergeleiteten Nachricht:\n\nVon: # <@>\n"
		    "Betreff: $\nDatum: 5. Januar 2026\nAn: z@z.es" },
	{ "Fwd: $", "Début du message réexpédié :\n\nDe: # <@>\nObjet: $\n"
		    "Date: 5 janvier 2026\nÀ: z@z.es" },
	{ "Fwd: $", "Inizio messaggio inoltrato:\n\nDa: # <@>\nOggetto: $\n"
		    "Data: 5 gennaio 2026\nA: z@z.es" },
	{ "Fwd: $", "Início da mensagem encaminhada:\n\nDe: # <@>\n"
		    "Assunto: $\nData: 5 de janeiro de 2026\nPara: z@z.es" },
	/* Thunderbird */
	{ "Fwd: $", "-------- Mensaje reenviado --------\nAsunto: \t$\n"
		    "Fecha: \tMon, 5 Jan 2026\nDe: \t# <@>\nPara: \tz@z.es" },
	{ "Fwd: $", "-------- Forwarded Message --------\nSubject: \t$\n"
		    "Date: \tMon, 5 Jan 2026\nFrom: \t# <@>\nTo: \tz@z.es" },
	/* Outlook: only the subject tells them from replies */
	{ "RV: $", "De: # <@>\nEnviado: lunes, 5 de enero de 2026 9:00\n"
		   "Para: Z\nAsunto: $" },
	{ "RV: $", "-----Mensaje original-----\nDe: # [mailto:@]\n"
		   "Enviado el: lunes, 5 de enero de 2026 9:00\nPara: Z\n"
		   "Asunto: $" },
	{ "FW: $", "________________________________\nFrom: # <@>\n"
		   "Sent: Monday, January 5, 2026 9:00 AM\nTo: Z\nSubject: $" },
	{ "WG: $", "Von: # <@>\nGesendet: Montag, 5. Januar 2026 09:00\n"
		   "An: Z\nBetreff: $" },
	{ "TR: $", "De : # <@>\nEnvoyé : lundi 5 janvier 2026 09:00\n"
		   "À : Z\nObjet : $" },
	{ "ENC: $", "De: # <@>\nEnviada em: segunda-feira, 5 de janeiro\n"
		    "Para: Z\nAssunto: $" },
	{ "I: $", "Da: # <@>\nInviato: lunedì 5 gennaio 2026 09:00\nA: Z\n"
		  "Oggetto: $" },
};

static const char *const names[] = { "Tienda Lola", "José Núñez", "K. Weiß" };
static const char *const addresses[] = { "hola@tienda.example",
					 "j.nunez+web@dominio.es", "x@y.de" };
static const char *const titles[] = { "Tu pedido 123", "Re: Größe",
				      "Facture n° 7" };
static const char *const owns[] = {
	"Me ha llegado esto, ¿qué hago?",
	"Hello,\n\nis this from you?\n\nAnn",
	"Bitte prüfen Sie das.",
};

static void
fill(struct buf *b, const char *form, size_t k)
{
	buf_clear(b);
	for (; *form != '\0'; form++) {
		if (*form == '@')
			(void)buf_puts(b, strncmp(form, "@z.es", 5) == 0
						  ? "@"
						  : addresses[k]);
		else if (*form == '#')
			(void)buf_puts(b, names[k]);
		else if (*form == '$')
			(void)buf_puts(b, titles[k]);
		else
			(void)buf_putc(b, *form);
	}
}

static const char *
str(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

/* What is new in a text, checked; returns what it sends on. */
static json_t *
reply_is(const char *subject, const char *text, const char *want)
{
	struct reply_of r = {
		.subject = subject,
		.text = text,
		.text_len = strlen(text),
		.source = text,
		.source_len = strlen(text),
	};
	struct buf out;
	json_t *f;

	buf_init(&out, ROOM);
	f = reply_find(&r, &out);
	if (strcmp(buf_str(&out), want) != 0)
		print_message("--- of\n%s\n", text);
	assert_string_equal(buf_str(&out), want);
	buf_release(&out);
	return f;
}

static void
check_parts(const json_t *f, const char *text, const char *head, size_t k)
{
	const json_t *from = json_object_get(f, "from");

	assert_true(json_is_object(f));
	assert_int_equal(json_integer_value(json_object_get(f, "at")),
			 strstr(text, head) - text);
	assert_string_equal(str(from, "name"), names[k]);
	assert_string_equal(str(from, "address"), addresses[k]);
	assert_string_equal(str(f, "subject"), titles[k]);
}

static void
forwards_are_taken_apart(void **state)
{
	struct buf head, subject, text;
	size_t i, k;

	(void)state;
	buf_init(&head, ROOM);
	buf_init(&subject, ROOM);
	buf_init(&text, ROOM);
	for (i = 0; i < COUNT(forms); i++)
		for (k = 0; k < COUNT(names); k++) {
			json_t *f;

			fill(&subject, forms[i].subject, k);
			fill(&head, forms[i].head, k);
			/* with words of one's own, a signature below them */
			buf_clear(&text);
			(void)buf_printf(&text,
					 "%s\n\nEnviado desde mi iPhone\n\n"
					 "%s\n\nHola, Ana:\nuno\n",
					 owns[k], buf_str(&head));
			f = reply_is(buf_str(&subject), buf_str(&text),
				     owns[k]);
			check_parts(f, buf_str(&text), buf_str(&head), k);
			json_decref(f);
			/* without: all of it is what they say */
			buf_clear(&text);
			(void)buf_printf(&text, "FYI\n\n%s\n\nHola:\nuno",
					 buf_str(&head));
			f = reply_is(buf_str(&subject), buf_str(&text),
				     buf_str(&text));
			check_parts(f, buf_str(&text), buf_str(&head), k);
			json_decref(f);
		}
	buf_release(&head);
	buf_release(&subject);
	buf_release(&text);
}

static void
replies_are_no_forwards(void **state)
{
	static const char *const subjects[] = { "Re: Pedido", "RE: FW: x",
						"Pedido", "" };
	static const char block[] =
		"Talla M.\n\nDe: X <x@y.es>\nEnviado: lunes, 5 de enero\n"
		"Para: Ana\nAsunto: RE: Pedido\n\nHola\n";
	static const char within[] =
		"Talla M.\n\nEl lun, 5 ene 2026 a las 9:00, X <x@y.es> "
		"escribió:\n> ---------- Forwarded message ---------\n"
		"> From: Y <y@y.es>\n> Subject: a\n>\n> b\n";
	static const char below[] =
		"> Hola\n> ---------- Forwarded message ---------\n"
		"> From: Y <y@y.es>\n> Subject: a\nTalla M.";
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(subjects); i++) {
		json_t *f = reply_is(subjects[i], block, "Talla M.");

		assert_true(json_is_null(f));
		f = reply_is(subjects[i], within, "Talla M.");
		assert_true(json_is_null(f));
		f = reply_is("RV: Pedido", within, "Talla M.");
		assert_true(json_is_null(f));
		f = reply_is(subjects[i], below, below);
		assert_true(json_is_null(f));
		f = reply_is(subjects[i],
			     "He reenviado el mensaje reenviado:\nnada.",
			     "He reenviado el mensaje reenviado:\nnada.");
		assert_true(json_is_null(f));
	}
}

static void
subjects_say_that_it_was_sent_on(void **state)
{
	static const char *const yes[] = { "Fwd: a",   "FW: a",     "fwd : a",
					   "RV: a",    "WG: Re: a", "TR : a",
					   "ENC: a",   "I: a",      "[Fwd: a]",
					   "Fwd[2]: a" };
	static const char *const no[] = { "Re: Fwd: a", "a Fwd: b", "Fwdx: a",
					  "Trip: a",    "I am",     "" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(yes); i++)
		assert_true(forward_subject(yes[i]));
	for (i = 0; i < COUNT(no); i++)
		assert_false(forward_subject(no[i]));
}

static void
odd_fields_do_no_harm(void **state)
{
	json_t *f = reply_is("", "---------- Forwarded message ---------\nhola",
			     "---------- Forwarded message ---------\nhola");

	(void)state;
	assert_int_equal(json_object_size(f), 1); /* at */
	json_decref(f);
	/* a name alone; a subject of two lines */
	f = reply_is("Fwd: x",
		     "Mira esto, anda\n\n---- Forwarded message ----\n"
		     "From: Ana Pérez\nSubject: uno\n dos\nTo: z\n\nhola",
		     "Mira esto, anda");
	assert_string_equal(str(json_object_get(f, "from"), "name"),
			    "Ana Pérez");
	assert_string_equal(str(json_object_get(f, "from"), "address"), "");
	assert_string_equal(str(f, "subject"), "uno dos");
	json_decref(f);
	f = reply_is("Fwd: x",
		     "Mira esto, anda\n\n---- Forwarded message ----\n"
		     "From: <>\nSubject:\nTo: z\n\nhola",
		     "Mira esto, anda");
	assert_null(json_object_get(f, "subject"));
	json_decref(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forwards_are_taken_apart),
		cmocka_unit_test(replies_are_no_forwards),
		cmocka_unit_test(subjects_say_that_it_was_sent_on),
		cmocka_unit_test(odd_fields_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
