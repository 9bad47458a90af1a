#include "gateways/mail/reply.h"

#include <stdbool.h>

#include "daemon/base/buf.h"
#include "gateways/mail/forward.h"
#include "gateways/mail/quote.h"

json_t *
reply_find(const struct reply_of *r, struct buf *out)
{
	struct forward f = { .at = 0 };
	json_t *as = NULL;
	bool whole;

	if (forward_find(&f, r->subject, r->text, r->text_len, out)) {
		as = json_incref(f.as);
		whole = !f.own;
	} else {
		whole = !quote_cut(out, r->source, r->source_len);
	}
	if (whole) {
		buf_clear(out);
		(void)buf_add(out, r->text, r->text_len);
	}
	forward_release(&f);
	return as != NULL ? as : json_null();
}
