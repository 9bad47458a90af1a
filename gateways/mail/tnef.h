#ifndef POSTIGO_TNEF_H
#define POSTIGO_TNEF_H

/*
 * tnef: winmail.dat, in which Outlook wraps the files of a mail and its text.
 * The original stays an attachment beside what is unpacked.
 *
 * Invariants: only octets that are there are read; of streams within streams
 * TNEF_DEPTH_MAX are.
 *
 * Source: [MS-OXTNEF].
 */

#include <stdbool.h>
#include <stddef.h>

struct parts;

#define TNEF_DEPTH_MAX 3
#define TNEF_ATTRIBUTES_MAX 10000

/* Is it said to be one: by its kind (lower case) or by its name? */
bool tnef_is_one(const char *kind, const char *name);

/*
 * Put its files among the attachments and its text where it is fallen back
 * on. false: it is empty, cut short or broken; what came before that is there.
 */
bool tnef_unpack(struct parts *p, const void *data, size_t n);

#endif
