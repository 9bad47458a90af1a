#include "daemon/shared.h"

#include <stddef.h>
#include <string.h>

#include "daemon/base/phone.h"

/* What stands before the '@' of an address of a house. */
static const char *const roles[] = {
	"abuse",      "admin",     "administracion", "administration",
	"atencion",   "ayuda",     "billing",        "buchhaltung",
	"commercial", "compras",   "contabilidad",   "contact",
	"contacto",   "contatti",  "customercare",   "facturacion",
	"facturas",   "hello",     "help",           "hola",
	"hostmaster", "info",      "kontakt",        "mail",
	"marketing",  "no-reply",  "noreply",        "office",
	"oficina",    "orders",    "pedidos",        "post",
	"postmaster", "recepcion", "reception",      "sales",
	"service",    "shop",      "soporte",        "support",
	"tienda",     "ventas",    "webmaster",
};

/* Those of marketplaces, with whatever country comes after the last dot. */
static const char *const relays[] = {
	"marketplace.amazon.", "members.ebay.", "messages.etsy.",
	"message.fnac.",       "mail.allegro.", "notification.mirakl.",
};

/* Domains for documents, where nobody reads. */
static const char *const nobody[] = { "example.invalid", "noemail.invalid",
				      "localhost" };

static bool
is_relay(const char *domain)
{
	size_t i;

	for (i = 0; i < sizeof relays / sizeof relays[0]; i++)
		if (strncmp(domain, relays[i], strlen(relays[i])) == 0)
			return true;
	for (i = 0; i < sizeof nobody / sizeof nobody[0]; i++)
		if (strcmp(domain, nobody[i]) == 0)
			return true;
	return false;
}

bool
shared_email(const char *email)
{
	const char *at = strrchr(email, '@');
	size_t n;
	size_t i;

	if (at == NULL || at == email || at[1] == '\0')
		return true;
	n = (size_t)(at - email);
	for (i = 0; i < sizeof roles / sizeof roles[0]; i++)
		if (strlen(roles[i]) == n && strncmp(email, roles[i], n) == 0)
			return true;
	return is_relay(at + 1);
}

enum outcome
shared_is(struct store *s, enum shopper_by by, const char *value, bool *out,
	  struct err *e)
{
	enum outcome o;

	*out = by == SHOPPER_EMAIL ? shared_email(value)
				   : phone_is_dummy(value);
	if (*out)
		return OUT_OK;
	o = shopper_is_ours(s, by, value, out, e);
	return o == OUT_OK && !*out ? shopper_crowd(s, by, value, out, e) : o;
}
