/*
 * postigo rules match: the rules of a book on lines of JSON, without a
 * daemon. The book's examples are not run: that is the check's work.
 */

#include <stdio.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/book_file.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/factline.h"
#include "daemon/ctl/lines.h"
#include "rules/book.h"
#include "rules/include.h"

const struct ctl_option rules_match_options[] = {
	{ "--book", "FILE|FOLDER", "the rules: a book, or all in a folder" },
	{ NULL, NULL, NULL },
};

static int
read_book(const char *path, struct book **out)
{
	struct book_errors errs = { 0 };
	struct include *f = NULL;
	const char *text;
	size_t n;
	int code = book_file_read(path, &f);

	if (code != EXIT_FINE)
		return code;
	text = include_text(f, &n);
	if (book_read_trusted(text, n, out, &errs) != OUT_OK) {
		book_file_errors(f, &errs);
		code = ctl_fail(EXIT_FOUND, "%s: %zu error%s", path,
				errs.n + errs.dropped, errs.n == 1 ? "" : "s");
	}
	book_errors_release(&errs);
	include_free(&f);
	return code;
}

/* --- one contact -------------------------------------------------------- */

static json_t *
action_json(const struct rule_action *a)
{
	if (a->kind == ACTION_SNOOZE)
		return json_integer(a->seconds);
	if (a->kind == ACTION_NOTIFY)
		return json_pack("{s:s,s:s,s:s}", "to", a->value, "name",
				 a->more != NULL ? a->more : "", "text",
				 a->text != NULL ? a->text : "");
	return json_string(a->value);
}

static json_t *
actions_json(const struct rule_result *r)
{
	json_t *o = json_object();
	size_t i;

	for (i = 0; i < r->action_count; i++) {
		const struct rule_action *a = &r->actions[i];
		const char *name = rule_action_name(a->kind);
		json_t *list = json_object_get(o, name);

		if (!rule_action_adds(a->kind)) {
			(void)json_object_set_new(o, name, action_json(a));
			continue;
		}
		if (list == NULL) {
			list = json_array();
			(void)json_object_set_new(o, name, list);
		}
		(void)json_array_append_new(list, action_json(a));
	}
	return o;
}

static json_t *
spans_json(const struct rule_result *r)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < r->hit_count; i++) {
		const struct rule_hit *h = &r->hits[i];
		json_t *o;

		if (h->to == 0)
			continue; /* no text: a number, a time */
		o = json_pack("{s:s,s:s,s:I,s:I}", "rule", h->rule, "field",
			      rule_field_name(h->field), "from",
			      (json_int_t)h->from, "to", (json_int_t)h->to);
		if (h->name != NULL)
			(void)json_object_set_new(o, "name",
						  json_string(h->name));
		if (h->cut)
			(void)json_object_set_new(o, "cut", json_true());
		(void)json_array_append_new(list, o);
	}
	return list;
}

static json_t *
result_json(const struct book *b, const json_t *id, const struct rule_result *r)
{
	json_t *rules = json_array();
	json_t *undecided = json_array();
	size_t i;

	for (i = 0; i < r->fired_count; i++)
		(void)json_array_append_new(
			rules, json_string(book_rule_at(b, r->fired[i])->name));
	for (i = 0; i < r->undecided_count; i++)
		(void)json_array_append_new(
			undecided,
			json_pack("{s:s,s:s}", "rule", r->undecided[i].rule,
				  "why", r->undecided[i].why));
	return json_pack("{s:O?,s:o,s:o,s:o,s:o}", "id", id, "rules", rules,
			 "actions", actions_json(r), "spans", spans_json(r),
			 "undecided", undecided);
}

/* --- lines -------------------------------------------------------------- */

struct run {
	struct book *book;
	struct rule_result *result;
	struct factline *facts;
	int64_t spent_us; /* by rules alone */
};

static bool
match_object(void *ctx, struct lines *l, const json_t *o,
	     char bad[LINES_BAD_MAX])
{
	struct run *r = ctx;
	json_t *out;

	if (!factline_read(r->facts, o)) {
		(void)snprintf(bad, LINES_BAD_MAX, "%s", r->facts->bad);
		return false;
	}
	rule_run(r->book, &r->facts->facts, r->result);
	out = result_json(r->book, json_object_get(o, "id"), r->result);
	r->spent_us += r->result->spent_us;
	l->code = ctl_print_json(out);
	json_decref(out);
	return true;
}

int
verb_rules_match(struct ctl *c, const struct ctl_args *a)
{
	const char *path = ctl_arg(a, "--book");
	struct run r = { .book = NULL };
	struct lines l;
	int code;

	if (path == NULL)
		return ctl_fail(EXIT_USAGE, "rules match needs --book");
	code = read_book(path, &r.book);
	if (code != EXIT_FINE)
		return code;
	r.result = mem_new(1, sizeof *r.result);
	r.facts = mem_new(1, sizeof *r.facts);
	code = lines_read(&l, match_object, &r);
	if (code == EXIT_FINE)
		ctl_say(c, "%lld contacts, %zu rules, %.1f us each", l.right,
			book_rule_count(r.book),
			l.right != 0 ? (double)r.spent_us / (double)l.right
				     : 0.0);
	mem_free(r.result);
	mem_free(r.facts);
	book_unref(&r.book);
	return code;
}
