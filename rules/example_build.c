/*
 * example_build: the grammar's calls for examples: facts as a book writes
 * them.
 */

#include <string.h>

#include "rules/book_build.h"
#include "rules/complain.h"

void
build_example(struct build *p, bool counter, const struct text_span *at)
{
	struct rule_node *r = p->rule;

	p->example = BUILD_NEW(p, struct example_node);
	p->example->counter = counter;
	p->example->at = at->first;
	if (r->examples.n < TREE_EXAMPLES_MAX)
		ptrs_add(&p->book->arena, &r->examples, p->example);
	else if (r->examples.n == TREE_EXAMPLES_MAX)
		complain(p->errs, at->first, NULL,
			 "more than %d examples in a rule", TREE_EXAMPLES_MAX);
}

static void
twice(struct build *p, struct loc at)
{
	complain(p->errs, at, "write a second example instead",
		 "the same field twice in an example");
}

static void
set_text(struct build *p, enum rule_field f, const struct word *value)
{
	struct rule_facts *facts = &p->example->facts;

	if (facts->text[f] != NULL)
		twice(p, value->at);
	facts->text[f] = value->text;
}

void
build_example_body(struct build *p, const struct word *text)
{
	set_text(p, RULE_FIELD_BODY, text);
}

static struct rule_pair *
pair(struct build *p, struct ptrs *list, size_t max, struct loc at)
{
	struct rule_pair *x = BUILD_NEW(p, struct rule_pair);

	if (list->n < max)
		ptrs_add(&p->book->arena, list, x);
	else
		complain(p->errs, at, NULL, "more than %zu of them", max);
	return x;
}

/* An attachment's name begins a file; its type completes the last one. */
static void
set_file(struct build *p, enum rule_field f, const struct word *value)
{
	struct ptrs *files = &p->example->files;
	struct rule_pair *x = files->n != 0 ? files->at[files->n - 1] : NULL;

	if (f == RULE_FIELD_FILE_NAME || x == NULL || x->value != NULL)
		x = pair(p, files, RULE_FILES_MAX, value->at);
	if (f == RULE_FIELD_FILE_NAME)
		x->name = value->text;
	else
		x->value = value->text;
}

static bool
right_word(struct build *p, const struct field_row *row,
	   const struct word *value)
{
	if (row->field == RULE_FIELD_CHANNEL)
		return build_channel(p, value) != 0;
	if (row->words != NULL)
		return build_word_of(p, row, value);
	return true;
}

void
build_example_field(struct build *p, const struct word *field,
		    const struct word *value)
{
	const struct field_row *row = strcmp(field->text, "from") != 0
					      ? field_find(field->text)
					      : field_row(RULE_FIELD_SENDER);

	if (row == NULL)
		return;
	if (row->kind != FIELD_TEXT && row->kind != FIELD_WORD) {
		complain(p->errs, value->at, NULL, "'%s' is a %s", row->name,
			 field_kind_name(row->kind));
	} else if (row->field == RULE_FIELD_TAG) {
		ptrs_add(&p->book->arena, &p->example->tags,
			 arena_strndup(&p->book->arena, value->text, value->n));
	} else if (row->field == RULE_FIELD_FILE_NAME ||
		   row->field == RULE_FIELD_FILE_TYPE) {
		set_file(p, row->field, value);
	} else if (right_word(p, row, value)) {
		set_text(p, row->field, value);
	}
}

void
build_example_header(struct build *p, const struct word *name,
		     const struct word *value)
{
	struct rule_pair *x =
		pair(p, &p->example->headers, RULE_HEADERS_MAX, name->at);

	x->name = name->text;
	x->value = value->text;
}

static void
set_number(struct build *p, enum rule_field f, int64_t value, struct loc at)
{
	struct rule_facts *facts = &p->example->facts;

	if (facts->has[f])
		twice(p, at);
	facts->has[f] = true;
	facts->number[f] = value;
}

void
build_example_number(struct build *p, const struct word *field,
		     const struct quantity *q)
{
	const struct field_row *row = field_find(field->text);
	int64_t n = 0;

	if (row == NULL)
		return;
	if (row->kind == FIELD_TEXT || row->kind == FIELD_WORD) {
		p->rule->broken = true;
		complain(p->errs, q->at, "write it in quotes", "'%s' is a %s",
			 row->name, field_kind_name(row->kind));
		return;
	}
	if (!build_quantity(p, row, q, &n))
		return;
	if (row->kind == FIELD_MONEY)
		p->example->facts.currency = q->currency.text;
	set_number(p, row->field, n, field->at);
}

void
build_example_flag(struct build *p, const struct word *flag, bool on)
{
	const struct field_row *row = field_find(flag->text);

	if (row != NULL)
		set_number(p, row->field, on, flag->at);
}

void
build_example_at(struct build *p, const struct word *date, int64_t time_s)
{
	struct example_node *x = p->example;

	if (x->date.text != NULL)
		twice(p, date->at);
	if (!build_date_days(date->text, &x->day)) {
		p->rule->broken = true;
		complain(p->errs, date->at, "dates are written 2026-12-25",
			 "no such date: %s", date->text);
	}
	x->date = *date;
	x->time_s = time_s;
}
