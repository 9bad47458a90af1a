/*
 * postigo report: figures of a period, as tables, JSON or CSV.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/ctl/ctl.h"
#include "daemon/wire/csv.h"

#define SINCE_DEFAULT "30d"
#define CELL 64
#define MINUTE_S 60
#define HOUR_S 3600
#define PERCENT 100

const struct ctl_option report_options[] = {
	{ "--since", "TIME",
	  "from then on: 30d (default), a date, an instant" },
	{ "--until", "TIME", "before then; default: now" },
	{ "--zone", "ZONE", "of days and hours; default: the desk book's" },
	{ "--group", "GROUP", "what the rows are about" },
	{ "--clock", "NAME", "of this clock alone" },
	{ "--policy", "NAME", "of this policy" },
	{ "--channel", "CHANNEL", "of this channel" },
	{ "--queue", "NAME", "of this queue" },
	{ "--team", "NAME", "of this team" },
	{ "--agent", "ID", "of this agent; 0: of nobody" },
	{ "--reason", "REASON", "with this contact reason" },
	{ "--compare", "WITH", "previous, year" },
	{ "--csv", NULL, "the rows as CSV" },
	{ "--semicolon", NULL, "with ; between fields, as a Spanish Excel" },
	{ "--bom", NULL, "with a byte order mark first" },
	{ NULL, NULL, NULL },
};

/* --- asking --------------------------------------------------------------- */

static int
list_reports(struct ctl *c)
{
	static const char *const headings[] = { "REPORT", "ROWS BY", NULL };
	struct table *t = table_new(headings);
	json_t *result = NULL;
	const json_t *r;
	const json_t *g;
	size_t i;
	size_t k;
	int code = ctl_ask(c, "report.list", NULL, CTL_ASK_MS, &result);

	json_array_foreach(json_object_get(result, "reports"), i, r)
	{
		struct buf groups;

		if (c->json && code == EXIT_FINE)
			code = ctl_print_json(r);
		buf_init(&groups, CTL_FILE_MAX);
		json_array_foreach(json_object_get(r, "groups"), k, g)(void)
			buf_printf(&groups, "%s%s", k > 0 ? " " : "",
				   json_string_value(g));
		table_add(t, ctl_str(r, "report"));
		table_add(t, buf_str(&groups));
		buf_release(&groups);
	}
	if (code == EXIT_FINE && !c->json)
		table_print(c, &t);
	else
		table_drop(&t);
	json_decref(result);
	return code;
}

static bool
period(const struct ctl_args *a, json_t *params)
{
	const char *since = ctl_arg(a, "--since");
	const char *until = ctl_arg(a, "--until");
	char text[32];

	if (!ctl_instant(since != NULL ? since : SINCE_DEFAULT, "--since",
			 text))
		return false;
	(void)json_object_set_new(params, "since", json_string(text));
	if (until == NULL)
		clock_iso_ms(clock_now_ms(), text);
	else if (!ctl_instant(until, "--until", text))
		return false;
	(void)json_object_set_new(params, "until", json_string(text));
	return true;
}

/* false: a line is on standard error. */
static bool
params_of(const struct ctl_args *a, json_t *params)
{
	static const char *const names[] = {
		"--zone",  "--group", "--clock",  "--policy", "--channel",
		"--queue", "--team",  "--reason", "--compare"
	};
	const char *agent = ctl_arg(a, "--agent");
	long long id;

	(void)json_object_set_new(params, "report", json_string(a->word[0]));
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (ctl_arg(a, names[i]) != NULL)
			(void)json_object_set_new(
				params, names[i] + 2,
				json_string(ctl_arg(a, names[i])));
	if (agent != NULL) {
		if (!ctl_number(agent, "--agent", 0, 1LL << 50, &id))
			return false;
		(void)json_object_set_new(params, "agent", json_integer(id));
	}
	return period(a, params);
}

/* --- printing ---------------------------------------------------------------- */

/* "97.25 %", "3 h 05 min", "12". */
static const char *
value_text(const json_t *v, const char *unit, char out[CELL])
{
	long long n = json_integer_value(v);
	long long m = n < 0 ? -n : n;
	const char *sign = n < 0 ? "-" : "";

	if (!json_is_integer(v))
		return "-";
	if (strcmp(unit, "share") == 0)
		(void)snprintf(out, CELL, "%lld.%02lld %%", n / PERCENT,
			       n % PERCENT);
	else if (strcmp(unit, "seconds") != 0)
		(void)snprintf(out, CELL, "%lld", n);
	else if (m < MINUTE_S)
		(void)snprintf(out, CELL, "%s%lld s", sign, m);
	else if (m < HOUR_S)
		(void)snprintf(out, CELL, "%s%lld min %02lld s", sign,
			       m / MINUTE_S, m % MINUTE_S);
	else
		(void)snprintf(out, CELL, "%s%lld h %02lld min", sign,
			       m / HOUR_S, m % HOUR_S / MINUTE_S);
	return out;
}

