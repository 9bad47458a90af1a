#include "gateways/whatsapp/check.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/common/jobs.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/graph.h"
#include "gateways/whatsapp/line.h"
#include "gateways/whatsapp/templates.h"

#define DETAIL_MAX 1000
#define NAMED_MAX 5 /* of templates that were stopped */

#define NUMBER_FIELDS                                                          \
	"?fields=display_phone_number,verified_name,quality_rating,"           \
	"throughput,status,platform_type,webhook_configuration"

enum step {
	STEP_NUMBER,
	STEP_WEBHOOK,
	STEP_TEMPLATES,
	STEPS
};

struct check {
	struct graph *graph;
	struct lines *lines;
};

/* One that is under way. */
struct run {
	struct check *all;
	struct job *job;
	struct account *account; /* held */
	json_t *list;
	enum step step;
};

/* --- what answers say ------------------------------------------------------------- */

static const char *
str(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static void
say(json_t *list, const char *check, bool ok, const char *detail)
{
	(void)json_array_append_new(list,
				    json_pack("{s:s, s:b, s:s}", "check", check,
					      "ok", ok, "detail", detail));
}

/* The digits of two numbers are the same. */
static bool
same_digits(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a != '\0' && (*a < '0' || *a > '9'))
			a++;
		while (*b != '\0' && (*b < '0' || *b > '9'))
			b++;
		if (*a != *b || *a == '\0')
			return *a == *b;
	}
}

/* What speaks against the number; NULL: nothing. */
static const char *
number_fault(const struct account *k, const json_t *n)
{
	const char *status = str(n, "status");

	if (strcmp(str(n, "id"), k->phone_number_id) != 0)
		return "Meta answers for another number";
	if (*k->display_number != '\0' &&
	    !same_digits(k->display_number, str(n, "display_phone_number")))
		return "the connection says another number";
	if (strcmp(str(n, "platform_type"), "NOT_APPLICABLE") == 0)
		return "it is not registered";
	if (*status != '\0' && strcmp(status, "CONNECTED") != 0)
		return "it is not connected";
	if (strcmp(str(n, "quality_rating"), "RED") == 0)
		return "its quality is low: Meta may block it";
	return NULL;
}

static void
number_line(struct buf *b, const json_t *n)
{
	const char *quality = str(n, "quality_rating");
	const char *level = str(json_object_get(n, "throughput"), "level");
	const char *status = str(n, "status");

	(void)buf_printf(b, "%s \"%s\"", str(n, "display_phone_number"),
			 str(n, "verified_name"));
	if (*quality != '\0')
		(void)buf_printf(b, ", quality %s", quality);
	if (*level != '\0')
		(void)buf_printf(b, ", throughput %s", level);
	if (*status != '\0')
		(void)buf_printf(b, ", %s", status);
}

/* Where its deliveries go, if Meta says so: the path has to name the number. */
static void
check_address(const struct account *k, const json_t *n, json_t *list)
{
	const json_t *at = json_object_get(n, "webhook_configuration");
	const char *url = str(at, "phone_number");
	size_t long_enough = strlen(k->phone_number_id);
	bool ours;
	char *detail;

	if (*url == '\0')
		url = str(at, "whatsapp_business_account");
	if (*url == '\0')
		url = str(at, "application");
	if (*url == '\0')
		return;
	ours = strlen(url) > long_enough &&
	       strcmp(url + strlen(url) - long_enough, k->phone_number_id) ==
		       0 &&
	       url[strlen(url) - long_enough - 1] == '/';
	detail = mem_printf("%.500s%s", url,
			    ours ? "" : ": it does not name the number");
	say(list, "address", ours, detail);
	mem_free(detail);
}

bool
check_number(const struct account *k, const struct graph_answer *a,
	     json_t *list)
{
	bool token = a->outcome != OUT_PERM ||
		     (a->error.code != 190 && a->error.code != 0);
	const char *fault;
	struct buf b;

	if (a->outcome != OUT_OK) {
		if (a->outcome == OUT_PERM && a->status != 0)
			say(list, "token", token,
			    token ? "Meta takes it" : a->err.text);
		if (token)
			say(list, "number", false, a->err.text);
		return false;
	}
	say(list, "token", true, "Meta takes it");
	buf_init(&b, DETAIL_MAX);
	fault = number_fault(k, a->body);
	number_line(&b, a->body);
	if (fault != NULL)
		(void)buf_printf(&b, ": %s", fault);
	say(list, "number", fault == NULL, buf_str(&b));
	buf_release(&b);
	check_address(k, a->body, list);
	return true;
}

