#ifndef POSTIGO_TEST_DNS_TABLE_H
#define POSTIGO_TEST_DNS_TABLE_H

/*
 * dns_table: a DNS of a few records, for tests that ask one.
 */

#include "daemon/ctl/dns.h"

struct dns_row {
	const char *name; /* NULL ends the table */
	enum dns_kind kind;
	const char *text; /* NULL: nobody answers for that name */
};

/* A dns_fn; arg is the first of the rows. */
dns_fn dns_table;

#endif
