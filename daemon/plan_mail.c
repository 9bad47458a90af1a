#include "daemon/plan_mail.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/plan.h"
#include "daemon/plan_query.h"
#include "daemon/report.h"
#include "daemon/report_mail.h"
#include "daemon/settings.h"
#include "daemon/store/agent.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/plan.h"
#include "daemon/store/row.h"
#include "daemon/wire/csv.h"
#include "rules/book.h"
#include "rules/zone.h"

#define FILE_BYTES ((size_t)384 * 1024) /* the mail goes in one frame */

/* What a mail is made of. */
struct making {
	struct plan_row plan;
	json_t *agent;
	json_t *desk; /* {name, language} */
	json_t *report;
	struct zone *zone;
	char *url;
	int64_t since_s; /* the report's */
	bool tried;
};

static void
making_release(struct making *m)
{
	plan_release(&m->plan);
	json_decref(m->agent);
	json_decref(m->desk);
	json_decref(m->report);
	zone_free(&m->zone);
	mem_free(m->url);
}

/* The console's public address without a slash at its end, or "". */
static char *
console_url(const struct desk *d)
{
	char *url = mem_strdup(
		d->settings != NULL && d->settings->face[FACE_CONSOLE].url
			? d->settings->face[FACE_CONSOLE].url
			: "");
	size_t n = strlen(url);

	while (n > 0 && url[n - 1] == '/')
		url[--n] = '\0';
	return url;
}

/* What the report is about: the stretch of the run; of a live one, the day up
 * to now. */
static void
period_of(const struct making *m, const json_t *payload, struct report_query *q)
{
	q->since_s = member_int(payload, "since_s", 0);
	q->until_s = member_int(payload, "until_s", 0);
	if (!plan_is_live(&m->plan))
		return;
	q->since_s = plan_label_at(m->zone, plan_day_of(m->zone, q->now_s), 0);
	q->until_s = q->now_s > q->since_s ? q->now_s : q->since_s + 1;
}

static enum outcome
make_report(struct desk *d, struct store *s, struct making *m,
	    const json_t *payload, int64_t now_ms, struct err *e)
{
	struct report_query q;
	struct book *b;
	int64_t version;
	enum outcome o;

	plan_query(&m->plan, &q);
	q.now_s = now_ms / 1000;
	period_of(m, payload, &q);
	m->since_s = q.since_s;
	b = desk_book(d, &version);
	q.book = b;
	o = report_make(s, &q, &m->report, e);
	book_unref(&b);
	return o;
}

/* Everything that is read. */
static enum outcome
making_read(struct desk *d, struct store *s, const json_t *payload,
	    struct making *m, struct err *e)
{
	enum outcome o =
		plan_load(s, member_int(payload, "plan", 0), &m->plan, e);

	if (o == OUT_OK)
		o = agent_view(s, member_int(payload, "agent", 0), &m->agent,
			       e);
	if (o == OUT_OK)
		o = deskrow_get(s, &m->desk, e);
	if (o == OUT_OK)
		o = zone_open(m->plan.zone, &m->zone, e);
	m->tried = member_bool(payload, "tried", false);
	m->url = console_url(d);
	return o;
}

/* Is the report to be sent? It may have no figure: then there is nothing to
 * compare, and nothing to say. */
static bool
is_wanted(const struct making *m)
{
	const json_t *below = m->plan.below;
	const json_t *above = m->plan.above;
	const json_t *v =
		json_object_get(report_mail_figure(m->report), "value");
	json_int_t n = json_integer_value(v);

	if (m->tried || (!json_is_integer(below) && !json_is_integer(above)))
		return true;
	if (!json_is_integer(v))
		return false;
	return (json_is_integer(below) && n < json_integer_value(below)) ||
	       (json_is_integer(above) && n > json_integer_value(above));
}

static const char *
language_of(const struct making *m)
{
	const char *own = member_str(m->agent, "language");

	if (m->plan.language[0] != '\0')
		return m->plan.language;
	if (own != NULL && own[0] != '\0')
		return own;
	own = member_str(m->desk, "language");
	return own != NULL ? own : "";
}

/* Members to, subject, text and html. */
static json_t *
mail_json(const struct making *m, const struct report_mail *r)
{
	json_t *to = json_object();
	json_t *mail = json_object();

	row_set(to, "name", json_string(member_str(m->agent, "name")));
	row_set(to, "address", json_string(member_str(m->agent, "email")));
	row_set(mail, "to", json_pack("[o]", to));
	row_set(mail, "subject", json_string(r->subject));
	row_set(mail, "text", json_string(r->text));
	row_set(mail, "html", json_string(r->html));
	return mail;
}

/* The rows as a file: an OutPart. */
static enum outcome
file_json(const struct making *m, const struct report_mail_for *f, json_t **out,
	  struct err *e)
{
	bool semicolon = plan_semicolon(&m->plan);
	struct csv_form form = { .semicolon = semicolon, .bom = semicolon };
	struct buf b;
	char *name;
	int64_t year;
	int month;
	int day;
	enum outcome o;

	clock_date(plan_day_of(m->zone, m->since_s), &year, &month, &day);
	buf_init(&b, FILE_BYTES);
	o = csv_report(m->report, &form, &b, e);
	if (o == OUT_OK) {
		name = mem_printf("%s-%s-%04" PRId64 "-%02d-%02d.csv",
				  report_word_or(f->language, "mail", "file"),
				  m->plan.report, year, month, day);
		*out = json_object();
		row_set(*out, "filename", json_string(name));
		row_set(*out, "content_type", json_string("text/csv"));
		row_set(*out, "text", json_string(buf_str(&b)));
		mem_free(name);
	}
	buf_release(&b);
	return o;
}

static enum outcome
render(const struct making *m, json_t **out, struct err *e)
{
	const char *desk = member_str(m->desk, "name");
	struct report_mail_for f = {
		.language = report_language_of(language_of(m)),
		.name = m->plan.name,
		.desk = desk != NULL ? desk : "",
		.url = m->url,
		.zone_name = m->plan.zone,
		.zone = m->zone,
	};
	struct report_mail r = { .subject = NULL };
	json_t *file = NULL;
	enum outcome o = file_json(m, &f, &file, e);

	if (o == OUT_OK)
		o = report_mail_make(m->report, &f, &r, e);
	if (o != OUT_OK) {
		json_decref(file);
		return o;
	}
	*out = mail_json(m, &r);
	row_set(*out, "attachments", json_pack("[o]", file));
	report_mail_release(&r);
	return OUT_OK;
}

enum outcome
plan_mail(struct desk *d, struct store *s, const json_t *payload,
	  int64_t now_ms, json_t **out, struct err *e)
{
	struct making m = { .tried = false };
	enum outcome o = making_read(d, s, payload, &m, e);
	bool there =
		o == OUT_OK && json_is_true(json_object_get(m.agent, "active"));

	if (there)
		o = make_report(d, s, &m, payload, now_ms, e);
	if (o == OUT_OK && there && is_wanted(&m))
		o = render(&m, out, e);
	making_release(&m);
	return o;
}
