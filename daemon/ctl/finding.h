#ifndef POSTIGO_CTL_FINDING_H
#define POSTIGO_CTL_FINDING_H

/*
 * finding: what `postigo check` has to say of connections and domains, and
 * what to change, in plain English or as JSON.
 */

#include <jansson.h>
#include <stddef.h>

#include "daemon/ctl/ctl.h"

enum finding_level {
	FINDING_OK,
	FINDING_NOTE,    /* it works, and could be better */
	FINDING_UNKNOWN, /* it could not be asked */
	FINDING_PROBLEM,
	FINDING_LEVELS
};

struct findings {
	json_t *list;
	size_t count[FINDING_LEVELS];
};

void findings_init(struct findings *f);
void findings_release(struct findings *f);

/*
 * Add one.
 * about  a connection or a domain
 * check  "settings", "state", "spf", "dkim", "dmarc"
 */
void finding_add(struct findings *f, const char *about, const char *check,
		 enum finding_level level, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* What to change, of the last one. */
void finding_change(struct findings *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The record that it is about, as it stands in the DNS, of the last one. */
void finding_record(struct findings *f, const char *record);

/*
 * Print them on standard output, and how many problems there are on standard
 * error. EXIT_FOUND if there are some; else EXIT_LATER if something could not
 * be asked; else EXIT_FINE.
 */
int findings_print(struct ctl *c, const struct findings *f);

#endif
