#ifndef POSTIGO_REPORT_TEXT_H
#define POSTIGO_REPORT_TEXT_H

/*
 * report_text: the words of reports in Spanish and English: names of reports,
 * figures, columns and keys, what a figure means, and the sentences of the
 * mail. The console has a catalogue of its own.
 *
 * Invariant: both languages have the same entries, sorted
 * (tests/unit/test_report_text.c).
 */

#include <stddef.h>

enum report_language {
	REPORT_ES,
	REPORT_EN,
	REPORT_LANGUAGES
};

struct report_word {
	const char *name; /* "kind.name" */
	const char *text;
};

/* The tables, sorted by name. */
extern const struct report_word report_words_es[], report_words_en[];
extern const size_t report_words_es_count, report_words_en_count;

/* "en" is English, everything else Spanish. */
enum report_language report_language_of(const char *code);

/*
 * A text of the catalogue.
 * kind  report, figure (columns too), key, define, group, month, weekday or
 *       mail
 * NULL: there is none. Static.
 */
const char *report_text(enum report_language l, const char *kind,
			const char *name);

/* The same, or the name as it stands. */
const char *report_word_or(enum report_language l, const char *kind,
			   const char *name);

#endif
