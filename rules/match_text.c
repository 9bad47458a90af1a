/*
 * match_text: patterns on texts.
 */

#include <string.h>
#include <strings.h>

#include "daemon/base/utf8.h"
#include "rules/fold.h"
#include "rules/match.h"

#define PLACES_MAX 64 /* of a pattern that are tried one by one */

static void
subject_begin(struct subject *f, const char *text)
{
	size_t n;

	f->raw = text;
	f->n = 0;
	f->cut = false;
	f->folded = false;
	f->cleaned = false;
	f->scanned = false;
	if (text == NULL)
		return;
	n = strnlen(text, RULE_SUBJECT_BYTES + 1);
	f->cut = n > RULE_SUBJECT_BYTES;
	f->n = utf8_cut(text, n, RULE_SUBJECT_BYTES);
}

void
scratch_begin(struct scratch *s, const struct rule_facts *facts)
{
	const char *channel = facts->text[RULE_FIELD_CHANNEL];
	int f;

	s->facts = facts;
	s->event = facts->event != NULL ? event_bit(facts->event) : 0;
	s->channel = channel != NULL ? channel_bit(channel) : 0;
	s->trace = NULL;
	s->capture_count = 0;
	for (f = 0; f < TEXT_FIELDS; f++)
		subject_begin(&s->subjects[f], facts->text[f]);
}

/* A span of the text as matched, back in the text as given. */
static void
original(const struct pattern *p, const struct subject *f, size_t *from,
	 size_t *to)
{
	if (pattern_exact(p))
		return;
	*from = f->map[*from];
	*to = f->map[*to];
}

/* Keep what the named groups found; the first find of a name stays. */
static void
keep_captures(const struct pattern *p, struct scratch *s,
	      const struct subject *f)
{
	const char *name;
	size_t i;

	for (i = 0; (name = pattern_name(p, i)) != NULL; i++) {
		struct captured_text *c = &s->captures[s->capture_count];
		size_t from;
		size_t to;

		if (s->capture_count == RULE_CAPTURES_MAX)
			return;
		if (!pattern_group(p, s->matcher, i, &from, &to))
			continue;
		original(p, f, &from, &to);
		if (to - from > RULE_CAPTURE_BYTES)
			continue;
		c->name = name;
		memcpy(c->text, f->raw + from, to - from);
		c->text[to - from] = '\0';
		s->capture_count++;
	}
}

static void
subject_fold(struct subject *f)
{
	bool bad = false;

	if (!f->folded)
		f->fold_n = fold_text(f->raw, f->n, f->fold, f->map, &bad);
	f->folded = true;
}

const struct prefilter_marks *
subject_marks(struct scratch *s, struct subject *f)
{
	if (f->scanned)
		return &f->marks;
	if (f->marks.missing == NULL)
		marks_init(&f->marks, s->filter);
	subject_fold(f);
	prefilter_scan(s->filter, f->fold, f->fold_n, &f->marks);
	f->scanned = true;
	return &f->marks;
}

/* Has the text what a pattern needs? */
static bool
text_may(const struct pattern *p, struct scratch *s, struct subject *f)
{
	uint32_t number = pattern_number(p);

	return s->filter == NULL || number == PREFILTER_ALWAYS ||
	       subject_marks(s, f)->missing[number] == 0;
}

/* A pattern on folded text: where its matches may begin, if that is known. */
static enum match
folded_match(const struct pattern *p, struct scratch *s, struct subject *f,
	     size_t *from, size_t *to)
{
	uint32_t number = pattern_number(p);
	uint32_t at[PLACES_MAX];
	size_t n = SIZE_MAX;

	subject_fold(f);
	if (s->filter != NULL && number != PREFILTER_ALWAYS)
		n = prefilter_places(s->filter, number, &f->marks, at,
				     PLACES_MAX);
	if (n == SIZE_MAX)
		return pattern_match(p, s->matcher, f->fold, f->fold_n, from,
				     to);
	return pattern_match_at(p, s->matcher, f->fold, f->fold_n, at, n, from,
				to);
}