static void
print_figures(struct ctl *c, const json_t *report, bool compared)
{
	static const char *const alone[] = { "FIGURE", "VALUE", "OF", NULL };
	static const char *const both[] = { "FIGURE", "VALUE", "OF", "BEFORE",
					    NULL };
	struct table *t = table_new(compared ? both : alone);
	const json_t *f;
	size_t i;
	char cell[CELL];

	json_array_foreach(json_object_get(report, "figures"), i, f)
	{
		const char *unit = ctl_str(f, "unit");

		table_add(t, ctl_str(f, "name"));
		table_add(t,
			  value_text(json_object_get(f, "value"), unit, cell));
		table_add(t,
			  value_text(json_object_get(f, "n"), "count", cell));
		if (compared)
			table_add(t, value_text(json_object_get(f, "before"),
						unit, cell));
	}
	table_print(c, &t);
}

static void
print_row(struct table *t, const json_t *r, const json_t *columns)
{
	const char *title = ctl_str(r, "title");
	const json_t *v;
	size_t i;
	char cell[CELL];

	table_add(t, title[0] != '\0' ? title : ctl_str(r, "key"));
	json_array_foreach(json_object_get(r, "values"), i,
			   v) if (i + 1 < CTL_COLUMNS_MAX)
		table_add(t, value_text(v,
					ctl_str(json_array_get(columns, i),
						"unit"),
					cell));
}

static void
print_rows(struct ctl *c, const json_t *report)
{
	const json_t *columns = json_object_get(report, "columns");
	const char *headings[CTL_COLUMNS_MAX + 1] = { "ROW" };
	struct table *t;
	const json_t *x;
	size_t i;

	json_array_foreach(columns, i, x) if (i + 1 < CTL_COLUMNS_MAX)
		headings[i + 1] = ctl_str(x, "name");
	headings[0] = ctl_str(report, "group");
	t = table_new(headings);
	json_array_foreach(json_object_get(report, "rows"), i, x)
		print_row(t, x, columns);
	table_print(c, &t);
}

static int
print_csv(const struct ctl_args *a, const json_t *report)
{
	struct csv_form form = { ctl_arg(a, "--semicolon") != NULL,
				 ctl_arg(a, "--bom") != NULL };
	struct err e;
	struct buf b;
	enum outcome o;
	int code = EXIT_FINE;

	buf_init(&b, CSV_BYTES);
	o = csv_report(report, &form, &b, &e);
	if (o != OUT_OK)
		code = ctl_fail(EXIT_DATA, "%s", e.text);
	else if (fwrite(b.data, 1, b.len, stdout) != b.len ||
		 fflush(stdout) != 0)
		code = ctl_fail(EXIT_INPUT_OUTPUT, "could not write");
	buf_release(&b);
	return code;
}

static int
print(struct ctl *c, const struct ctl_args *a, const json_t *report)
{
	if (json_is_true(json_object_get(report, "cut")))
		ctl_say(c, "there was more than a report may look at");
	if (ctl_arg(a, "--csv") != NULL)
		return print_csv(a, report);
	if (c->json)
		return ctl_print_json(report);
	(void)printf("%s, %.19sZ to %.19sZ, %s\n\n", ctl_str(report, "report"),
		     ctl_str(report, "since"), ctl_str(report, "until"),
		     ctl_str(report, "zone"));
	print_figures(c, report, ctl_arg(a, "--compare") != NULL);
	(void)putchar('\n');
	print_rows(c, report);
	return EXIT_FINE;
}

int
verb_report(struct ctl *c, const struct ctl_args *a)
{
	json_t *params;
	json_t *report = NULL;
	int code;

	if (a->words == 0)
		return list_reports(c);
	params = json_object();
	if (!params_of(a, params)) {
		json_decref(params);
		return EXIT_USAGE;
	}
	code = ctl_ask(c, "report.get", params, CTL_ASK_MS, &report);
	if (code == EXIT_FINE)
		code = print(c, a, report);
	json_decref(report);
	return code;
}
