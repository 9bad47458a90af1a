/*
 * fuzz_match: any pattern on any text. What the prefilter leaves out does not
 * match; runs of a fixed book with its index and without say the same.
 *
 * The first octet says which, the first line is the pattern or the subject,
 * the rest is the text.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "rules/book.h"
#include "rules/fold.h"
#include "rules/match.h"
#include "rules/pattern.h"
#include "rules/prefilter.h"
#include "rules/rule.h"
#include "rules/tree.h"

#define TEXT_MAX 4096
#define PLACES 64
#define PATIENCE_US 60000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char book_text[] =
	"queue \"a\" { }\n"
	"list \"l\" { /refund|reembolso/, \"gift card\", /ñandú/ exact }\n"
	"rule \"1\" { on contact if subject or body matches "
	"/\\b(devoluci[oó]n|devolver|return)\\b/ then tag \"1\" }\n"
	"rule \"2\" { on contact if body matches /pedido.{0,30}llega/ and not "
	"subject contains \"gracias\" then tag \"2\" }\n"
	"rule \"3\" { on contact if body matches list \"l\" then tag \"3\" }\n"
	"rule \"4\" { on contact if body matches /más/ exact or subject "
	"matches /σίσυφος|straße|kilo/ then tag \"4\" }\n"
	"rule \"5\" { on contact if body matches /(?<order>\\d{4,8})/ then "
	"link order \"{order}\" }\n"
	"rule \"6\" { on contact if not (body matches /a|bb/ or subject "
	"matches /(?=.*no)(?=.*llega)/) then tag \"6\" }\n"
	"rule \"7\" { on contact if sender or body matches /no-?reply@/ then "
	"tag \"7\" stop }\n"
	"rule \"8\" { on contact if body matches /(hola|adios)\\1/ or header "
	"\"X-A\" matches /ss|ſ/ then tag \"8\" }\n"
	"rule \"9\" { on contact then tag \"9\" }\n";

static struct book *
fixed_book(bool plain)
{
	struct book_errors errs = { 0 };
	struct book *b = NULL;

	if (book_read_trusted(book_text, sizeof book_text - 1, &b, &errs) !=
	    OUT_OK)
		abort();
	book_patient(b, PATIENCE_US);
	if (plain)
		book_plain(b);
	return b;
}

static void
same_runs(const char *subject, const char *body)
{
	static struct book *indexed;
	static struct book *plain;
	static struct rule_result a;
	static struct rule_result b;
	struct rule_pair header = { "x-a", subject };
	struct rule_facts f = { .event = "contact" };
	size_t i;

	if (indexed == NULL) {
		indexed = fixed_book(false);
		plain = fixed_book(true);
	}
	f.text[RULE_FIELD_SUBJECT] = subject;
	f.text[RULE_FIELD_BODY] = body;
	f.headers = &header;
	f.header_count = 1;
	rule_run(indexed, &f, &a);
	rule_run(plain, &f, &b);
	if (b.undecided_count != 0)
		return; /* the index may know more */
	if (a.fired_count != b.fired_count || a.hit_count != b.hit_count ||
	    a.action_count != b.action_count || a.tried != b.tried ||
	    a.undecided_count != 0)
		abort();
	for (i = 0; i < a.hit_count; i++)
		if (a.hits[i].from != b.hits[i].from ||
		    a.hits[i].to != b.hits[i].to ||
		    a.hits[i].field != b.hits[i].field)
			abort();
}

static struct matcher *m;

static bool
matches(const struct pattern *p, const char *text, size_t n)
{
	size_t from;
	size_t to;

	return pattern_match(p, m, text, n, &from, &to) == MATCH_YES;
}

/* Tried where it may begin alone, it matches the same. */
static void
same_places(const struct pattern *p, const struct prefilter *f, uint32_t number,
	    const struct prefilter_marks *marks, const char *text, size_t n)
{
	uint32_t at[PLACES];
	size_t at_n = prefilter_places(f, number, marks, at, PLACES);
	size_t from[2] = { 0, 0 };
	size_t to[2] = { 0, 0 };
	enum match plain;

	if (at_n == SIZE_MAX)
		return;
	plain = pattern_match(p, m, text, n, &from[0], &to[0]);
	if (plain != MATCH_UNDECIDED &&
	    (pattern_match_at(p, m, text, n, at, at_n, &from[1], &to[1]) !=
		     plain ||
	     from[0] != from[1] || to[0] != to[1]))
		abort();
}

static void
never_left_out(unsigned flags, const char *source, size_t source_n,
	       const char *text, size_t n)
{
	static char folded[TEXT_MAX];
	static char clean[TEXT_MAX];
	static uint16_t map[TEXT_MAX + 1];
	bool exact = (flags & PATTERN_EXACT) != 0;
	struct prefilter_marks marks;
	struct pattern_error e;
	struct prefilter *f;
	struct pattern *p = NULL;
	bool bad = false;
	size_t folded_n;
	uint32_t number;

	if (!utf8_valid(source, source_n) ||
	    pattern_new(source, source_n, flags, &p, &e) != OUT_OK)
		return;
	folded_n = fold_text(text, n, folded, map, &bad);
	fold_clean(text, n, clean);
	f = prefilter_new();
	number = prefilter_add(f, pattern_literals(p));
	prefilter_finish(f);
	marks_init(&marks, f);
	prefilter_scan(f, folded, folded_n, &marks);
	if (number != PREFILTER_ALWAYS && marks.missing[number] != 0 &&
	    matches(p, exact ? clean : folded, exact ? n : folded_n))
		abort();
	if (number != PREFILTER_ALWAYS && !exact)
		same_places(p, f, number, &marks, folded, folded_n);
	marks_release(&marks);
	prefilter_free(&f);
	pattern_free(&p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data + 1;
	const char *end;
	size_t first_n;
	size_t rest_n;

	if (n < 2)
		return 0;
	if (m == NULL)
		m = matcher_new();
	end = memchr(s, '\n', n - 1);
	first_n = end != NULL ? (size_t)(end - s) : n - 1;
	rest_n = end != NULL ? n - 2 - first_n : 0;
	if (rest_n > TEXT_MAX)
		rest_n = TEXT_MAX;
	if ((data[0] & 4) != 0) {
		char *subject = mem_strndup(s, first_n);
		char *body = mem_strndup(end != NULL ? end + 1 : "", rest_n);

		same_runs(subject, body);
		mem_free(subject);
		mem_free(body);
	} else if (first_n <= TREE_PATTERN_BYTES) {
		never_left_out(data[0] & 3, s, first_n,
			       end != NULL ? end + 1 : "", rest_n);
	}
	return 0;
}
