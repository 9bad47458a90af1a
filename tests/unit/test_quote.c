/* What is new in a text: attributions, header blocks, markers, signatures and
 * notices, in six languages and by the forms of common mail programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/mail/quote.h"

#define ROOM ((size_t)4 * 1024 * 1024)
#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static void
cut_is(const char *text, const char *want)
{
	struct buf b;

	buf_init(&b, ROOM);
	(void)quote_cut(&b, text, strlen(text));
	if (strcmp(buf_str(&b), want) != 0)
		print_message("--- of\n%s\n", text);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
stays(const char *text)
{
	cut_is(text, text);
}

/* Copies a form with N for each name and A for each address put in. */
static void
fill(struct buf *b, const char *form, const char *name, const char *address)
{
	buf_clear(b);
	for (; *form != '\0'; form++) {
		if (*form == '@')
			(void)buf_puts(b, address);
		else if (*form == '#')
			(void)buf_puts(b, name);
		else
			(void)buf_putc(b, *form);
	}
}

/* # a name, @ an address */
static const char *const attributions[] = {
	/* Gmail, Apple Mail, Outlook for phones, Thunderbird, others */
	"El lun, 5 ene 2026 a las 9:00, # (<@>) escribió:",
	"El jue, 21 nov. 2024 a la(s) 17:03, # (@) escribió:",
	"El 3 ene 2026, a las 18:21, # <@> escribió:",
	"El 05/01/2026 a las 9:00, # escribió:",
	"El martes, 6 de enero de 2026, 10:15:03 CET, # <@>\nescribió:",
	"El mié., 7 de enero de 2026 9:12 a. m., #\n<@> escribió:",
	"On Mon, Jan 5, 2026 at 9:00 AM # <@> wrote:",
	"On 5 Jan 2026, at 09:00, # <@> wrote:",
	"On Tue, 2026-01-06 at 10:00 +0100, # wrote:",
	"On 1/5/26 9:00 AM, # wrote:",
	"On Monday, January 5th, 2026 at 9:00 AM, # <@>\nwrote:",
	"Am Mo., 5. Jan. 2026 um 09:00 Uhr schrieb # <@>:",
	"Am 05.01.2026 um 09:00 schrieb #:",
	"Am 5. Januar 2026 09:00:12 MEZ schrieb # <@>:",
	"# <@> schrieb am Mo., 5. Jan. 2026 um 09:00:",
	"Le lun. 5 janv. 2026 à 09:00, # <@> a écrit :",
	"Le 05/01/2026 à 09:00, # a écrit :",
	"Le 5 janv. 2026 à 09:00, # <@> a écrit\xc2\xa0:",
	"Em seg., 5 de jan. de 2026 às 09:00, # <@>\nescreveu:",
	"Em 05/01/2026 09:00, # escreveu:",
	"No dia 5 de jan. de 2026, às 09:00, # <@> escreveu:",
	"Il giorno lun 5 gen 2026 alle ore 09:00 # <@> ha scritto:",
	"Il 05/01/2026 09:00, # ha scritto:",
	"Il giorno 5 gen 2026, alle ore 09:00, # <@>\nha scritto:",
	/* beyond the six */
	"Op ma 5 jan 2026 om 09:00 schreef # <@>:",
	"Den mån 5 jan. 2026 kl 09:00 skrev # <@>:",
	"pon., 5 sty 2026 o 09:00 # <@> napisał(a):",
	"El dl., 5 de gen. 2026, 9:00, # <@> va escriure:",
	"Missatge de # <@> del dia dl., 5 de gen.\n2026 a les 9:00:",
	"Igorlea: # (<@>) hau idatzi du (2026 urt. 5(a), al. (09:00)):",
	"O luns, 5 de xan. de 2026 ás 9:00, # (<@>) escribiu:",
	"# <@> escreveu (segunda, 5/01/2026\nà(s) 09:00):",
	"2026年1月5日(月) 9:00 # <@>:",
};

static const char *const names[] = { "Tienda Lola", "José Núñez-Ferrer",
				     "Dr. K. Weiß", "soporte" };
