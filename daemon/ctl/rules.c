/*
 * postigo rules match: the rules of a book on lines of JSON, without a
 * daemon. The book's examples are not run: that is the check's work.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/ctl/book_file.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/factline.h"
#include "rules/book.h"
#include "rules/include.h"

#define LINE_BYTES_MAX 1048576 /* of one contact */
#define INPUT_BYTES 65536      /* read at once */

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
	const struct ctl *c;
	struct book *book;
	struct rule_result *result;
	struct factline *facts;
	struct buf line;
	bool over;        /* this line is over its ceiling */
	long long number; /* of this line, from 1 */
	long long right;
	long long wrong;
	int64_t spent_us; /* by rules alone */
	int code;
};

static void
tell(struct run *r, const char *what)
{
	char *text = ctl_clean(what);

	r->wrong++;
	(void)ctl_fail(EXIT_DATA, "line %lld: %s", r->number, text);
	mem_free(text);
}

static void
match_object(struct run *r, const json_t *o)
{
	const json_t *id = json_object_get(o, "id");
	json_t *out;

	if (!json_is_object(o)) {
		tell(r, "not an object");
		return;
	}
	if (id != NULL && !json_is_string(id) && !json_is_number(id)) {
		tell(r, "'id' is neither a string nor a number");
		return;
	}
	if (!factline_read(r->facts, o)) {
		tell(r, r->facts->bad);
		return;
	}
	rule_run(r->book, &r->facts->facts, r->result);
	out = result_json(r->book, id, r->result);
	r->right++;
	r->spent_us += r->result->spent_us;
	r->code = ctl_print_json(out);
	json_decref(out);
}

static bool
blank(const char *s)
{
	return s[strspn(s, " \t\r")] == '\0';
}

/* The line is whole. */
static void
match_line(struct run *r)
{
	json_error_t e;
	json_t *o;

	r->number++;
	if (r->over) {
		tell(r, "over 1 MiB");
	} else if (memchr(buf_str(&r->line), '\0', r->line.len) != NULL) {
		tell(r, "a NUL byte");
	} else if (!blank(buf_str(&r->line))) {
		o = json_loadb(buf_str(&r->line), r->line.len,
			       JSON_REJECT_DUPLICATES, &e);
		if (o != NULL)
			match_object(r, o);
		else
			tell(r, e.text);
		json_decref(o);
	}
	buf_clear(&r->line);
	r->over = false;
}

static void
take(struct run *r, const char *s, size_t n)
{
	if (!r->over && !buf_add(&r->line, s, n))
		r->over = true;
}

/* Whoever writes line by line gets each answer before the next line. */
static int
match_all(struct run *r)
{
	char *part = mem_new(INPUT_BYTES, 1);
	ssize_t n = 0;

	while (r->code == EXIT_FINE) {
		const char *at = part;
		const char *end;

		if (fflush(stdout) != 0) {
			r->code = ctl_fail(EXIT_INPUT_OUTPUT,
					   "could not write the results");
			break;
		}
		n = read(STDIN_FILENO, part, INPUT_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		while (r->code == EXIT_FINE &&
		       (end = memchr(at, '\n', (size_t)(part + n - at))) !=
			       NULL) {
			take(r, at, (size_t)(end - at));
			match_line(r);
			at = end + 1;
		}
		take(r, at, (size_t)(part + n - at));
	}
	if (n < 0)
		r->code = ctl_fail(EXIT_INPUT_OUTPUT,
				   "could not read standard input: %s",
				   strerror(errno));
	else if (r->code == EXIT_FINE && (r->line.len > 0 || r->over))
		match_line(r);
	mem_free(part);
	return r->code;
}

int
verb_rules_match(struct ctl *c, const struct ctl_args *a)
{
	const char *path = ctl_arg(a, "--book");
	struct run r = { .c = c };
	int code;

	if (path == NULL)
		return ctl_fail(EXIT_USAGE, "rules match needs --book");
	code = read_book(path, &r.book);
	if (code != EXIT_FINE)
		return code;
	buf_init(&r.line, LINE_BYTES_MAX);
	r.result = mem_new(1, sizeof *r.result);
	r.facts = mem_new(1, sizeof *r.facts);
	code = match_all(&r);
	if (code == EXIT_FINE && r.wrong > 0)
		code = ctl_fail(EXIT_DATA, "%lld of %lld lines were wrong",
				r.wrong, r.wrong + r.right);
	else if (code == EXIT_FINE)
		ctl_say(c, "%lld contacts, %zu rules, %.1f us each", r.right,
			book_rule_count(r.book),
			r.right != 0 ? (double)r.spent_us / (double)r.right
				     : 0.0);
	buf_release(&r.line);
	mem_free(r.result);
	mem_free(r.facts);
	book_unref(&r.book);
	return code;
}
