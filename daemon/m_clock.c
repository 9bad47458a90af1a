/* m_clock: claim.register and claim.withdraw. */

#include <jansson.h>

#include "daemon/base/clock.h"
#include "daemon/change.h"
#include "daemon/claim.h"
#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/clock.h"
#include "daemon/store/incident.h"
#include "daemon/store/row.h"

/* named by the table of handlers */
method_fn m_claim_register;
method_fn m_claim_withdraw;

/* When the customer made it; by default now. */
static enum outcome
made_at(const struct request *rq, int64_t *at_ms, struct err *e)
{
	const char *at = param_str(rq, "at");

	*at_ms = rq->now_ms;
	if (at != NULL && !clock_parse(at, at_ms))
		return err_code(e, OUT_PERM, "bad_params",
				"'at' is not an instant");
	if (*at_ms > rq->now_ms)
		return err_code(e, OUT_PERM, "bad_params",
				"'at' is an instant to come");
	return OUT_OK;
}

static enum outcome
claim_result(struct store *s, struct request *rq, const struct claim_row *c,
	     struct err *e)
{
	struct clock_row clock;
	enum outcome o = OUT_OK;

	result_set(rq, "code", json_string(c->code));
	if (c->clock_id == 0)
		return OUT_OK;
	o = clock_load(s, c->clock_id, &clock, e);
	if (o != OUT_OK)
		return o;
	result_set(rq, "clock", json_integer(c->clock_id));
	if (clock.due_s != CLOCK_NEVER)
		result_set(rq, "due_at", row_iso(clock.due_s * 1000));
	return OUT_OK;
}

enum outcome
m_claim_register(struct desk *d, struct store *s, struct request *rq,
		 struct err *e)
{
	struct claim_row c;
	struct incident inc;
	int64_t at_ms = 0;
	enum outcome o = incident_load(s, param_int(rq, "id", 0), &inc, e);

	if (o == OUT_OK)
		o = made_at(rq, &at_ms, e);
	if (o == OUT_OK)
		o = claim_register(d, s, &inc, at_ms / 1000, rq->agent_id,
				   change_now(&inc, rq->now_ms), &c, e);
	if (o == OUT_OK)
		o = incident_save(s, &inc, e);
	if (o == OUT_OK)
		o = claim_result(s, rq, &c, e);
	incident_release(&inc);
	return o;
}

enum outcome
m_claim_withdraw(struct desk *d, struct store *s, struct request *rq,
		 struct err *e)
{
	struct incident inc;
	enum outcome o = incident_load(s, param_int(rq, "id", 0), &inc, e);

	if (o == OUT_OK)
		o = claim_withdraw(d, s, &inc, rq->agent_id,
				   change_now(&inc, rq->now_ms), e);
	if (o == OUT_OK)
		o = incident_save(s, &inc, e);
	if (o == OUT_OK)
		result_set(rq, "withdrawn", json_true());
	incident_release(&inc);
	return o;
}