static const char *const addresses[] = { "hola@tienda.example",
					 "j.nunez+web@sub.dominio.es", "x@y.de",
					 "no-reply@shop.example.com" };
static const char *const owns[] = {
	"Sí, gracias.",
	"Hello,\n\nthat is not what I ordered.\n\nBest,\nAnn",
	"Danke!\nIch warte noch.",
	"Toujours rien reçu…",
	"Obrigada, já chegou",
	"Va bene così.\n\nMarta",
};

static void
attributions_are_cut_whoever_wrote(void **state)
{
	struct buf line, text;
	size_t i, k;

	(void)state;
	buf_init(&line, ROOM);
	buf_init(&text, ROOM);
	for (i = 0; i < COUNT(attributions); i++)
		for (k = 0; k < COUNT(names); k++) {
			const char *own = owns[(i + k) % COUNT(owns)];

			fill(&line, attributions[i], names[k], addresses[k]);
			/* above the quote */
			buf_clear(&text);
			(void)buf_printf(&text,
					 "%s\n\n%s\n\n> Hola\n>\n> uno\n", own,
					 buf_str(&line));
			cut_is(buf_str(&text), own);
			/* without marks, as text made of HTML */
			buf_clear(&text);
			(void)buf_printf(&text, "%s\n\n%s\n\nHola:\nuno\n", own,
					 buf_str(&line));
			cut_is(buf_str(&text), own);
			/* below it */
			buf_clear(&text);
			(void)buf_printf(&text, "%s\n> Hola\n> uno\n\n%s\n",
					 buf_str(&line), own);
			cut_is(buf_str(&text), own);
		}
	buf_release(&line);
	buf_release(&text);
}

/* Blocks of fields, as Outlook writes them. */
static const char *const blocks[] = {
	"De: # <@>\nEnviado: lunes, 5 de enero de 2026 9:00\nPara: Ana\n"
	"Asunto: RE: Pedido 12",
	"De: # [mailto:@]\nEnviado el: lunes, 5 de enero de 2026 9:00\n"
	"Para: 'Ana'\nCC: Luis\nAsunto: Pedido",
	"*De:* # <@>\n*Fecha:* lun, 5 ene 2026\n*Para:* Ana\n*Asunto:* Pedido",
	"From: # <@>\nSent: Monday, January 5, 2026 9:00 AM\nTo: Ann\n"
	"Subject: Order",
	"From: # <@>\nDate: Monday, 5 January 2026 at 09:00\nTo: Ann <a@b.es>\n"
	"Subject: Order",
	"Von: # <@>\nGesendet: Montag, 5. Januar 2026 09:00\nAn: Anna\n"
	"Betreff: AW: Bestellung",
	"De : # <@>\nEnvoyé : lundi 5 janvier 2026 09:00\nÀ : Anne\n"
	"Objet : RE: Commande",
	"De\xc2\xa0: # <@>\nDate\xc2\xa0: lundi 5 janvier 2026\nÀ\xc2\xa0: Anne\n"
	"Objet\xc2\xa0: Commande",
	"De: # <@>\nEnviada em: segunda-feira, 5 de janeiro de 2026 09:00\n"
	"Para: Ana\nAssunto: RES: Pedido",
	"Da: # <@>\nInviato: lunedì 5 gennaio 2026 09:00\nA: Anna\n"
	"Oggetto: R: Ordine",
};

static const char *const above_blocks[] = {
	"",
	"________________________________\n",
	"-----Mensaje original-----\n",
	"-----Original Message-----\n",
	"-----Ursprüngliche Nachricht-----\n",
	"-----Message d'origine-----\n",
	"-----Mensagem original-----\n",
	"-----Messaggio originale-----\n"
};

static void
header_blocks_are_cut(void **state)
{
	struct buf block, text;
	size_t i, k;

	(void)state;
	buf_init(&block, ROOM);
	buf_init(&text, ROOM);
	for (i = 0; i < COUNT(blocks); i++)
		for (k = 0; k < COUNT(above_blocks); k++) {
			const char *own = owns[(i + k) % COUNT(owns)];

			fill(&block, blocks[i], names[k % COUNT(names)],
			     addresses[k % COUNT(addresses)]);
			buf_clear(&text);
			(void)buf_printf(&text,
					 "%s\n\n%s%s\n\nHola Ana:\nuno\n", own,
					 above_blocks[k], buf_str(&block));
			cut_is(buf_str(&text), own);
		}
	buf_release(&block);
	buf_release(&text);
}

