#include "rules/slip.h"

#include <stdbool.h>
#include <string.h>

#define STRING_NAME "a string in quotes"
#define WORD_NAME "a word"

static bool
expects(const struct slip *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->expected[i], name) == 0)
			return true;
	return false;
}

/* Its name begins so: what is in parentheses there are samples. */
static bool
expects_some(const struct slip *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strncmp(s->expected[i], name, strlen(name)) == 0)
			return true;
	return false;
}

static bool
got(const struct slip *s, const char *name)
{
	return strcmp(s->got, name) == 0;
}

static bool
among(const char *word, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

static bool
is_action(const char *word)
{
	static const char *const list[] = {
		"queue",  "team",    "assign",   "priority", "reason",
		"policy", "state",   "reply",    "send",     "ask",
		"snooze", "tag",     "untag",    "note",     "notify",
		"link",   "webhook", "fallback", NULL
	};

	return among(word, list);
}

/* Between two things of a rule. */
static const char *
hint_between(const struct slip *s)
{
	if (expects(s, "and") && got(s, ","))
		return "conditions are joined by 'and' or 'or'";
	if (expects(s, "then") && expects(s, "and") && is_action(s->word))
		return "write 'then' before what the rule does";
	if (expects(s, "stop") && is_action(s->word))
		return "actions are separated by commas";
	if (s->before == '/' && got(s, WORD_NAME))
		return "case never counts, and no letters stand behind a pattern";
	return NULL;
}

/* After a field, or a comparison. */
static const char *
hint_condition(const struct slip *s)
{
	if (expects(s, "matches") && got(s, "not"))
		return "write 'not' before the whole: not body contains \"...\"";
	if (expects_some(s, "a /pattern/") && got(s, STRING_NAME))
		return "a pattern is written /refund/; of a text write 'contains'";
	if (expects(s, "a number") && got(s, "="))
		return "write one '='";
	if (expects(s, "a number") &&
	    (got(s, WORD_NAME) || got(s, STRING_NAME)))
		return "words are compared with 'is'";
	return NULL;
}

const char *
slip_hint(const struct slip *s)
{
	static const char *const fancy[] = { "\xE2\x80\x9C", "\xE2\x80\x9D",
					     "\xE2\x80\x9E", "\xC2\xAB",
					     "\xE2\x80\x98", "\xE2\x80\x99" };
	const char *hint;
	size_t i;

	for (i = 0; i < sizeof fancy / sizeof *fancy; i++)
		if (strncmp(s->word, fancy[i], strlen(fancy[i])) == 0)
			return "texts stand in straight quotes: \"refund\"";
	hint = hint_between(s);
	if (hint == NULL)
		hint = hint_condition(s);
	if (hint != NULL)
		return hint;
	if (got(s, "after") && expects(s, "every"))
		return "write it like: on 4h after solved";
	if (got(s, "a time (09:00)") && expects_some(s, "a weekday"))
		return "write it like: on every day at 09:00";
	if (s->n == 1 && expects(s, STRING_NAME) && got(s, WORD_NAME))
		return "names and texts stand in quotes";
	if (expects(s, WORD_NAME) && !expects(s, STRING_NAME) &&
	    got(s, STRING_NAME))
		return "write it without quotes";
	if (s->n == 1 && expects_some(s, "a weekday"))
		return "days are mon, tue, wed, thu, fri, sat and sun";
	return NULL;
}

const char *
slip_sign(char c)
{
	switch (c) {
	case '\'':
	case '`':
		return "texts stand in double quotes";
	case '&':
		return "conditions are joined by 'and'";
	case '|':
		return "conditions are joined by 'or'";
	case '!':
		return "write 'not' before the condition";
	case '@':
		return "addresses stand in double quotes";
	case ';':
		return "nothing stands at the end of a line; actions are separated by commas";
	case ':':
		return "nothing stands between a word and what belongs to it";
	case '[':
	case ']':
		return "write it without brackets";
	case '$':
		return "write an amount like 100.00 USD";
	case '*':
	case '\\':
		return "a pattern stands between slashes: /refund.*/";
	default:
		return NULL;
	}
}
