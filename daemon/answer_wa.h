#ifndef POSTIGO_ANSWER_WA_H
#define POSTIGO_ANSWER_WA_H

/*
 * answer_wa: what an agent's answer by WhatsApp has beside its text: a message
 * that it quotes, a template that goes instead, buttons below it. And whether
 * it may go at all, which is asked before anything is written.
 */

#include <jansson.h>

#include "daemon/base/err.h"
#include "daemon/template.h"

struct incident;
struct outgoing;
struct request;
struct store;

struct answer_wa {
	char *quotes;              /* Graph's id, or NULL */
	struct template_made made; /* text NULL: none goes */
	json_t *interactive;       /* or NULL */
};

/*
 * Read them from the parameters of incident.answer. In an incident of another
 * channel there are none, and none may be asked for.
 *
 * out       empty unless OUT_OK
 * OUT_PERM  code "window_closed" with rq->error_data, "template", or
 *           "bad_params"
 */
enum outcome answer_wa_read(struct store *s, struct request *rq,
			    const struct incident *inc, struct answer_wa *out,
			    struct err *e) MUST_CHECK;

void answer_wa_release(struct answer_wa *a);

/* Into what is sent; borrowed. */
void answer_wa_fill(const struct answer_wa *a, struct outgoing *out);

/* What else the refusal of an answer should tell: how long its text is. */
void answer_wa_refused(struct request *rq, const struct err *e);

#endif
