/*
 * postigo sla due, sla explain: business time of lines of JSON, without a
 * daemon.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/lines.h"
#include "daemon/ctl/sla_case.h"
#include "rules/calendar.h"
#include "rules/zone.h"

_Static_assert((int)LINES_BAD_MAX == (int)SLA_BAD_MAX, "one size of texts");

struct sla {
	struct sla_zones zones;
	struct working working; /* of explain */
	char edition[ZONE_EDITION_MAX];
	bool json;
};

static json_t *
instant_json(int64_t t_s)
{
	char iso[32];

	if (t_s == DEADLINE_NEVER)
		return json_null();
	clock_iso_s(t_s, iso);
	return json_string(iso);
}

static bool
due_line(void *ctx, struct lines *l, const json_t *o, char bad[LINES_BAD_MAX])
{
	struct sla *s = ctx;
	struct sla_case t;
	json_t *out;

	if (!sla_case_read(&t, &s->zones, o, bad))
		return false;
	out = json_pack("{s:O?,s:o}", "id", json_object_get(o, "id"), "due",
			instant_json(sla_case_due(&t)));
	l->code = ctl_print_json(out);
	json_decref(out);
	sla_case_release(&t);
	return true;
}

int
verb_sla_due(struct ctl *c, const struct ctl_args *a)
{
	struct sla s = { .zones = { .n = 0 } };
	struct lines l;
	int code;

	(void)c;
	(void)a;
	code = lines_read(&l, due_line, &s);
	sla_zones_release(&s.zones);
	return code;
}

/* --- the working, for programs --------------------------------------------- */

static json_t *
step_json(const struct working_step *step)
{
	json_t *o = json_pack(
		"{s:s,s:o,s:o,s:I}", "kind", working_name(step->kind), "from",
		instant_json(step->from_s), "to", instant_json(step->to_s),
		"counted_seconds", (json_int_t)step->counted_s);
	char iso[32];

	if (step->kind == WORKING_HOLIDAY) {
		clock_iso_s(step->day * DAY_S, iso);
		iso[10] = '\0';
		(void)json_object_set_new(o, "date", json_string(iso));
	}
	return o;
}

static int
explain_json(const struct sla *s, const json_t *id, const struct sla_case *t,
	     int64_t due_s)
{
	const struct working *w = &s->working;
	json_t *steps = json_array();
	json_t *o;
	size_t i;
	int code;

	for (i = 0; i < w->n; i++)
		(void)json_array_append_new(steps, step_json(&w->steps[i]));
	o = json_pack("{s:O?,s:o,s:s,s:s,s:o,s:I,s:I,s:o,s:i}", "id", id, "due",
		      instant_json(due_s), "tz", calendar_zone(t->calendar),
		      "tzdata", s->edition, "start", instant_json(t->start_s),
		      t->days >= 0 ? "working_days" : "budget_seconds",
		      (json_int_t)(t->days >= 0 ? t->days : t->budget_s),
		      "counted_seconds", (json_int_t)w->counted_s, "steps",
		      steps, "more_steps", w->cut);
	code = ctl_print_json(o);
	json_decref(o);
	return code;
}

/* --- the working, for a person --------------------------------------------- */

/* "Mon 2025-06-23 09:00:00 +02:00" */
static void
put_local(const struct calendar *c, int64_t t_s)
{
	static const char *const names[] = { "Thu", "Fri", "Sat", "Sun",
					     "Mon", "Tue", "Wed" };
	int64_t until;
	int32_t offset = calendar_offset(c, t_s, &until);
	int32_t size = offset < 0 ? -offset : offset;
	int64_t local = t_s + offset;
	int64_t day = local >= 0 ? local / DAY_S : (local - DAY_S + 1) / DAY_S;
	char iso[32];

	clock_iso_s(local, iso);
	(void)printf("%s %.10s %.8s %c%02d:%02d", names[(day % 7 + 7) % 7], iso,
		     iso + 11, offset < 0 ? '-' : '+', size / 3600,
		     size / 60 % 60);
}

/* "8:05:00" */
static void
put_duration(int64_t s, int width)
{
	char text[40];

	(void)snprintf(text, sizeof text, "%lld:%02d:%02d",
		       (long long)(s / 3600), (int)(s / 60 % 60),
		       (int)(s % 60));
	(void)printf("%*s", width, text);
}