/*
 * One pattern on one text. Every pattern of a run is tried here and nowhere
 * else: what can say beforehand that it cannot match belongs here.
 */
static enum match
text_match(const struct pattern *p, struct scratch *s, struct subject *f,
	   size_t *from, size_t *to)
{
	enum match m;

	if (f->raw == NULL || !text_may(p, s, f))
		return MATCH_NO;
	s->tries++;
	if (pattern_exact(p)) {
		if (!f->cleaned)
			fold_clean(f->raw, f->n, f->clean);
		f->cleaned = true;
		m = pattern_match(p, s->matcher, f->clean, f->n, from, to);
	} else {
		m = folded_match(p, s, f, from, to);
	}
	if (m == MATCH_YES) {
		keep_captures(p, s, f);
		original(p, f, from, to);
	}
	return m;
}

/* A condition's pattern, or those of its list, on one text. */
static enum match
patterns_match(const struct cond *c, struct scratch *s, struct subject *f,
	       struct rule_hit *hit)
{
	enum match all = MATCH_NO;
	size_t i;

	if (c->kind == COND_TEXT)
		return text_match(c->pattern, s, f, &hit->from, &hit->to);
	for (i = 0; i < c->list->entries.n; i++) {
		const struct entry_node *e = c->list->entries.at[i];
		enum match m =
			text_match(e->pattern, s, f, &hit->from, &hit->to);

		if (m == MATCH_YES)
			return m;
		if (m == MATCH_UNDECIDED)
			all = m;
	}
	return all;
}

/* The i-th text of a field; false: there are no more. */
static bool
text_at(const struct asked *a, const struct rule_facts *f, size_t i,
	const char **text, const char **name)
{
	*text = NULL;
	*name = NULL;
	if (a->row->field == RULE_FIELD_HEADER) {
		if (i >= f->header_count || i >= RULE_HEADERS_MAX)
			return false;
		*name = f->headers[i].name;
		if (strcasecmp(*name, a->header.text) == 0)
			*text = f->headers[i].value;
		return true;
	}
	if (i >= f->file_count || i >= RULE_FILES_MAX)
		return false;
	*name = f->files[i].name;
	*text = a->row->field == RULE_FIELD_FILE_NAME ? f->files[i].name
						      : f->files[i].value;
	return true;
}

static enum match
many_hold(const struct cond *c, const struct asked *a, struct scratch *s,
	  struct rule_hit *hit)
{
	struct subject *f = &s->subjects[a->row->field];
	enum match all = MATCH_NO;
	const char *text;
	const char *name;
	size_t i;

	for (i = 0; text_at(a, s->facts, i, &text, &name); i++) {
		enum match m;

		if (text == NULL)
			continue;
		if (f->raw != text)
			subject_begin(f, text);
		m = patterns_match(c, s, f, hit);
		if (m == MATCH_YES) {
			hit->name = name;
			return m;
		}
		if (m == MATCH_UNDECIDED)
			all = m;
	}
	return all;
}

enum match
text_holds(const struct cond *c, struct scratch *s, struct rule_hit *hit)
{
	enum match all = MATCH_NO;
	size_t i;

	for (i = 0; i < c->fields.n; i++) {
		const struct asked *a = c->fields.at[i];
		enum rule_field field = a->row->field;
		struct subject *f = &s->subjects[field];
		bool many = field == RULE_FIELD_HEADER ||
			    field == RULE_FIELD_FILE_NAME ||
			    field == RULE_FIELD_FILE_TYPE;
		enum match m = many ? many_hold(c, a, s, hit)
				    : patterns_match(c, s, f, hit);

		if (m == MATCH_YES) {
			hit->field = field;
			hit->cut = f->cut;
			return m;
		}
		if (m == MATCH_UNDECIDED)
			all = m;
	}
	return all;
}
