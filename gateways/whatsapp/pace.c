#include "gateways/whatsapp/pace.h"

#define SECOND_MS 1000
#define MS_US 1000
/* evenly, after a burst, so that the two are PACE_PER_S in a second */
#define GAP_US (1000000 / (PACE_PER_S - PACE_BURST) + 1)

void
rest_begin(struct rest *r, const struct graph_rule *rule, int retry_after_s,
	   unsigned chance, int64_t now_ms)
{
	int s;

	if (rest_left_ms(r, now_ms) > 0)
		return;
	s = graph_error_wait_s(rule, ++r->times, chance);
	if (retry_after_s > s)
		s = retry_after_s < GRAPH_WAIT_S_MAX ? retry_after_s
						     : GRAPH_WAIT_S_MAX;
	r->until_ms = now_ms + (int64_t)s * SECOND_MS;
}

void
rest_end(struct rest *r)
{
	r->until_ms = 0;
	r->times = 0;
}

int64_t
rest_left_ms(const struct rest *r, int64_t now_ms)
{
	return r->until_ms > now_ms ? r->until_ms - now_ms : 0;
}

/* Microseconds that the next is early; 0 or less: it may go. */
static int64_t
early_us(const struct pace *p, int64_t now_ms)
{
	return p->due_us - now_ms * MS_US - (PACE_BURST - 1) * GAP_US;
}

bool
pace_take(struct pace *p, int64_t now_ms)
{
	if (early_us(p, now_ms) > 0)
		return false;
	if (p->due_us < now_ms * MS_US)
		p->due_us = now_ms * MS_US;
	p->due_us += GAP_US;
	return true;
}

int64_t
pace_left_ms(const struct pace *p, int64_t now_ms)
{
	int64_t us = early_us(p, now_ms);

	return us > 0 ? (us + MS_US - 1) / MS_US : 0;
}
