#ifndef POSTIGO_SLA_CASE_H
#define POSTIGO_SLA_CASE_H

/*
 * sla_case: a line of JSON as a promise: a calendar, a start, a budget and
 * pauses. Its members are in postigo(1), "sla due".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "rules/deadline.h"

#define SLA_PAUSES_MAX 10000 /* of one case */
#define SLA_ZONES_MAX 64     /* kept between cases */
#define SLA_BAD_MAX 320      /* bytes of a complaint */

struct calendar;
struct zone;

/* Zones that were read, since many lines name the same ones. {0} is empty. */
struct sla_zones {
	struct {
		char *name;
		struct zone *zone;
	} list[SLA_ZONES_MAX];
	size_t n;
	size_t next; /* the one to give up when it is full */
};

void sla_zones_release(struct sla_zones *z);

struct sla_case {
	struct calendar *calendar;
	int64_t start_s;
	int64_t budget_s;
	int days; /* working days; -1: the budget is in seconds */
	struct pause *pauses;
	size_t pause_count;
};

/*
 * Read a case from an object. It lends nothing from it.
 *
 * bad  on false: which member is wrong, and how
 */
bool sla_case_read(struct sla_case *t, struct sla_zones *z, const json_t *o,
		   char bad[SLA_BAD_MAX]) MUST_CHECK;

void sla_case_release(struct sla_case *t);

/* When it is due, or DEADLINE_NEVER. */
int64_t sla_case_due(const struct sla_case *t);

#endif
