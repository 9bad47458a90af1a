#include "gateways/common/refused.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/common/mine.h"

#define SAY_MS 60000    /* between two log lines of a reason */
#define TELL_MS 3600000 /* between two notices of a connection */
#define EVENT_MAX 40

static const struct {
	const char *event;
	const char *words;
} reasons[REFUSED_COUNT] = {
	[REFUSED_HANDSHAKE] = { "handshake",
				"handshakes without the right word" },
	[REFUSED_UNSIGNED] = { "unsigned",
			       "deliveries without a good signature" },
	[REFUSED_LARGE] = { "large", "deliveries over the ceiling" },
	[REFUSED_SLOW] = { "slow", "deliveries cut, for they came too slowly" },
	[REFUSED_BUSY] = { "busy", "deliveries turned away: too many at once" },
	[REFUSED_AWAY] = { "away", "deliveries not stored; they will "
				   "come again" },
};

struct tally {
	unsigned long count;
	unsigned long said;
	int64_t next_ms; /* monotonic: of the next line */
};

struct refused {
	struct bus *bus;
	const char *name;
	struct tally tally[REFUSED_COUNT];
};

struct refused *
refused_new(struct bus *bus, const char *name)
{
	struct refused *r = mem_new(1, sizeof *r);

	r->bus = bus;
	r->name = name;
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
	const struct refused *of = arg;
	char event[EVENT_MAX];

	(void)snprintf(event, sizeof event, "%s.event_lost", of->name);
	if (r->outcome != OUT_OK)
		log_warn(event, "%s", r->err.text);
}

/* One that cannot be given now is tried with the next delivery. */
static void
tell(struct refused *r, struct mine_one *of, int64_t tick)
{
	json_t *p;
	char at[32];
	struct err e;

	if (tick < of->tell_ms)
		return;
	clock_iso_ms(clock_now_ms(), at);
	p = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "connection", of->name,
		      "at", at, "severity", "warning", "field", "postigo",
		      "code", "bad_signature", "detail", "");
	if (bus_call(r->bus, "account.event", p, NULL, NULL, told, r, &e) ==
	    OUT_OK)
		of->tell_ms = tick + TELL_MS;
}

void
refused_note(struct refused *r, enum refused_why why, struct mine_one *of)
{
	struct tally *t = &r->tally[why];
	int64_t tick = clock_tick_ms();
	char event[EVENT_MAX];

	t->count++;
	if (why == REFUSED_UNSIGNED && of != NULL)
		tell(r, of, tick);
	if (tick < t->next_ms)
		return;
	(void)snprintf(event, sizeof event, "%s.%s", r->name,
		       reasons[why].event);
	log_warn(event, "%lu %s (%lu in all)", t->count - t->said,
		 reasons[why].words, t->count);
	t->said = t->count;
	t->next_ms = tick + SAY_MS;
}
