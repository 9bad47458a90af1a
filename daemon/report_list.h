#ifndef POSTIGO_REPORT_LIST_H
#define POSTIGO_REPORT_LIST_H

/*
 * report_list: the incidents behind a figure.
 * Source: schema/REPORTS.md, "Arithmetic".
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/fact.h"

struct book;
struct store;

struct report_list {
	/* of fact.h, or contacts: opened and contact; came: opened and in;
	 * replies: answered, of first_response and next_response;
	 * broken is without those of late: given when it was too late */
	const char *fact;
	struct fact_filter filter;
	int64_t version;  /* of the desk book; 0: any */
	const char *hour; /* of the week, "1-09"; NULL: any */
	const char *zone; /* of that hour; NULL: of the book's first calendar */
	int64_t after;    /* an incident's row: those after it */
	int limit;
};

/*
 * One page of incidents, each once, by their rows.
 * out       new list of Incident objects
 * next_out  0: that was the last page
 *
 * OUT_PERM  code "bad_params": no such fact or zone
 */
enum outcome report_list_page(struct store *s, const struct book *b,
			      const struct report_list *q, json_t **out,
			      int64_t *next_out, struct err *e) MUST_CHECK;

#endif