static void
other_delimiters_are_cut(void **state)
{
	char quoted[2000] = "";
	struct buf b;

	(void)state;
	cut_is("Vale.\n\n-------- Mensaje original --------De: Tienda Lola "
	       "<a@b.es> Fecha: 5/1/26 9:00 (GMT+01:00) A: ana@c.es Asunto: RE: "
	       "Pedido 12 que no llega Hola Ana, ya ha salido.\n",
	       "Vale.");
	cut_is("Vale.\n\n-----Ana Pérez/Tienda wrote: -----\nTo: x\n\nHola\n",
	       "Vale.");
	cut_is("Vale.\n\nGesendet: Montag, 05. Januar 2026 um 09:00 Uhr\n"
	       "Von: \"X\" <x@y.de>\nAn: ana@c.es\nBetreff: Re: a\n\nHallo\n",
	       "Vale.");
	cut_is("Vale.\n\n> Message du 05/01/26 09:00\n> De : \"X\" <x@y.fr>\n"
	       "> A : ana@c.es\n>\n> Bonjour\n",
	       "Vale.");
	cut_is("Vale.\n\n2026/1/5 Lola <a@b.es>\n\n> Hola\n", "Vale.");
	stays("----- Original Nachricht ----\nVon: x@y.de\nAn: a@b.es\n"
	      "Datum: 05.01.2026 09:00\nBetreff: a\n\nHallo");
	/* the quote goes on in the line */
	cut_is("Vale.\n\nEl lun., ene. 5, 2026 a 9:00, Lola<a@b.es> escribió:   "
	       "Hola Ana:\nya ha salido.\n",
	       "Vale.");
	memset(quoted, 'x', sizeof quoted - 1);
	buf_init(&b, ROOM);
	(void)buf_printf(
		&b,
		"Vale.\n\nOn Mon, Jan 5, 2026 at 9:00 AM, Lola<a@b.es> "
		"wrote:   Hola %s\nuno\n",
		quoted);
	cut_is(buf_str(&b), "Vale.");
	buf_release(&b);
	/* blanks that are not seen */
	cut_is("Vale.\xc2\xa0\n\xc2\xa0\nOn 5 Jan 2026, at 09:00, X "
	       "<x@y.de> wrote:\n\xef\xbb\xbf\n> Hi\n",
	       "Vale.");
}

static void
ordinary_words_stay(void **state)
{
	(void)state;
	stays("El otro día mi madre os escribió:\nno hubo respuesta.");
	stays("Dos blancos al final  \n \nse quedan. \n\n");
	stays("El 5 de enero mi madre os escribió:\nno hubo respuesta.");
	stays("El 3 de marzo de 2026 vuestro compañero me escribió:\n"
	      "«llegará mañana». No ha llegado.");
	stays("El 3 de marzo de 2026 a las 9:00 el técnico me escribió:\n"
	      "«mañana». No vino.");
	stays("No vino. El 3 de marzo a las 9:00 nos escribió:\nmañana.");
	stays("On 3 March at 9:00 your driver wrote to me:\ntomorrow.");
	stays("Am 3. März um 9:00 schrieb mir Ihr Fahrer:\nmorgen.");
	stays("Le 3 mars à 9h00 votre livreur m'a écrit :\ndemain.");
	stays("Il 3 marzo alle 9:00 il corriere mi ha scritto:\ndomani.");
	stays("Em 3 de março às 9:00 o estafeta escreveu-me:\namanhã.");
	stays("El vendedor me cobró 13.50 y me escribió:\nno hay cambio.");
	stays("On the 2 boxes somebody wrote:\nfragile. Both broke.");
	stays("Am 5. Januar schrieb mir Ihr Kollege:\nkommt morgen.");
	stays("Le 5 janvier votre collègue m'a écrit :\nc'est parti.");
	stays("Il 5 gennaio mi avete scritto:\narriva domani.");
	stays("De: Madrid\nA: Sevilla\nllegó roto.");
	stays("Mi paquete no llega.\nEnviado desde Madrid el martes.");
	stays("My parcel is late.\nSent by courier on Monday");
	stays("Il pacco manca.\nInviato da Roma");
	stays("Para la tarjeta del regalo:\nDe: Ana\nPara: Luis\n"
	      "Fecha: 5 de enero\nTexto: feliz cumpleaños");
	stays("De: nadie\nsin más.");
	stays("Para: mi hermana\nAsunto: regalo");
	stays("El total es:\n> 20 euros\ny no 30.\n> 10 de más\nGracias");
	stays("Mi mensaje original no tuvo respuesta.\nUn saludo");
	stays("Reenviado ayer, mensaje reenviado dos veces.");
	stays("Os lo he enviado desde mi cuenta de siempre, y la foto también, "
	      "pero como no contestáis lo vuelvo a mandar otra vez hoy por si "
	      "acaso no os hubiera llegado, que ya no sé qué pensar de esto.");
	stays("Este mensaje es el segundo: por error puse mal el destinatario.");
}

