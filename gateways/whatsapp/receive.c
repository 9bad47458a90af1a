#include "gateways/whatsapp/receive.h"

#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "gateways/common/hookin.h"
#include "gateways/common/server.h"
#include "gateways/common/signature.h"
#include "gateways/whatsapp/accounts.h"

#define PATH "/whatsapp/"
#define CHALLENGE_MAX 256 /* octets of the handshake's word */

struct receive {
	struct accounts *accounts;
	struct hookin *in;
};

/* What is known of a delivery before its body. */
struct ticket {
	char phone[ACCOUNT_ID_MAX + 1];
	unsigned char mac[HASH_BYTES];
};

static struct mine_one *
whose(void *arg, const void *ticket)
{
	const struct receive *r = arg;
	const struct ticket *t = ticket;
	struct account *k = accounts_by_phone(r->accounts, t->phone);

	return k != NULL ? &k->mine : NULL;
}

static enum hookin_verdict
judge(void *arg, const void *ticket, const char *body, size_t n)
{
	const struct receive *r = arg;
	const struct ticket *t = ticket;
	const struct account *k = accounts_by_phone(r->accounts, t->phone);

	return k != NULL && signature_good((const char *const *)k->secrets,
					   ACCOUNT_SECRETS, body, n, t->mac)
		       ? HOOKIN_KEEP
		       : HOOKIN_UNSIGNED;
}

/* --- requests ---------------------------------------------------------------- */

static void
deliver(struct receive *r, struct hit *h, const struct account *k)
{
	struct ticket t = { .phone = "" };
	const struct hookin_new n = { .ticket = &t, .ticket_n = sizeof t };

	memcpy(t.phone, k->phone_number_id, strlen(k->phone_number_id));
	if (hookin_too_large(r->in, h, &t))
		return;
	if (signature_read(hit_header(h, "x-hub-signature-256"), t.mac))
		hookin_take(r->in, h, &n);
	else
		hookin_refuse(r->in, h, 401, REFUSED_UNSIGNED, &t);
}

/* The word comes from whoever asks: it goes back as plain text. */
static void
handshake(struct receive *r, struct hit *h, struct account *k)
{
	const char *mode = hit_arg(h, "hub.mode");
	const char *word = hit_arg(h, "hub.challenge");

	if (mode == NULL || strcmp(mode, "subscribe") != 0 || word == NULL ||
	    word[0] == '\0' || strlen(word) > CHALLENGE_MAX ||
	    !signature_word(k->verify_token, hit_arg(h, "hub.verify_token"))) {
		hookin_count(r->in, REFUSED_HANDSHAKE, &k->mine);
		hookin_answer(h, 403, NULL);
		return;
	}
	log_info("whatsapp.handshake", "the webhook of '%s' was verified",
		 k->name);
	hookin_answer(h, 200, word);
}

static void
number_hit(struct receive *r, struct hit *h, const char *phone)
{
	struct account *k = accounts_by_phone(r->accounts, phone);
	const char *method = hit_method(h);

	if (k == NULL) {
		hit_hangup(h);
		hookin_answer(h, accounts_known(r->accounts) ? 404 : 503, NULL);
	} else if (strcmp(method, "GET") == 0) {
		handshake(r, h, k);
	} else if (strcmp(method, "POST") == 0) {
		deliver(r, h, k);
	} else {
		hit_hangup(h);
		hookin_answer(h, 405, NULL);
	}
}

static void
any_hit(void *arg, struct hit *h)
{
	struct receive *r = arg;
	const char *path = hit_path(h);

	if (strncmp(path, PATH, strlen(PATH)) == 0) {
		number_hit(r, h, path + strlen(PATH));
	} else if (!hookin_health(r->in, h, accounts_known(r->accounts))) {
		hit_hangup(h);
		hookin_answer(h, 404, NULL);
	}
}

/* --- start and end ----------------------------------------------------------- */

static void
receive_free(void *arg)
{
	struct receive *r = arg;

	hookin_free(&r->in);
	accounts_free(&r->accounts);
	mem_free(r);
}

struct hookgw_receive
receive_new(struct server *s, struct bus *bus)
{
	struct receive *r = mem_new(1, sizeof *r);
	const struct hookin_ways ways = { .name = "whatsapp",
					  .store_ms = HOOKIN_STORE_MS,
					  .judge = judge,
					  .whose = whose,
					  .arg = r };

	r->accounts = accounts_new(bus);
	r->in = hookin_new(s, bus, &ways);
	return (struct hookgw_receive){ .in = r->in,
					.part = accounts_part(r->accounts),
					.hit = any_hit,
					.free = receive_free,
					.arg = r };
}
