#ifndef POSTIGO_PLAN_MAIL_H
#define POSTIGO_PLAN_MAIL_H

/*
 * plan_mail: the mail of one run of a plan to one agent. Reads only, and may
 * take as long as its report: for a reading thread.
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct desk;
struct store;

/*
 * Make it.
 * payload  of its job: {plan, agent, since_s, until_s, tried}
 * out      to, subject, text, html and attachments of an OutNotice; left
 *          alone if nothing is to be sent: the figure is on the right side of
 *          its thresholds, or the agent is no longer active
 *
 * OUT_PERM  the plan is gone, or its report cannot be made
 */
enum outcome plan_mail(struct desk *d, struct store *s, const json_t *payload,
		       int64_t now_ms, json_t **out, struct err *e) MUST_CHECK;

#endif