static void
answers_between_quotes_stay(void **state)
{
	(void)state;
	stays("> ¿Cuándo?\nMañana\n> ¿Dónde?\nAquí");
	stays("On Mon, 5 Jan 2026 at 09:00, X <x@y.de> wrote:\n> When?\n"
	      "Tomorrow.\n> Where?\nHere.");
	stays("Ver abajo.\n\nEl lun, 5 ene 2026 a las 9:00, X <x@y.es> "
	      "escribió:\n> ¿Color?\nRojo\n> ¿Talla?\nLa M\n");
}

static void
our_marker_goes_first(void **state)
{
	/* lines above it in languages that nobody here knows */
	static const char *const above[] = {
		"",
		"\nEl lun, 5 ene 2026 a las 9:00, X <x@y.es> escribió:\n",
		"\n2026. gada 5. janv. 09:00 X <x@y.es> tā vēstīja:\n",
		"\nX <x@y.es> kirjutas kuupäeval 5.01.2026:\n",
		"\nNo: X <x@y.es>\nKam: Ana\nTēma: Pasūtījums\n",
		"\nDe: X <x@y.es>\nEnviado: lunes\nPara: Ana\nAsunto: x\n",
	};
	static const char *const markers[] = {
		"-- Responde por encima de esta línea --",
		"-- Reply above this line --",
		"— Reply above this line —",
		"*-- Responde por encima de esta línea --*",
		"-- REPLY ABOVE THIS LINE --",
	};
	struct buf text;
	size_t i, k;

	(void)state;
	buf_init(&text, ROOM);
	for (i = 0; i < COUNT(above); i++)
		for (k = 0; k < COUNT(markers); k++) {
			buf_clear(&text);
			(void)buf_printf(&text,
					 "Talla M.\n\nLola\n%s\n%s\n\nHola, "
					 "Ana:\nuno\n",
					 above[i], markers[k]);
			cut_is(buf_str(&text), "Talla M.\n\nLola");
			buf_clear(&text);
			(void)buf_printf(&text,
					 "Talla M.\n%s\n> %s\n>\n> Hola,\n"
					 "> uno\n",
					 above[i], markers[k]);
			cut_is(buf_str(&text), "Talla M.");
		}
	buf_release(&text);
	/* answered below, or line by line */
	cut_is("El lun, 5 ene 2026 a las 9:00, X <x@y.es> escribió:\n"
	       "> -- Reply above this line --\n> Hola\n\nTalla M.\n",
	       "Talla M.");
	stays("Abajo:\n> -- Reply above this line --\n> ¿Color?\nRojo\n"
	      "> ¿Talla?\nLa M");
	stays("I did reply above this line, as you asked me to.");
}

