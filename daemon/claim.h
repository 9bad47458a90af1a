#ifndef POSTIGO_CLAIM_H
#define POSTIGO_CLAIM_H

/*
 * claim: a claim that a customer registered. It starts the clock that the law
 * asks for and has a code by which the customer may ask for it.
 *
 * Invariants: an incident has one claim at most; its clock is fulfilled by the
 * written, reasoned answer, goes on when the incident is solved, and ends
 * otherwise only when the claim is withdrawn or the incident is spam.
 */

#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/claim.h"

struct desk;
struct incident;
struct store;

/*
 * Register a claim; *inc is changed, and the caller saves it.
 *
 * at_s      when the customer made it
 * agent_id  who notes it; 0: nobody
 * now_ms    change_now() of the incident
 *
 * OUT_PERM  code "conflict": it has one, or it is spam or merged
 */
enum outcome claim_register(struct desk *d, struct store *s,
			    struct incident *inc, int64_t at_s,
			    int64_t agent_id, int64_t now_ms,
			    struct claim_row *out, struct err *e) MUST_CHECK;

/*
 * The customer withdrew it: its clock is cancelled.
 * OUT_PERM  code "not_found": there is no claim that stands
 */
enum outcome claim_withdraw(struct desk *d, struct store *s,
			    struct incident *inc, int64_t agent_id,
			    int64_t now_ms, struct err *e) MUST_CHECK;

#endif
