#include "daemon/explain.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/replay.h"
#include "daemon/store/row.h"
#include "rules/book.h"

#define EXCERPT_BEFORE 60 /* octets of text shown before a match */
#define EXCERPT_AFTER 60
#define EXCERPT_MATCH 200 /* octets of what matched */
#define SOURCE_BYTES 500  /* of a condition as written */

/* --- the text round a match ---------------------------------------------------- */

/* Units of UTF-16 in n octets of text. */
static int64_t
units(const char *s, size_t n)
{
	int64_t count = 0;
	size_t i = 0;

	while (i < n) {
		uint32_t cp = 0;
		size_t len = utf8_next(s + i, n - i, &cp);

		count += cp > 0xFFFF ? 2 : 1;
		i += len > 0 ? len : 1;
	}
	return count;
}

/* The start of the character that an octet is in. */
static size_t
char_start(const char *s, size_t at)
{
	while (at > 0 && ((unsigned char)s[at] & 0xC0) == 0x80)
		at--;
	return at;
}

static void
put_excerpt(json_t *o, const char *text, size_t from, size_t to)
{
	size_t n = text != NULL ? strlen(text) : 0;
	size_t begin;
	size_t shown;
	size_t end;
	char *s;

	if (text == NULL || from > to || to > n)
		return;
	from = char_start(text, from);
	begin = from > EXCERPT_BEFORE ? char_start(text, from - EXCERPT_BEFORE)
				      : 0;
	shown = to - from > EXCERPT_MATCH
			? char_start(text, from + EXCERPT_MATCH)
			: to;
	end = n - shown > EXCERPT_AFTER
		      ? char_start(text, shown + EXCERPT_AFTER)
		      : n;
	s = mem_strndup(text + begin, end - begin);
	for (char *c = s; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20)
			*c = ' ';
	row_set(o, "excerpt", json_string(s));
	row_set(o, "marks",
		json_pack("[[I,I]]", (json_int_t)units(s, from - begin),
			  (json_int_t)units(s, shown - begin)));
	mem_free(s);
}

/* field, name, from, to and the text, where there is one. */
static void
put_hit(json_t *o, const struct rule_facts *f, enum rule_field field,
	const char *name, size_t from, size_t to)
{
	row_set(o, "field", json_string(rule_field_name(field)));
	row_set(o, "name", name != NULL ? json_string(name) : json_null());
	row_set(o, "from", json_integer((json_int_t)from));
	row_set(o, "to", json_integer((json_int_t)to));
	if (to > from)
		put_excerpt(o, replay_text(f, field, name), from, to);
}

/* --- conditions ------------------------------------------------------------------ */

static json_t *
condition_json(const struct rule_trace_row *row, const struct rule_facts *f)
{
	json_t *o = json_object();

	row_set(o, "line", json_integer(row->line));
	row_set(o, "column", json_integer(row->column));
	row_set(o, "source",
		json_stringn(row->source, utf8_cut(row->source, row->source_n,
						   SOURCE_BYTES)));
	row_set(o, "negated", json_boolean(row->negated));
	row_set(o, "verdict", json_string(rule_verdict_name(row->verdict)));
	if (row->hit)
		put_hit(o, f, row->field, row->name, row->from, row->to);
	return o;
}

/* The name in a hit: a header's, or that of a file, which is known by its
 * place. */
static const char *
noted_name(const json_t *hit, const struct rule_facts *f)
{
	json_int_t file = json_integer_value(json_object_get(hit, "file"));

	if (file >= 1 && (size_t)file <= f->file_count)
		return f->files[file - 1].name;
	return json_string_value(json_object_get(hit, "name"));
}

/* A hit of the event, where asking again does not give it. */
static json_t *
noted_json(const json_t *hit, int line, const struct rule_facts *f)
{
	const char *name = json_string_value(json_object_get(hit, "field"));
	const struct field_row *row = name != NULL ? field_find(name) : NULL;
	json_int_t from = json_integer_value(json_object_get(hit, "from"));
	json_int_t to = json_integer_value(json_object_get(hit, "to"));
	json_t *o = json_object();

	row_set(o, "line", json_integer(line));
	row_set(o, "column", json_integer(0));
	row_set(o, "source", json_string(""));
	row_set(o, "negated", json_false());
	row_set(o, "verdict", json_string("yes"));
	if (row != NULL && from >= 0 && to >= from)
		put_hit(o, f, row->field, noted_name(hit, f), (size_t)from,
			(size_t)to);
	return o;
}

