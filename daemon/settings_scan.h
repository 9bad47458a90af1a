#ifndef POSTIGO_SETTINGS_SCAN_H
#define POSTIGO_SETTINGS_SCAN_H

/*
 * settings_scan: which keys stand in a settings file, and on which lines.
 * libconfuse reads the values, but it stops at the first unknown key, says
 * nothing of a key that stands twice, and takes a last section without its
 * end for whole; all that is found here.
 */

#include <stdbool.h>
#include <stddef.h>

struct settings_errors;

#define SCAN_WORD 64
#define SCAN_KEYS_MAX 200

struct scan_key {
	char section[SCAN_WORD]; /* "" at the top */
	char title[SCAN_WORD];   /* "" if the section has none */
	char name[SCAN_WORD];    /* "" for the section itself */
	int line;
};

struct scan {
	struct scan_key *list;
	size_t n;
};

/*
 * Scan the whole text. Unknown and repeated keys are noted; unknown ones and
 * sections are blanked out in text, so that the rest can be read.
 * false: the form is broken (noted), values cannot be read
 */
bool scan_text(struct scan *sc, const char *path, char *text,
	       struct settings_errors *errs);

/* section and title may be NULL. NULL: the key does not stand there. */
const struct scan_key *scan_find(const struct scan *sc, const char *section,
				 const char *title, const char *name);

/* Line where a section begins; 0: it does not stand there. */
int scan_section_line(const struct scan *sc, const char *section);

void scan_release(struct scan *sc);

/* Note an error: "PATH:LINE: TEXT". In settings.c. */
void settings_note(struct settings_errors *errs, const char *path, int line,
		   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
