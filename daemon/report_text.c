#include "daemon/report_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 128

enum report_language
report_language_of(const char *code)
{
	return strcmp(code, "en") == 0 ? REPORT_EN : REPORT_ES;
}

static int
by_name(const void *key, const void *word)
{
	return strcmp(key, ((const struct report_word *)word)->name);
}

const char *
report_text(enum report_language l, const char *kind, const char *name)
{
	const struct report_word *words =
		l == REPORT_EN ? report_words_en : report_words_es;
	size_t n =
		l == REPORT_EN ? report_words_en_count : report_words_es_count;
	const struct report_word *found;
	char key[NAME_MAX_BYTES];

	if (snprintf(key, sizeof(key), "%s.%s", kind, name) >= (int)sizeof(key))
		return NULL;
	found = bsearch(key, words, n, sizeof(*words), by_name);
	return found != NULL ? found->text : NULL;
}

const char *
report_word_or(enum report_language l, const char *kind, const char *name)
{
	const char *text = report_text(l, kind, name);

	return text != NULL ? text : name;
}
