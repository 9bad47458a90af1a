#include "tests/bench/words.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void
dice_begin(struct dice *d, uint64_t seed)
{
	/* splitmix64 spreads seeds that are near each other */
	uint64_t z = seed + UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	d->at = z ^ (z >> 31);
	if (d->at == 0)
		d->at = 1;
}

static uint64_t
dice_next(struct dice *d)
{
	d->at ^= d->at >> 12;
	d->at ^= d->at << 25;
	d->at ^= d->at >> 27;
	return d->at * UINT64_C(0x2545f4914f6cdd1d);
}

uint64_t
dice_below(struct dice *d, uint64_t n)
{
	return (dice_next(d) >> 11) % n;
}

double
dice_share(struct dice *d)
{
	return (double)(dice_next(d) >> 11) / 9007199254740992.0;
}

int
dice_once_in(struct dice *d, uint64_t n)
{
	return dice_below(d, n) == 0;
}

/* A topic's subject and first sentence; its rule looks for a word of both. */
struct topic {
	const char *subject;
	const char *first;
};

static const struct topic topics[WORDS_TOPICS] = {
	{ "¿Dónde está mi pedido?",
	  "¿Me podéis decir dónde está mi pedido? No ha llegado todavía." },
	{ "Where is my parcel", "Where is my parcel? The tracking says "
				"nothing since Monday." },
	{ "Quiero una devolución",
	  "Quiero hacer una devolución, la talla no me queda bien." },
	{ "Refund not received",
	  "You said the refund would take five days and it is not here." },
	{ "Factura", "Necesito la factura de mi pedido con el NIF de la "
		     "empresa." },
	{ "Llegó roto", "El paquete llegó roto y falta una de las tazas." },
	{ "Cambio de dirección",
	  "¿Puedo hacer un cambio de dirección? Me he mudado esta semana." },
	{ "Broken on arrival",
	  "It was broken on arrival and I would like a new one." },
	{ "Pregunta sobre el producto",
	  "¿Esta chaqueta es impermeable y se puede lavar en casa?" },
	{ "Cancelar pedido",
	  "Quiero cancelar el pedido que hice esta mañana." },
	{ "Mis datos", "Pido que borréis mis datos según el reglamento." },
	{ "Hola", "Hola, tengo una duda y no sé a quién preguntar." },
};

static const char *const common[] = {
	"de",          "la",         "que",        "el",         "en",
	"y",           "a",          "los",        "se",         "del",
	"las",         "un",         "por",        "con",        "no",
	"una",         "su",         "para",       "es",         "al",
	"lo",          "como",       "más",        "pero",       "sus",
	"le",          "ya",         "o",          "este",       "sí",
	"porque",      "esta",       "cuando",     "muy",        "sin",
	"sobre",       "también",    "me",         "hasta",      "hay",
	"donde",       "quien",      "desde",      "todo",       "nos",
	"durante",     "días",       "uno",        "ni",         "contra",
	"ese",         "eso",        "tienda",     "cliente",    "correo",
	"semana",      "mañana",     "tarde",      "gracias",    "saludo",
	"envío",       "caja",       "transporte", "almacén",    "tarjeta",
	"banco",       "precio",     "cuenta",     "color",      "azul",
	"verde",       "negro",      "talla",      "pequeña",    "grande",
	"chaqueta",    "taza",       "lámpara",    "mesa",       "silla",
	"zapatos",     "libro",      "regalo",     "cumpleaños", "número",
	"seguimiento", "repartidor", "vecino",     "portal",     "casa",
	"trabajo",     "horario",    "llamada",    "teléfono",   "mensaje",
	"respuesta",   "esperar",    "llegar",     "recibir",    "mandar",
	"cambiar",     "pagar",      "comprar",    "abrir",      "mirar",
	"decir",       "saber",      "the",        "and",        "you",
	"for",         "with",       "order",      "please",     "thanks",
	"have",        "would",      "like",       "know",       "when",
	"week",        "still",      "waiting",    "today",      "box",
	"card",        "money",      "shop",       "address",    "name",
	"new",         "old",
};

static const char *const answers[] = {
	"Hola, gracias por escribirnos.",
	"Hola, sentimos la espera.",
	"Hello, thank you for your message.",
	"Buenos días, lo hemos mirado con el almacén.",
	"Hola, ya está en camino.",
	"Hello, we have sent you a new one.",
	"Buenas tardes, te devolvemos el dinero hoy mismo.",
};