/* --- rules ------------------------------------------------------------------------- */

/* The entry of a rule in a list of the event, or NULL. */
static const json_t *
entry(const json_t *list, const char *rule)
{
	const json_t *x;
	size_t i;

	json_array_foreach(list, i, x)
	{
		const char *s = json_string_value(json_object_get(x, "rule"));

		if (s != NULL && strcmp(s, rule) == 0)
			return x;
	}
	return NULL;
}

static json_t *
conditions_of(const struct book *b, size_t index, const struct rule_facts *f,
	      const json_t *fired, const char **why, bool *agrees)
{
	struct rule_trace *t = mem_new(1, sizeof *t);
	json_t *list = json_array();
	const json_t *hit;
	size_t i;

	rule_explain(b, f, index, t);
	*agrees = fired == NULL || t->verdict == RULE_YES;
	if (*why == NULL && fired == NULL)
		*why = t->why;
	for (i = 0; *agrees && i < t->n; i++)
		(void)json_array_append_new(list,
					    condition_json(&t->rows[i], f));
	if (!*agrees)
		json_array_foreach(json_object_get(fired, "hits"), i, hit)(void)
			json_array_append_new(list,
					      noted_json(hit, t->line, f));
	mem_free(t);
	return list;
}

/* NULL: the rule was not looked at, it is not of such a contact. */
static json_t *
rule_json(const struct book *b, size_t index, const struct rule_facts *f,
	  const json_t *fired, const json_t *open, bool *known)
{
	const struct book_rule *r = book_rule_at(b, index);
	const char *why = json_string_value(json_object_get(open, "why"));
	json_t *o = json_object();
	bool agrees = true;
	json_t *list = conditions_of(b, index, f, fired, &why, &agrees);

	if (fired == NULL && open == NULL && why != NULL &&
	    strcmp(why, "event") == 0) {
		json_decref(list);
		json_decref(o);
		return NULL;
	}
	*known = *known && agrees;
	row_set(o, "rule", json_string(r->name));
	row_set(o, "line", json_integer(r->line));
	row_set(o, "verdict",
		json_string(fired != NULL  ? "fired"
			    : open != NULL ? "undecided"
					   : "no"));
	row_set(o, "why", why != NULL ? json_string(why) : json_null());
	row_set(o, "conditions", list);
	return o;
}

/* A rule that came after the one that ended the run. */
static json_t *
not_tried_json(const struct book_rule *r)
{
	json_t *o = json_object();

	row_set(o, "rule", json_string(r->name));
	row_set(o, "line", json_integer(r->line));
	row_set(o, "verdict", json_string("not_tried"));
	row_set(o, "why", json_null());
	row_set(o, "conditions", json_array());
	return o;
}

/* Did the event make the rule be looked at? */
static bool
concerned(const struct book_rule *r, const struct rule_facts *f)
{
	if (strcmp(r->event, f->event) != 0)
		return false;
	return f->rule == NULL || strcmp(f->rule, r->name) == 0;
}

json_t *
explain_rules(struct explain *x, const struct book *b,
	      const struct rule_facts *f, const json_t *data,
	      const json_t *undecided, bool *known_out)
{
	const json_t *rules = json_object_get(data, "rules");
	json_t *list = json_array();
	bool over = false;

	*known_out = true;
	for (size_t i = 0; i < book_rule_count(b); i++) {
		const struct book_rule *r = book_rule_at(b, i);
		const json_t *fired = entry(rules, r->name);
		const json_t *open = entry(undecided, r->name);
		bool wanted = x->rule != NULL
				      ? strcmp(x->rule, r->name) == 0
				      : x->all || fired != NULL || open != NULL;
		json_t *o = NULL;

		if (!concerned(r, f))
			continue;
		if (wanted && (x->bytes > EXPLAIN_BYTES_MAX ||
			       clock_tick_ms() >= x->end_ms)) {
			x->cut = true;
			break;
		}
		if (wanted) {
			o = over ? not_tried_json(r)
				 : rule_json(b, i, f, fired, open, known_out);
		}
		if (o != NULL) {
			x->bytes += json_dumpb(o, NULL, 0, JSON_COMPACT);
			(void)json_array_append_new(list, o);
		}
		over = over || (fired != NULL && r->stop);
	}
	return list;
}
