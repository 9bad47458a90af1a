#include "gateways/webhook/sign.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"

#define MORE 128 /* of id and timestamp */

void
sign_webhook(const char *secret, const char *id, int64_t at_s, const char *body,
	     size_t body_n, char out[SIGN_MAX])
{
	unsigned char mac[HASH_BYTES];
	struct buf b;

	buf_init(&b, strlen(id) + MORE + body_n);
	(void)buf_printf(&b, "%s.%lld.", id, (long long)at_s);
	(void)buf_add(&b, body, body_n);
	hash_mac_keyed(secret, strlen(secret), buf_str(&b), b.len, mac);
	buf_release(&b);
	(void)memcpy(out, "v1=", 3);
	hash_to_hex(mac, sizeof mac, out + 3);
}
