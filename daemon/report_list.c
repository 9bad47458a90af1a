#include "daemon/report_list.h"

#include <string.h>

#include "daemon/report_p.h"
#include "daemon/store/view.h"
#include "rules/zone.h"

struct page {
	const struct report_list *q;
	struct report r; /* zone and ceiling */
	bool late;       /* of broken facts: these, or the others */
	struct samples ids;
};

static bool
take(void *arg, const struct fact *f)
{
	struct page *p = arg;
	char hour[TALLY_KEY];

	if (!report_look(&p->r))
		return false;
	if (f->incident_id <= p->q->after)
		return true;
	if (p->q->version != 0 && f->book_version != p->q->version)
		return true;
	if (p->q->hour != NULL) {
		report_hour(&p->r, f->at_s, hour);
		if (strcmp(hour, p->q->hour) != 0)
			return true;
	}
	samples_add(&p->ids, f->incident_id);
	return true;
}

static bool
take_broken(void *arg, const struct fact *f)
{
	struct page *p = arg;

	return f->late == p->late ? take(arg, f) : report_look(&p->r);
}

static bool
take_reply(void *arg, const struct fact *f)
{
	struct page *p = arg;

	return report_reply(f) ? take(arg, f) : report_look(&p->r);
}

static enum outcome
find(struct store *s, struct page *p, struct err *e)
{
	const char *name = p->q->fact;
	const struct fact_filter *filter = &p->q->filter;
	enum fact_kind k = fact_parse(name);
	enum outcome o;

	if (strcmp(name, "contacts") == 0 || strcmp(name, "came") == 0) {
		k = name[1] == 'o' ? FACT_CONTACT : FACT_IN;
		o = fact_each(s, FACT_OPENED, filter, take, p, e);
		return o == OUT_OK ? fact_each(s, k, filter, take, p, e) : o;
	}
	if (strcmp(name, "replies") == 0)
		return fact_each(s, FACT_ANSWERED, filter, take_reply, p, e);
	p->late = strcmp(name, "late") == 0;
	if (k == FACT_BROKEN || p->late)
		return fact_each(s, FACT_BROKEN, filter, take_broken, p, e);
	if (k == FACT_KINDS)
		return err_code(e, OUT_PERM, "bad_params",
				"'fact' is none of opened, contact, contacts, "
				"in, out, came, answered, replies, "
				"met, broken, late");
	return fact_each(s, k, filter, take, p, e);
}

/* Each incident once, as far as the page goes. */
static enum outcome
show(struct store *s, const struct book *b, struct page *p, json_t *out,
     int64_t *next_out, struct err *e)
{
	int64_t last = 0;
	enum outcome o = OUT_OK;

	*next_out = 0;
	/* orders them */
	(void)samples_percentile(&p->ids, 100);
	for (size_t i = 0; o == OUT_OK && i < p->ids.n; i++) {
		json_t *one = NULL;

		if (p->ids.at[i] == last)
			continue;
		if (json_array_size(out) == (size_t)p->q->limit) {
			*next_out = last;
			break;
		}
		last = p->ids.at[i];
		o = view_incident(s, b, last, &one, e);
		if (o == OUT_OK)
			(void)json_array_append_new(out, one);
	}
	return o;
}

enum outcome
report_list_page(struct store *s, const struct book *b,
		 const struct report_list *q, json_t **out, int64_t *next_out,
		 struct err *e)
{
	struct report_query zone = { .zone = q->zone, .book = b };
	struct page p = { .q = q, .r = { .s = s, .q = &zone } };
	enum outcome o = report_zone(&p.r, e);

	*out = NULL;
	if (o != OUT_OK)
		return o;
	*out = json_array();
	o = find(s, &p, e);
	if (o == OUT_OK)
		o = show(s, b, &p, *out, next_out, e);
	if (o != OUT_OK) {
		json_decref(*out);
		*out = NULL;
	}
	samples_release(&p.ids);
	zone_free(&p.r.zone);
	return o;
}