static const char *const firsts[] = {
	"Lucía",  "Hugo",   "Martín", "Sofía",  "María",   "Leo",
	"Daniel", "Paula",  "Julia",  "Mateo",  "Valeria", "Álvaro",
	"Emma",   "Carmen", "Diego",  "Ainhoa", "Iker",    "Nerea",
	"Pau",    "Laia",   "Xoán",   "Uxía",   "Begoña",  "Íñigo",
	"John",   "Mary",   "Peter",  "Anna",   "Zoë",     "Søren",
};

static const char *const lasts[] = {
	"García",    "Martínez", "López",    "Sánchez",  "Pérez",      "Gómez",
	"Fernández", "Ruiz",     "Díaz",     "Álvarez",  "Moreno",     "Muñoz",
	"Romero",    "Alonso",   "Torres",   "Navarro",  "Ramos",      "Gil",
	"Serrano",   "Blanco",   "Molina",   "Suárez",   "Ortega",     "Rubio",
	"Iglesias",  "Medina",   "Castillo", "Cortés",   "Smith",      "Jones",
	"Müller",    "Ibáñez",   "Peña",     "Quintana", "Etxeberria", "Vidal",
};

static const char *const domains[] = { "correo.example", "mail.example",
				       "casa.example", "buzon.example",
				       "post.example" };

#define RULE(name, pattern, then, yes)                                         \
	"rule \"" name "\" {\n    on contact\n"                                \
	"    if subject or body matches /" pattern "/\n"                       \
	"    then " then "\n    example \"" yes "\"\n"                         \
	"    counterexample \"nada\"\n}\n"

static const char book_text[] =
	"queue \"general\" { title \"General\" }\n"
	"queue \"pedidos\" { title \"Pedidos y envíos\" }\n"
	"queue \"devoluciones\" { title \"Devoluciones\" }\n"
	"queue \"facturacion\" { title \"Facturación\" }\n"
	"queue \"producto\" { title \"Producto\" }\n"
	"queue \"privacidad\" { title \"Privacidad\" }\n"
	"queue \"mayoristas\" { title \"Mayoristas\" }\n"
	"queue \"averias\" { title \"Averías\" }\n"
	"calendar \"tienda\" {\n"
	"    timezone \"Europe/Madrid\"\n"
	"    mon-fri 09:00-14:00, 16:00-19:00\n"
	"}\n"
	"policy \"correo\" {\n"
	"    via email, form, phone, whatsapp\n"
	"    calendar \"tienda\"\n"
	"    first response 4h\n"
	"    next response 8h\n"
	"}\n" RULE(
		"dónde", "\\bd[oó]nde est[aá] mi pedido\\b",
		"reason order_status, queue \"pedidos\", tag \"envio\"",
		"dónde está mi pedido") RULE("where",
					     "\\bwhere is my (parcel|order)\\b",
					     "reason order_status, queue \"pedidos\", tag \"envio\"",
					     "where is my parcel") RULE("devolución",
									"\\bdevoluci[oó]n\\b",
									"reason return_request, queue \"devoluciones\", "
									"tag \"devolucion\"",
									"una devolución")
		RULE("refund", "\\brefund\\b",
		     "reason refund_status, queue \"devoluciones\", "
		     "priority high, tag \"dinero\"",
		     "my refund") RULE("factura", "\\bfactura\\b",
				       "reason invoice, queue \"facturacion\", tag \"factura\"",
				       "la factura") RULE("roto",
							  "\\blleg[oó] roto\\b",
							  "reason damaged, queue \"averias\", priority high, tag \"roto\"",
							  "llegó roto") RULE("broken",
									     "\\bbroken on arrival\\b",
									     "reason damaged, queue \"averias\", priority high, tag \"roto\"",
									     "broken on arrival")
			RULE("dirección", "\\bcambio de direcci[oó]n\\b",
			     "reason address_change, queue \"pedidos\", tag \"direccion\"",
			     "un cambio de dirección") RULE("producto",
							    "\\bimpermeable\\b",
							    "reason product_question, queue \"producto\", priority low",
							    "es impermeable")
				RULE("cancelar", "\\bcancelar (el )?pedido\\b",
				     "reason cancel_request, queue \"pedidos\", priority urgent, tag \"cancelar\"",
				     "cancelar el pedido") RULE("datos",
								"\\bmis datos\\b",
								"reason privacy_request, queue \"privacidad\", tag \"privacidad\"",
								"mis datos")
					RULE("mayorista",
					     "\\b(mayorista|wholesale)\\b",
					     "queue \"mayoristas\", tag \"mayorista\"",
					     "soy mayorista") RULE("regalo",
								   "\\bcumplea[nñ]os\\b",
								   "tag \"regalo\"",
								   "un cumpleaños")
						RULE("banco", "\\bbanco\\b", "tag \"banco\"", "mi banco") RULE(
							"abogado",
							"\\b(abogado|lawyer)\\b",
							"priority urgent, tag \"abogado\"",
							"mi abogado") RULE("prensa",
									   "\\b(periodista|press office)\\b",
									   "tag \"prensa\"",
									   "un periodista")
							RULE("vecino",
							     "\\bvecino\\b",
							     "tag \"vecino\"",
							     "el vecino") RULE("lámpara",
									       "\\bl[aá]mpara\\b",
									       "tag \"lampara\"",
									       "la lámpara")
								RULE("urgente",
								     "\\burgent(e)?\\b",
								     "priority urgent",
								     "es urgente")
									RULE("gracias",
									     "\\bmuchas gracias por nada\\b",
									     "tag \"enfado\"",
									     "muchas gracias por nada");