static void
put_steps(const struct sla_case *t, const struct working *w)
{
	int64_t used = 0;
	size_t i;

	for (i = 0; i < w->n; i++) {
		const struct working_step *step = &w->steps[i];

		used += step->counted_s;
		(void)printf("  %-8s ", working_name(step->kind));
		put_local(t->calendar, step->from_s);
		(void)printf("  to  ");
		put_local(t->calendar, step->to_s);
		if (step->kind == WORKING_OPEN) {
			put_duration(step->counted_s, 12);
			put_duration(used, 12);
		}
		(void)putchar('\n');
	}
	if (w->cut > 0) {
		(void)printf("  and %d more, with ", w->cut);
		put_duration(w->counted_s - used, 0);
		(void)putchar('\n');
	}
}

/* The first pause that is not lifted; DEADLINE_NEVER: none. */
static int64_t
held_from(const struct sla_case *t)
{
	int64_t from = DEADLINE_NEVER;
	size_t i;

	for (i = 0; i < t->pause_count; i++)
		if (t->pauses[i].to_s == DEADLINE_NEVER &&
		    t->pauses[i].from_s < from)
			from = t->pauses[i].from_s;
	return from;
}

static void
put_never(const struct sla_case *t)
{
	int64_t from = held_from(t);

	(void)printf("  never    ");
	if (from != DEADLINE_NEVER) {
		(void)printf("the pause from ");
		put_local(t->calendar, from);
		(void)printf(" is not lifted\n");
		return;
	}
	(void)printf("%s within %lld days\n",
		     deadline_due(t->calendar, t->start_s, 1, t->pauses,
				  t->pause_count) == DEADLINE_NEVER
			     ? "no open second"
			     : "too few open hours",
		     (long long)(DEADLINE_HORIZON_S / DAY_S));
}

static void
explain_text(const struct sla *s, const json_t *id, const struct sla_case *t,
	     int64_t due_s)
{
	char *name = json_dumps(id, JSON_ENCODE_ANY);
	char *clean = ctl_clean(json_is_string(id) ? json_string_value(id)
				: name != NULL     ? name
						   : "-");
	char iso[32] = "never";

	if (due_s != DEADLINE_NEVER)
		clock_iso_s(due_s, iso);
	(void)printf("%s: %s\n", clean, iso);
	mem_free(clean);
	mem_free(name);
	(void)printf("  zone     %s, edition %s\n", calendar_zone(t->calendar),
		     s->edition[0] != '\0' ? s->edition : "unknown");
	(void)printf("  start    ");
	put_local(t->calendar, t->start_s);
	(void)printf("\n  budget   ");
	if (t->days >= 0)
		(void)printf("%d working day%s", t->days,
			     t->days == 1 ? "" : "s");
	else
		put_duration(t->budget_s, 0);
	(void)putchar('\n');
	put_steps(t, &s->working);
	if (due_s == DEADLINE_NEVER) {
		put_never(t);
		return;
	}
	(void)printf("  due      ");
	put_local(t->calendar, due_s);
	(void)putchar('\n');
}

static bool
explain_line(void *ctx, struct lines *l, const json_t *o,
	     char bad[LINES_BAD_MAX])
{
	struct sla *s = ctx;
	const json_t *id = json_object_get(o, "id");
	struct sla_case t;
	int64_t due_s;
	int64_t end_s;

	if (!sla_case_read(&t, &s->zones, o, bad))
		return false;
	due_s = sla_case_due(&t);
	/* what never comes is shown as far as something may still count */
	end_s = due_s != DEADLINE_NEVER           ? due_s
		: held_from(&t) != DEADLINE_NEVER ? held_from(&t)
						  : t.start_s;
	deadline_working(t.calendar, t.start_s, end_s, t.pauses, t.pause_count,
			 &s->working);
	if (s->json)
		l->code = explain_json(s, id, &t, due_s);
	else
		explain_text(s, id, &t, due_s);
	sla_case_release(&t);
	return true;
}

int
verb_sla_explain(struct ctl *c, const struct ctl_args *a)
{
	struct sla *s = mem_new(1, sizeof *s);
	struct lines l;
	int code;

	(void)a;
	s->json = c->json;
	(void)zone_edition(s->edition);
	code = lines_read(&l, explain_line, s);
	sla_zones_release(&s->zones);
	mem_free(s);
	return code;
}