void
check_webhook(const struct graph_answer *a, json_t *list)
{
	const json_t *data = json_object_get(a->body, "data");
	const json_t *x;
	struct buf b;
	size_t i;

	if (a->outcome != OUT_OK) {
		say(list, "webhook", false, a->err.text);
		return;
	}
	if (json_array_size(data) == 0) {
		say(list, "webhook", false,
		    "no app is subscribed: Meta delivers nothing");
		return;
	}
	buf_init(&b, DETAIL_MAX);
	(void)buf_puts(&b, "subscribed:");
	json_array_foreach(data, i, x)
	{
		(void)buf_printf(
			&b, "%s %s", i > 0 ? "," : "",
			str(json_object_get(x, "whatsapp_business_api_data"),
			    "name"));
	}
	say(list, "webhook", true, buf_str(&b));
	buf_release(&b);
}

/* Did Meta stop it? */
static bool
stopped(const json_t *t)
{
	return strcmp(str(t, "status"), "PAUSED") == 0 ||
	       strcmp(str(t, "status"), "DISABLED") == 0;
}

void
check_templates(const struct graph_answer *a, json_t *list)
{
	size_t approved = 0;
	size_t bad = 0;
	const json_t *t;
	char *detail;
	struct buf b;
	size_t i;

	if (a->outcome != OUT_OK) {
		say(list, "templates", false, a->err.text);
		return;
	}
	buf_init(&b, DETAIL_MAX);
	json_array_foreach(json_object_get(a->body, "data"), i, t)
	{
		approved += strcmp(str(t, "status"), "APPROVED") == 0;
		if (stopped(t) && bad++ < NAMED_MAX)
			(void)buf_printf(&b, "; %s (%s) %s", str(t, "name"),
					 str(t, "language"), str(t, "status"));
	}
	detail = mem_printf("%zu of %zu%s approved%s", approved, i,
			    templates_after(a->body) != NULL ? " and more" : "",
			    buf_str(&b));
	say(list, "templates", bad == 0, detail);
	mem_free(detail);
	buf_release(&b);
}

/* --- asking -------------------------------------------------------------------------- */

/* The first line that is wrong says how it ended. */
static void
run_end(struct run *r)
{
	const char *detail = "";
	bool ok = true;
	const json_t *x;
	size_t i;

	json_array_foreach(r->list, i, x)
	{
		if (!ok || json_is_true(json_object_get(x, "ok")))
			continue;
		ok = false;
		detail = str(x, "detail");
	}
	job_end(r->job, ok, false,
		json_pack("{s:s, s:O}", "detail", detail, "checks", r->list));
	account_release(r->account);
	json_decref(r->list);
	mem_free(r);
}

static void ask(struct run *r);

static void
answered(void *arg, const struct graph_answer *a)
{
	struct run *r = arg;
	bool on = true;

	switch (r->step) {
	case STEP_NUMBER:
		on = check_number(r->account, a, r->list);
		if (on)
			line_fine(r->all->lines, r->account);
		break;
	case STEP_WEBHOOK:
		check_webhook(a, r->list);
		break;
	case STEP_TEMPLATES:
	case STEPS:
		check_templates(a, r->list);
		break;
	}
	r->step++;
	if (on && r->step < STEPS)
		ask(r);
	else
		run_end(r);
}

static char *
path_of(const struct run *r)
{
	const struct account *k = r->account;
	char *query;
	char *path;

	if (r->step == STEP_NUMBER)
		return mem_printf("%s" NUMBER_FIELDS, k->phone_number_id);
	if (r->step == STEP_WEBHOOK)
		return mem_printf("%s/subscribed_apps", k->waba_id);
	query = templates_query(NULL);
	path = mem_printf("%s/message_templates%s", k->waba_id, query);
	mem_free(query);
	return path;
}

static void
ask(struct run *r)
{
	static const char *const names[] = { "number", "webhook", "templates" };
	char *path = path_of(r);
	struct err e;
	enum outcome o =
		graph_get(r->all->graph, r->account, path, answered, r, &e);

	mem_free(path);
	if (o == OUT_OK)
		return;
	say(r->list, names[r->step], false, e.text);
	run_end(r);
}

static void
begin(void *arg, struct job *j)
{
	struct run *r;

	if (!graph_is_id(job_account(j)->waba_id)) {
		job_failed(j, false, "the connection names no account");
		return;
	}
	r = mem_new(1, sizeof(*r));
	r->all = arg;
	r->job = j;
	r->account = account_hold(job_account(j));
	r->list = json_array();
	ask(r);
}

struct check *
check_new(struct graph *graph, struct lines *lines, struct jobs *jobs)
{
	struct check *c = mem_new(1, sizeof(*c));

	c->graph = graph;
	c->lines = lines;
	jobs_on(jobs, "connection.test", begin, c);
	return c;
}

void
check_free(struct check **c)
{
	MEM_CLEAR(c);
}
