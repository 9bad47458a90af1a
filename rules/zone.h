#ifndef POSTIGO_ZONE_H
#define POSTIGO_ZONE_H

/*
 * zone: time zones read from the system's TZif files, without libc's global
 * zone. Only the direction instant -> local label is offered.
 *
 * Source: RFC 8536 (TZif), its 64-bit block and footer; POSIX.1-2017 section
 * 8.3 for the footer's rule, with RFC 8536's hours from -167 to 167. Fat and
 * slim files give the same.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct zone;
struct guess;

#define ZONE_FILE_BYTES (256 * 1024)  /* ceiling of a file */
#define ZONE_OFFSET_MAX_S (26 * 3600) /* east or west of UTC */

/*
 * Open a zone by its IANA name, under $TZDIR or /usr/share/zoneinfo.
 * OUT_PERM: no such zone, or a file that is not one; *e says which.
 */
enum outcome zone_open(const char *name, struct zone **out,
		       struct err *e) MUST_CHECK;

/* As zone_open, from the bytes of a file. */
enum outcome zone_read(const unsigned char *p, size_t n, struct zone **out,
		       struct err *e) MUST_CHECK;

/* Another holder of the same zone, which does not change. */
struct zone *zone_ref(struct zone *z);

/* Let go, and free with the last holder; clears *z, accepts a pointer to
 * NULL. */
void zone_free(struct zone **z);

/*
 * Seconds east of UTC at instant t_s.
 * until_out  the instant at which that may change; INT64_MAX: never
 */
int32_t zone_offset(const struct zone *z, int64_t t_s, int64_t *until_out);

/* Offer the names of the system's zones to a guess that then holds one;
 * the name found is copied into name. */
void zone_guess(struct guess *g, char name[64]);

#define ZONE_EDITION_MAX 32

/*
 * Which edition of the zone data is installed: "2025b", as the first line of
 * tzdata.zi says it. false, and "": the system does not say.
 */
bool zone_edition(char out[ZONE_EDITION_MAX]);

#endif
