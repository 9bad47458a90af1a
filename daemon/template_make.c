/*
 * template_make: templates with the store: made ready to go, and read anew
 * from Meta from time to time.
 */

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/desk.h"
#include "daemon/store/connection.h"
#include "daemon/store/job.h"
#include "daemon/store/template.h"
#include "daemon/template.h"

void
template_made_release(struct template_made *m)
{
	MEM_CLEAR(&m->text);
	json_decref(m->whats);
	m->whats = NULL;
}

static const char *
text_of(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static enum outcome
make_status(const char *name, const char *language, const char *status,
	    struct err *e)
{
	if (status == NULL)
		return err_code(e, OUT_PERM, "template",
				"no template '%.100s' in '%.15s' is known",
				name, language);
	if (strcmp(status, "APPROVED") != 0)
		return err_code(e, OUT_PERM, "template",
				"Meta does not let template '%.100s' go: "
				"%.40s",
				name, status);
	return OUT_OK;
}

enum outcome
template_make(struct store *s, int64_t connection_id, const json_t *ask,
	      bool file, struct template_made *out, struct err *e)
{
	const char *name = text_of(ask, "name");
	const char *language = text_of(ask, "language");
	struct template_values v = { .list = json_object_get(ask, "parameters"),
				     .header = json_string_value(
					     json_object_get(ask, "header")),
				     .file = file };
	json_t *components = NULL;
	char *status = NULL;
	enum outcome o;

	memset(out, 0, sizeof *out);
	o = template_find(s, connection_id, name, language, &status,
			  &components, e);
	if (o == OUT_OK)
		o = make_status(name, language, status, e);
	if (o == OUT_OK)
		o = template_check(components, &v, e);
	if (o == OUT_OK) {
		out->text = template_render(components, &v);
		out->whats = json_pack("{s:s, s:s, s:o}", "name", name,
				       "language", language, "components",
				       template_fill(components, &v));
	}
	mem_free(status);
	json_decref(components);
	return o;
}

/* --- read anew -------------------------------------------------------------- */

enum outcome
template_sync_ask(struct desk *d, struct store *s, int64_t connection_id,
		  int64_t now_ms, int64_t *job_out, struct err *e)
{
	bool queued = false;
	json_t *payload;
	enum outcome o = template_sync_queued(s, connection_id, &queued, e);

	*job_out = 0;
	if (d->templates_ms > now_ms + TEMPLATE_SYNC_MS)
		d->templates_ms = now_ms + TEMPLATE_SYNC_MS;
	if (o != OUT_OK || queued)
		return o;
	payload = json_object();
	o = job_add(s, "template.sync", connection_id, payload, now_ms, job_out,
		    e);
	json_decref(payload);
	if (o == OUT_OK)
		d->wake_jobs |= 1U << ROLE_WHATSAPP;
	return o;
}

/* What template_tick() hands to each connection. */
struct each {
	struct desk *d;
	struct store *s;
	int64_t now_ms;
};

static enum outcome
sync_one(void *arg, const struct connection_row *c, struct err *e)
{
	struct each *a = arg;
	int64_t job;

	return template_sync_ask(a->d, a->s, c->id, a->now_ms, &job, e);
}

enum outcome
template_sync_all(struct desk *d, struct store *s, int64_t now_ms,
		  struct err *e)
{
	struct each a = { .d = d, .s = s, .now_ms = now_ms };

	return connection_each(s, role_name(ROLE_WHATSAPP), true, sync_one, &a,
			       e);
}

enum outcome
template_tick(struct desk *d, struct store *s, int64_t now_ms,
	      int64_t *next_ms_out, struct err *e)
{
	bool back = d->templates_ms > now_ms + TEMPLATE_SYNC_MS &&
		    d->templates_ms != INT64_MAX;
	enum outcome o = OUT_OK;

	if (back || now_ms >= d->templates_ms) {
		/* without a number never; one that is added says so */
		d->templates_ms = INT64_MAX;
		o = template_sync_all(d, s, now_ms, e);
	}
	if (o != OUT_OK)
		d->templates_ms = now_ms;
	*next_ms_out = d->templates_ms;
	return o;
}
