#include "daemon/ctl/finding.h"

#include <stdarg.h>
#include <stdio.h>

#include "daemon/base/mem.h"

#define TEXT_MAX 1000 /* octets of what is said */

static const char *const names[FINDING_LEVELS] = {
	[FINDING_OK] = "ok",
	[FINDING_NOTE] = "note",
	[FINDING_UNKNOWN] = "unknown",
	[FINDING_PROBLEM] = "problem",
};

void
findings_init(struct findings *f)
{
	*f = (struct findings){ .list = json_array() };
}

void
findings_release(struct findings *f)
{
	json_decref(f->list);
	f->list = NULL;
}

/* Text as JSON; what is no UTF-8 cannot get here: the DNS's is printable. */
static void
set_text(json_t *o, const char *member, const char *fmt, va_list ap)
{
	char text[TEXT_MAX];

	(void)vsnprintf(text, sizeof text, fmt, ap);
	(void)json_object_set_new(o, member, json_string(text));
}

void
finding_add(struct findings *f, const char *about, const char *check,
	    enum finding_level level, const char *fmt, ...)
{
	json_t *o = json_object();
	va_list ap;

	(void)json_object_set_new(o, "about", json_string(about));
	(void)json_object_set_new(o, "check", json_string(check));
	(void)json_object_set_new(o, "level", json_string(names[level]));
	va_start(ap, fmt);
	set_text(o, "text", fmt, ap);
	va_end(ap);
	(void)json_array_append_new(f->list, o);
	f->count[level]++;
}

static json_t *
last(struct findings *f)
{
	return json_array_get(f->list, json_array_size(f->list) - 1);
}

void
finding_change(struct findings *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_text(last(f), "change", fmt, ap);
	va_end(ap);
}

void
finding_record(struct findings *f, const char *record)
{
	(void)json_object_set_new(last(f), "record", json_string(record));
}

/* One for a person: the line, and below it what there is and what to do. */
static void
print_one(const struct ctl *c, const json_t *o)
{
	static const char *const more[] = { "record", "change" };
	bool bad = json_is_string(json_object_get(o, "level")) &&
		   ctl_str(o, "level")[0] == 'p';
	char *about = ctl_clean(ctl_str(o, "about"));
	char *text = ctl_clean(ctl_str(o, "text"));

	(void)printf("%s%-8s%s %s %s: %s\n", bad && c->color ? "\033[31m" : "",
		     ctl_str(o, "level"), bad && c->color ? "\033[0m" : "",
		     about, ctl_str(o, "check"), text);
	mem_free(text);
	mem_free(about);
	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
		const char *s = ctl_str(o, more[i]);
		char *clean = ctl_clean(s);

		if (*s != '\0')
			(void)printf("         %s: %s\n", more[i], clean);
		mem_free(clean);
	}
}

int
findings_print(struct ctl *c, const struct findings *f)
{
	const json_t *o;
	size_t i;

	json_array_foreach(f->list, i, o)
	{
		if (!c->json)
			print_one(c, o);
		else if (ctl_print_json(o) != EXIT_FINE)
			return EXIT_INPUT_OUTPUT;
	}
	ctl_say(c, "%zu problem%s, %zu not known", f->count[FINDING_PROBLEM],
		f->count[FINDING_PROBLEM] == 1 ? "" : "s",
		f->count[FINDING_UNKNOWN]);
	if (f->count[FINDING_PROBLEM] > 0)
		return EXIT_FOUND;
	return f->count[FINDING_UNKNOWN] > 0 ? EXIT_LATER : EXIT_FINE;
}
