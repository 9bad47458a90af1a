/*
 * m_identity: what staff say of a customer's addresses: identity.add,
 * identity.retry, customer.consent; and what their channel says: consent.add.
 *
 * Invariant: an address is one customer's; one that somebody else has is never
 * taken from them.
 */

#include <string.h>

#include "daemon/bounce.h"
#include "daemon/consent.h"
#include "daemon/match_key.h"
#include "daemon/param.h"
#include "daemon/person.h"
#include "daemon/request.h"
#include "daemon/store/customer.h"
#include "daemon/store/incident.h"
#include "daemon/store/view.h"
#include "daemon/store/wa_identity.h"

/* named by the table of handlers */
method_fn m_identity_retry;
method_fn m_identity_add;
method_fn m_customer_consent;
method_fn m_consent_add;

static enum outcome
answer(struct store *s, struct request *rq, int64_t id, struct err *e)
{
	json_t *identity = NULL;
	enum outcome o = view_identity(s, id, &identity, e);

	if (o == OUT_OK)
		result_set(rq, "identity", identity);
	return o;
}

enum outcome
m_identity_retry(struct desk *d, struct store *s, struct request *rq,
		 struct err *e)
{
	int64_t id = param_int(rq, "id", 0);
	enum outcome o = bounce_clear(s, id, 0, rq->agent_id, rq->now_ms, e);

	(void)d;
	return o == OUT_OK ? answer(s, rq, id, e) : o;
}

/* The address as it is kept, and who has it. */
static enum outcome
find(struct store *s, const char *kind, const char *written, char *value_out,
     struct wa_row *out, struct err *e)
{
	struct identity id;
	char digits[MATCH_KEY_MAX];
	enum outcome o;

	memset(out, 0, sizeof *out);
	*value_out = '\0';
	if (strcmp(kind, "whatsapp") == 0) {
		if (!match_key_digits(written, digits))
			return err_code(e, OUT_PERM, "bad_params",
					"'value' is not a number with its "
					"country's code");
		memcpy(value_out, digits, sizeof digits);
		return wa_person_number(s, digits, out, e);
	}
	if (strcmp(kind, "email") != 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'kind' is neither email nor whatsapp");
	if (strchr(written, '@') == NULL)
		return err_code(e, OUT_PERM, "bad_params",
				"'value' is not a mail address");
	o = identity_find(s, kind, written, &id, e);
	out->id = id.id;
	out->customer_id = id.customer_id;
	return o;
}

enum outcome
m_identity_add(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	int64_t customer = param_int(rq, "customer", 0);
	const char *kind = param_str(rq, "kind");
	const char *written = param_str(rq, "value");
	char value[WA_VALUE_MAX];
	struct wa_row row;
	enum outcome o = customer_check(s, customer, e);

	(void)d;
	if (o == OUT_OK)
		o = find(s, kind, written, value, &row, e);
	if (o == OUT_OK && row.id != 0 && row.customer_id != customer)
		return err_code(e, OUT_PERM, "conflict",
				"another customer has that address: %lld",
				(long long)row.customer_id);
	if (o == OUT_OK && row.id == 0)
		o = *value != '\0' ? wa_person_add_number(s, customer, value,
							  rq->now_ms, &row, e)
				   : identity_put(s, customer, kind, written,
						  rq->now_ms, &row.id, e);
	return o == OUT_OK ? answer(s, rq, row.id, e) : o;
}

static enum outcome
check_word(const char *consent, struct err *e)
{
	if (strcmp(consent, "in") == 0 || strcmp(consent, "out") == 0)
		return OUT_OK;
	return err_code(e, OUT_PERM, "bad_params",
			"'consent' is neither in nor out");
}

enum outcome
m_customer_consent(struct desk *d, struct store *s, struct request *rq,
		   struct err *e)
{
	int64_t id = param_int(rq, "identity", 0);
	const char *consent = param_str(rq, "consent");
	enum outcome o = check_word(consent, e);

	(void)d;
	if (o == OUT_OK)
		o = consent_set(s, id, consent, "staff", 0, rq->agent_id,
				rq->now_ms, NULL, e);
	return o == OUT_OK ? answer(s, rq, id, e) : o;
}

enum outcome
m_consent_add(struct desk *d, struct store *s, struct request *rq,
	      struct err *e)
{
	const char *consent = param_str(rq, "consent");
	struct wa_row row = { .id = 0 };
	struct link by = { .id = 0 };
	enum outcome o = check_word(consent, e);

	(void)d;
	if (o == OUT_OK)
		o = link_find(s, param_str(rq, "connection"),
			      role_name(rq->role), &by, e);
	if (o == OUT_OK)
		o = wa_person_find(s, wa_person_scope(by.settings),
				   param_str(rq, "wa_id"),
				   param_str(rq, "user_id"), &row, e);
	if (o == OUT_OK && row.id != 0)
		o = consent_set(s, row.id, consent, "marketing", 0, 0,
				rq->now_ms, NULL, e);
	if (o == OUT_OK)
		result_set(rq, "known", json_boolean(row.id != 0));
	link_release(&by);
	return o;
}