#undef RULE

const char *
words_book(void)
{
	return book_text;
}

void
words_rare(unsigned n, char out[24])
{
	static const char *const parts[] = { "ba", "cor", "du",  "fe", "gol",
					     "hi", "jun", "lar", "mo", "nes",
					     "pi", "quo", "ras", "ti", "vun",
					     "xe", "zal" };
	unsigned k = (n % WORDS_RARE) * 7 + 83521;
	size_t used = 0;

	out[0] = '\0';
	while (k > 0 && used < 16) {
		int more = snprintf(out + used, 24 - used, "%s",
				    parts[k % COUNT(parts)]);

		used += (size_t)more;
		k /= COUNT(parts);
	}
}

static const char *
common_word(struct dice *d)
{
	/* the first ones are the most frequent, as in any language */
	double u = dice_share(d);

	return common[(size_t)(u * u * (double)COUNT(common))];
}

static void
words_some(struct dice *d, size_t bytes, struct buf *out)
{
	size_t end = out->len + bytes;
	unsigned n = 0;

	while (out->len < end) {
		const char *w = common_word(d);

		(void)buf_printf(out, "%s%s", n % 14 == 0 ? "\n" : " ", w);
		n++;
	}
	(void)buf_printf(out, ".");
	if (dice_once_in(d, WORDS_RARE_EVERY)) {
		double u = dice_share(d);
		char word[24];

		words_rare((unsigned)(u * WORDS_RARE), word);
		(void)buf_printf(out, " Modelo %s.", word);
	}
	if (dice_once_in(d, 3))
		(void)buf_printf(out, "\nPedido %llu.",
				 100000000ull + (unsigned long long)dice_below(
							d, 900000000));
	(void)buf_printf(out, "\n");
}

void
words_subject(struct dice *d, unsigned topic, struct buf *out)
{
	(void)buf_printf(out, "%s", topics[topic].subject);
	if (dice_once_in(d, 2))
		(void)buf_printf(
			out, " %llu",
			10000ull + (unsigned long long)dice_below(d, 90000));
}

void
words_contact(struct dice *d, unsigned topic, size_t bytes, struct buf *out)
{
	(void)buf_printf(out, "%s", topics[topic].first);
	words_some(d, bytes, out);
}

void
words_answer(struct dice *d, size_t bytes, struct buf *out)
{
	(void)buf_printf(out, "%s", answers[dice_below(d, COUNT(answers))]);
	words_some(d, bytes, out);
}

void
words_name(uint64_t person, char out[WORDS_NAME_MAX])
{
	struct dice d;

	dice_begin(&d, person);
	(void)snprintf(out, WORDS_NAME_MAX, "%s %s %s",
		       firsts[dice_below(&d, COUNT(firsts))],
		       lasts[dice_below(&d, COUNT(lasts))],
		       lasts[dice_below(&d, COUNT(lasts))]);
}

void
words_address(uint64_t person, char out[WORDS_ADDRESS_MAX])
{
	struct dice d;
	char part[24];

	dice_begin(&d, person);
	words_rare((unsigned)dice_below(&d, WORDS_RARE), part);
	(void)snprintf(out, WORDS_ADDRESS_MAX, "%s.%llu@%s", part,
		       (unsigned long long)person,
		       domains[dice_below(&d, COUNT(domains))]);
}