static void
signatures_are_cut(void **state)
{
	static const char *const mobiles[] = {
		"Enviado desde mi iPhone",
		"Enviado desde mi Samsung Galaxy A52",
		"Enviado desde Correo para Windows 10",
		"Enviado desde Yahoo Mail con Android",
		"Sent from Proton Mail mobile",
		"Obtener Outlook para iOS",
		"Sent from my iPad",
		"Get Outlook for Android<https://aka.ms/x>",
		"Von meinem iPhone gesendet",
		"Gesendet mit der GMX Mail App",
		"Envoyé de mon iPhone",
		"Télécharger Outlook pour iOS",
		"Enviado do meu iPhone",
		"Enviado a partir do meu telemóvel",
		"Inviato da iPhone",
		"Ottieni Outlook per Android",
	};
	struct buf text;
	size_t i;

	(void)state;
	buf_init(&text, ROOM);
	for (i = 0; i < COUNT(mobiles); i++) {
		const char *own = owns[i % COUNT(owns)];

		buf_clear(&text);
		(void)buf_printf(&text, "%s\n\n%s\n", own, mobiles[i]);
		cut_is(buf_str(&text), own);
		buf_clear(&text);
		(void)buf_printf(&text,
				 "%s\n\n%s\n\nOn 5 Jan 2026, at 09:00, X "
				 "<x@y.de> wrote:\n\n> Hi\n",
				 own, mobiles[i]);
		cut_is(buf_str(&text), own);
	}
	buf_release(&text);
	cut_is("Vale.\n-- \nAna Pérez\nCalle Mayor 1\n", "Vale.");
	cut_is("Vale.\n\n--\nAna\n\nOn 5 Jan 2026, at 09:00, X <x@y.de> wrote:\n"
	       "> Hi\n",
	       "Vale.");
	stays("Un saludo,\nAna Pérez\nTel. 600 000 000");
}

static const char *const notices[] = {
	"AVISO LEGAL: Este mensaje y sus archivos adjuntos van dirigidos "
	"exclusivamente a su destinatario y pueden contener información "
	"confidencial. Si lo ha recibido por error, le rogamos que lo elimine.",
	"De conformidad con el Reglamento (UE) 2016/679 (RGPD), le informamos "
	"de que sus datos se tratan conforme a la normativa de protección de "
	"datos. Este correo es confidencial y para su destinatario.",
	"This e-mail and any attachments are confidential and intended solely "
	"for the addressee. If you have received this message in error, please "
	"notify the sender and delete it. Any disclosure is prohibited.",
	"CONFIDENTIALITY NOTICE: the contents of this email are confidential "
	"and for the intended recipient.",
	"Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der "
	"richtige Adressat sind oder diese E-Mail irrtümlich erhalten haben, "
	"vernichten Sie sie bitte. Das unbefugte Kopieren ist nicht gestattet.",
	"Ce message et ses pièces jointes sont confidentiels et destinés à leur "
	"destinataire. Si vous l'avez reçu par erreur, merci de le détruire; "
	"toute divulgation est interdite.",
	"Esta mensagem e seus anexos são confidenciais e destinam-se ao "
	"destinatário. Se a recebeu por engano, apague-a; a sua divulgação é "
	"proibida.",
	"Questo messaggio e gli allegati sono riservati al destinatario. Se "
	"ricevuto per errore siete pregati di cancellarlo: ne è vietata la "
	"diffusione.",
	"Antes de imprimir este correo, piensa en el medio ambiente.",
	"Please consider the environment before printing this email",
	"Libre de virus.www.avast.com",
};

