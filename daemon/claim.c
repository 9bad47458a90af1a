#include "daemon/claim.h"

#include <jansson.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/clocks.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"

#define CODE_CHARS 8 /* of 32 letters each: 40 bits */
#define CODE_TRIES 10

/* A code is read out on the telephone: no 0 and O, no 1 and I. */
static void
code_make(char out[CLAIM_CODE_MAX])
{
	static const char letters[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
	unsigned char random[CODE_CHARS];
	size_t n = 0;
	size_t i;

	hash_random(random, sizeof random);
	out[n++] = 'R';
	for (i = 0; i < CODE_CHARS; i++) {
		if (i % 4 == 0)
			out[n++] = '-';
		out[n++] = letters[random[i] % 32];
	}
	out[n] = '\0';
}

static enum outcome
code_new(struct store *s, char out[CLAIM_CODE_MAX], struct err *e)
{
	bool taken = true;
	enum outcome o = OUT_OK;
	int i;

	for (i = 0; o == OUT_OK && taken && i < CODE_TRIES; i++) {
		code_make(out);
		o = claim_code_taken(s, out, &taken, e);
	}
	if (o == OUT_OK && taken)
		return err_code(e, OUT_TEMP, "busy",
				"no code for a claim was free");
	return o;
}

static enum outcome
claim_event(struct store *s, struct incident *inc, const char *kind,
	    const struct claim_row *c, int64_t agent_id, int64_t now_ms,
	    struct err *e)
{
	json_t *data = json_object();

	(void)json_object_set_new(data, "code", json_string(c->code));
	if (c->clock_id != 0 && c->withdrawn_ms == 0)
		(void)json_object_set_new(data, "clock",
					  json_integer(c->clock_id));
	inc->updated_ms = now_ms;
	inc->undecided = inc->undecided && agent_id == 0;
	return event_add(s, now_ms, kind, inc->id, agent_id, data, e);
}

enum outcome
claim_register(struct desk *d, struct store *s, struct incident *inc,
	       int64_t at_s, int64_t agent_id, int64_t now_ms,
	       struct claim_row *out, struct err *e)
{
	bool found = false;
	enum outcome o;

	if (inc->state == INCIDENT_SPAM || inc->state == INCIDENT_MERGED)
		return err_code(e, OUT_PERM, "conflict",
				"an incident that is '%s' has no claims",
				incident_state_name(inc->state));
	memset(out, 0, sizeof *out);
	o = claim_find(s, inc->id, out, &found, e);
	if (o == OUT_OK && found && out->withdrawn_ms == 0)
		return err_code(e, OUT_PERM, "conflict",
				"claim %s is registered already", out->code);
	if (o == OUT_OK && !found)
		o = code_new(s, out->code, e);
	out->incident_id = inc->id;
	out->registered_ms = now_ms;
	out->agent_id = agent_id;
	out->withdrawn_ms = 0;
	if (o == OUT_OK)
		o = clocks_claim_start(d, s, inc, at_s, now_ms, &out->clock_id,
				       e);
	if (o == OUT_OK)
		o = claim_put(s, out, e);
	return o == OUT_OK ? claim_event(s, inc, "claim.registered", out,
					 agent_id, now_ms, e)
			   : o;
}

enum outcome
claim_withdraw(struct desk *d, struct store *s, struct incident *inc,
	       int64_t agent_id, int64_t now_ms, struct err *e)
{
	struct claim_row c;
	bool found = false;
	enum outcome o = claim_find(s, inc->id, &c, &found, e);

	if (o == OUT_OK && (!found || c.withdrawn_ms != 0))
		return err_code(e, OUT_PERM, "not_found",
				"no claim of this incident stands");
	if (o == OUT_OK)
		o = clocks_claim_withdraw(d, s, inc, now_ms, e);
	if (o != OUT_OK)
		return o;
	c.withdrawn_ms = now_ms;
	o = claim_put(s, &c, e);
	return o == OUT_OK ? claim_event(s, inc, "claim.withdrawn", &c,
					 agent_id, now_ms, e)
			   : o;
}
