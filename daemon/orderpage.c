#include "daemon/orderpage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/settings.h"

#define MAC_OCTETS 16
#define MAC_DIGITS (2 * MAC_OCTETS)
#define DIGITS_MAX 18 /* of a number: below 2^63 */

static const char purpose[] = "postigo order page 1";

static void
orderpage_mac(const unsigned char desk_key[HASH_BYTES], const char *body,
	      size_t n, char out[MAC_DIGITS + 1])
{
	unsigned char key[HASH_BYTES];
	unsigned char mac[HASH_BYTES];

	hash_mac(desk_key, purpose, strlen(purpose), key);
	hash_mac(key, body, n, mac);
	hash_to_hex(mac, MAC_OCTETS, out);
}

void
orderpage_token(const unsigned char desk_key[HASH_BYTES], int64_t order_id,
		int64_t until_s, char out[ORDERPAGE_TOKEN_MAX])
{
	char body[ORDERPAGE_TOKEN_MAX - MAC_DIGITS - 1];
	char mac[MAC_DIGITS + 1];

	(void)snprintf(body, sizeof body, "o%lld.%lld", (long long)order_id,
		       (long long)until_s);
	orderpage_mac(desk_key, body, strlen(body), mac);
	(void)snprintf(out, ORDERPAGE_TOKEN_MAX, "%s.%s", body, mac);
}

/* A decimal number without sign or leading zero, ended by a dot. Returns what
 * follows; NULL: there is none. */
static const char *
orderpage_number(const char *p, int64_t *out)
{
	size_t n = strspn(p, "0123456789");

	if (n == 0 || n > DIGITS_MAX || p[0] == '0' || p[n] != '.')
		return NULL;
	*out = strtoll(p, NULL, 10);
	return p + n + 1;
}

enum orderpage_token
orderpage_read(const unsigned char desk_key[HASH_BYTES], const char *text,
	       int64_t now_s, int64_t *order_out)
{
	char mac[MAC_DIGITS + 1];
	int64_t order = 0;
	int64_t until_s = 0;
	const char *p = text;

	if (*p++ != 'o')
		return ORDERPAGE_BAD;
	p = orderpage_number(p, &order);
	if (p != NULL)
		p = orderpage_number(p, &until_s);
	if (p == NULL || strlen(p) != MAC_DIGITS)
		return ORDERPAGE_BAD;
	orderpage_mac(desk_key, text, (size_t)(p - 1 - text), mac);
	if (!hash_same(p, mac, MAC_DIGITS))
		return ORDERPAGE_BAD;
	*order_out = order;
	return now_s < until_s ? ORDERPAGE_GOOD : ORDERPAGE_ENDED;
}

char *
orderpage_url(const struct settings *st, const char *token, bool *public_out)
{
	const struct face_settings *f =
		st != NULL ? &st->face[FACE_CHAT] : NULL;
	bool known = f != NULL && f->url != NULL && f->url[0] != '\0';
	bool v6;
	size_t n;

	if (public_out != NULL)
		*public_out = known;
	if (f == NULL)
		return mem_printf("/order/%s", token);
	if (!known) {
		v6 = strchr(f->address, ':') != NULL;
		return mem_printf("%s://%s%s%s:%d/order/%s",
				  f->certificate[0] != '\0' ? "https" : "http",
				  v6 ? "[" : "", f->address, v6 ? "]" : "",
				  f->port, token);
	}
	n = strlen(f->url);
	while (n > 0 && f->url[n - 1] == '/')
		n--;
	return mem_printf("%.*s/order/%s", (int)n, f->url, token);
}
