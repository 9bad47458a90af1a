#include "gateways/whatsapp/refused.h"

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/whatsapp/accounts.h"

#define SAY_MS 60000    /* between two log lines of a reason */
#define TELL_MS 3600000 /* between two notices of an account */

static const struct {
	const char *event;
	const char *words;
} reasons[REFUSED_COUNT] = {
	[REFUSED_HANDSHAKE] = { "whatsapp.handshake",
				"handshakes without the right word" },
	[REFUSED_UNSIGNED] = { "whatsapp.unsigned",
			       "deliveries without a good signature" },
	[REFUSED_LARGE] = { "whatsapp.large", "deliveries over the ceiling" },
	[REFUSED_SLOW] = { "whatsapp.slow",
			   "deliveries cut, for they came too slowly" },
	[REFUSED_BUSY] = { "whatsapp.busy",
			   "deliveries turned away: too many at once" },
	[REFUSED_AWAY] = { "whatsapp.away", "deliveries not stored; they will "
					    "come again" },
};

struct tally {
	unsigned long count;
	unsigned long said;
	int64_t next_ms; /* monotonic: of the next line */
};

struct refused {
	struct bus *bus;
	struct tally tally[REFUSED_COUNT];
};

struct refused *
refused_new(struct bus *bus)
{
	struct refused *r = mem_new(1, sizeof *r);

	r->bus = bus;
	return r;
}

void
refused_free(struct refused **r)
{
	MEM_CLEAR(r);
}

static void
told(void *arg, const struct bus_reply *r)
{
	(void)arg;
	if (r->outcome != OUT_OK)
		log_warn("whatsapp.event_lost", "%s", r->err.text);
}

/* One that cannot be given now is tried with the next delivery. */
static void
tell(struct refused *r, struct account *k, int64_t tick)
{
	json_t *p;
	char at[32];
	struct err e;

	if (tick < k->tell_ms)
		return;
	clock_iso_ms(clock_now_ms(), at);
	p = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "connection", k->name,
		      "at", at, "severity", "warning", "field", "postigo",
		      "code", "bad_signature", "detail", "");
	if (bus_call(r->bus, "account.event", p, NULL, NULL, told, NULL, &e) ==
	    OUT_OK)
		k->tell_ms = tick + TELL_MS;
}

void
refused_note(struct refused *r, enum refused_why why, struct account *k)
{
	struct tally *t = &r->tally[why];
	int64_t tick = clock_tick_ms();

	t->count++;
	if (why == REFUSED_UNSIGNED && k != NULL)
		tell(r, k, tick);
	if (tick < t->next_ms)
		return;
	log_warn(reasons[why].event, "%lu %s (%lu in all)", t->count - t->said,
		 reasons[why].words, t->count);
	t->said = t->count;
	t->next_ms = tick + SAY_MS;
}