static void
legal_notices_are_cut(void **state)
{
	struct buf text;
	size_t i;

	(void)state;
	buf_init(&text, ROOM);
	for (i = 0; i < COUNT(notices); i++) {
		const char *own = owns[i % COUNT(owns)];

		buf_clear(&text);
		(void)buf_printf(&text, "%s\n\n%s\n", own, notices[i]);
		cut_is(buf_str(&text), own);
		/* two of them, a rule between, history below */
		buf_clear(&text);
		(void)buf_printf(&text,
				 "%s\n\n____\n%s\n\n%s\n\n-----Original "
				 "Message-----\nFrom: x\n\nHi\n",
				 own, notices[i],
				 notices[(i + 1) % COUNT(notices)]);
		cut_is(buf_str(&text), own);
		/* one alone is all there is */
		stays(notices[i]);
	}
	buf_release(&text);
	/* below a rule, in many paragraphs */
	cut_is("Hola.\n\n**********\n\nEl correo no es un medio seguro.\n\n"
	       "Va dirigido a su destinatario.\n\nEs confidencial; si lo recibe "
	       "por error, avísenos.\n\nGracias.\n\n**********\n",
	       "Hola.");
	stays("Uno.\n----------\nDos, que es confidencial.\n\nTres, que no es "
	      "para otro destinatario que vosotros, y lo digo en serio, de "
	      "verdad que sí, sin más que añadir.");
	cut_is("Hola.\n\nAVISO LEGAL\n\nEste mensaje es confidencial y para su "
	       "destinatario.\n",
	       "Hola.");
}

static void
when_all_would_go_all_stays(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, ROOM);
	assert_false(quote_cut(&b, "Enviado desde mi móvil", 23));
	assert_string_equal(buf_str(&b), "Enviado desde mi móvil");
	buf_clear(&b);
	assert_true(quote_cut(&b, "Hola\n> cita", 11));
	assert_string_equal(buf_str(&b), "Hola");
	buf_release(&b);
	stays("On 5 Jan 2026, X <a@b> wrote:\n> hi");
	stays("> solo cita");
	stays("Enviado desde mi iPhone");
	stays("");
}

/* --- hostile texts --------------------------------------------------------------- */

#define HOSTILE ((size_t)1024 * 1024)
#define SECONDS_MAX 60.0 /* of processor; one takes far less than one */

/* Processor time for a megabyte made of a piece. */
static double
seconds(const char *piece)
{
	size_t k = strlen(piece);
	char *text = mem_new(HOSTILE + k, 1);
	struct buf b;
	clock_t began;
	double s;
	size_t i;

	for (i = 0; i < HOSTILE; i += k)
		memcpy(text + i, piece, k);
	buf_init(&b, ROOM);
	began = clock();
	(void)quote_cut(&b, text, HOSTILE);
	s = (double)(clock() - began) / CLOCKS_PER_SEC;
	assert_true(b.len > 0);
	buf_release(&b);
	mem_free(text);
	return s;
}

/* What makes programs look again and again: one that is square in any of
 * these would be at it for hours. */
static void
hostile_texts_end_soon(void **state)
{
	static const char *const pieces[] = {
		"On ",
		"On 1 On 1 On 1 On 1 On 1 On 1 On 1 On 1 On 1 On 1 On 1 On 1:\n",
		"On 5 Jan 2026, at 09:00, a <a@b> wrote\n",
		"On 5 Jan 2026, at 09:00, a <a@b> wrote:\n> q\na\n",
		"a El 1\n",
		"> ",
		"> a\nb\n",
		"\n",
		"-- \n",
		"_",
		"From: a\n",
		"From: a\nx\n\n",
		"Date: a\n",
		"-----Original Message-----\n",
		"---------- Forwarded message ----------\n",
		"Begin forwarded message:\n\n\n",
		"> Begin forwarded message:\n>\n>\n",
		"-- Reply above this line\n",
		"> -- Reply above this line --\na\n",
		"confidential addressee \n\n",
		"Este mensaje es confidencial. destinatario por error\n\n",
		"Sent from my \n",
		"escribió escribió escribió escribió 2026 9:00 @ :\n",
		"\xe2\x80\x94",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(pieces); i++)
		assert_true(seconds(pieces[i]) < SECONDS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributions_are_cut_whoever_wrote),
		cmocka_unit_test(header_blocks_are_cut),
		cmocka_unit_test(other_delimiters_are_cut),
		cmocka_unit_test(ordinary_words_stay),
		cmocka_unit_test(answers_between_quotes_stay),
		cmocka_unit_test(our_marker_goes_first),
		cmocka_unit_test(signatures_are_cut),
		cmocka_unit_test(legal_notices_are_cut),
		cmocka_unit_test(when_all_would_go_all_stays),
		cmocka_unit_test(hostile_texts_end_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
