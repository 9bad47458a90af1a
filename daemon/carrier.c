#include "daemon/carrier.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "daemon/base/ascii.h"
#include "daemon/base/buf.h"

#define NAME_MAX_OCTETS 64 /* of a carrier's letters and digits, with NUL */
#define URL_MAX 1024

#define CHRONOPOST                                                             \
	"https://www.chronopost.fr/tracking-no-cms/suivi-page?listeNumerosLT="
#define CORREOS                                                                \
	"https://www.correos.es/es/es/herramientas/localizador/envios/"        \
	"detalle?tracking-number="
#define CORREOS_EXPRESS "https://s.correosexpress.com/c?n="
#define CTT "https://www.cttexpress.com/localizador-de-envios/?sc="
#define DHL "https://www.dhl.com/global-en/home/tracking.html?tracking-id="
#define DPD "https://tracking.dpd.de/parcelstatus?query="
#define FEDEX "https://www.fedex.com/fedextrack/?trknbr="
#define GLS "https://gls-group.eu/GROUP/en/parcel-tracking?match="
#define INPOST "https://inpost.pl/sledzenie-przesylek?number="
#define LA_POSTE "https://www.laposte.fr/outils/suivre-vos-envois?code="
#define MRW                                                                    \
	"https://www.mrw.es/seguimiento_envios/"                               \
	"MRW_resultados_consultas.asp?modo=nacional&envio="
#define NACEX "https://www.nacex.es/seguimientoDetalle.do?agencia_origen="
#define ROYAL_MAIL                                                             \
	"https://www.royalmail.com/track-your-item#/tracking-results/"
#define SEUR "https://www.seur.com/livetracking/?segOnlineIdentificador="
#define UPS "https://www.ups.com/track?tracknum="
#define USPS "https://tools.usps.com/go/TrackConfirmAction?tLabels="

static const struct carrier {
	const char *name;   /* letters and digits, upper case */
	const char *before; /* the number */
	const char *middle; /* in place of the number's '/', or NULL */
} carriers[] = {
	{ "CHRONOPOST", CHRONOPOST, NULL },
	{ "CHRONOPOSTFRANCE", CHRONOPOST, NULL },
	{ "COLISSIMO", LA_POSTE, NULL },
	{ "CORREOS", CORREOS, NULL },
	{ "CORREOSDEESPANA", CORREOS, NULL },
	{ "CORREOSESPANA", CORREOS, NULL },
	{ "CORREOSEXPRESS", CORREOS_EXPRESS, NULL },
	{ "CTT", CTT, NULL },
	{ "CTTEXPRESS", CTT, NULL },
	{ "DHL", DHL, NULL },
	{ "DHLEXPRESS", DHL, NULL },
	{ "DPD", DPD, NULL },
	{ "DPDDE", DPD, NULL },
	{ "FEDEX", FEDEX, NULL },
	{ "GLS", GLS, NULL },
	{ "GLSSPAIN", GLS, NULL },
	{ "GLSSPAINAPI", GLS, NULL },
	{ "INPOST", INPOST, NULL },
	{ "INPOSTPACZKOMATY", INPOST, NULL },
	{ "LAPOSTE", LA_POSTE, NULL },
	{ "LAPOSTECOLISSIMO", LA_POSTE, NULL },
	{ "MRW", MRW, NULL },
	{ "MRWSPAIN", MRW, NULL },
	{ "NACEX", NACEX, "&numero_albaran=" },
	{ "NACEXSPAIN", NACEX, "&numero_albaran=" },
	{ "ROYALMAIL", ROYAL_MAIL, NULL },
	{ "SEUR", SEUR, NULL },
	{ "SEURAPI", SEUR, NULL },
	{ "SPAINCORREOSES", CORREOS, NULL },
	{ "SPANISHSEUR", SEUR, NULL },
	{ "SPANISHSEURAPI", SEUR, NULL },
	{ "UPS", UPS, NULL },
	{ "USPS", USPS, NULL },
};

static bool
letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static const struct carrier *
find(const char *name)
{
	char key[NAME_MAX_OCTETS];
	size_t n = 0;

	for (; *name != '\0'; name++) {
		if (!letter_or_digit(*name))
			continue;
		if (n + 1 == sizeof key)
			return NULL;
		key[n++] = ascii_upper(*name);
	}
	key[n] = '\0';
	for (size_t i = 0; i < sizeof carriers / sizeof carriers[0]; i++)
		if (strcmp(carriers[i].name, key) == 0)
			return &carriers[i];
	return NULL;
}

static bool
add_number(struct buf *b, const char *p, size_t n)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == ' ')
			continue;
		any = true;
		if (letter_or_digit(p[i]) || strchr("-._~", p[i]) != NULL)
			(void)buf_putc(b, p[i]);
		else
			(void)buf_printf(b, "%%%02X", (unsigned char)p[i]);
	}
	return any;
}

char *
carrier_url(const char *carrier, const char *number)
{
	const struct carrier *c = find(carrier);
	const char *cut = strchr(number, '/');
	struct buf b;
	bool any = false;

	if (c == NULL)
		return NULL;
	buf_init(&b, URL_MAX);
	(void)buf_puts(&b, c->before);
	if (c->middle != NULL) {
		if (cut != NULL) {
			any = add_number(&b, number, (size_t)(cut - number));
			number = cut + 1;
		}
		(void)buf_puts(&b, c->middle);
	}
	any = add_number(&b, number, strlen(number)) || any;
	if (!any || b.full) {
		buf_release(&b);
		return NULL;
	}
	return buf_take(&b);
}
