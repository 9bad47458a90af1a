#include "daemon/presence.h"

#include <jansson.h>

#include "daemon/store/away.h"
#include "daemon/store/event.h"

enum outcome
presence_told(struct store *s, int64_t agent_id, int64_t by, int64_t now_ms,
	      struct err *e)
{
	return event_add(s, now_ms, "agent.changed", 0, by,
			 json_pack("{s:I}", "agent", (json_int_t)agent_id), e);
}

enum outcome
presence_tick(struct store *s, int64_t now_ms, bool *more_out, struct err *e)
{
	int64_t id = 1;
	enum outcome o = OUT_OK;
	int n;

	for (n = 0; o == OUT_OK && id != 0 && n < PRESENCE_ENDS_MAX; n++) {
		o = away_lapse(s, now_ms, &id, e);
		if (o == OUT_OK && id != 0)
			o = presence_told(s, id, 0, now_ms, e);
	}
	*more_out = *more_out || (o == OUT_OK && id != 0);
	return o;
}
