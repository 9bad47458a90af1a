#ifndef POSTIGO_CHORE_H
#define POSTIGO_CHORE_H

/*
 * chore: what a job asks of a mailbox's IMAP session: mark or move a mail
 * that the store has, or put a copy of an answer into the sent folder. Both
 * may be done twice without harm.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct imap;
struct mailset;

enum chore_kind {
	CHORE_HANDLED,
	CHORE_COPY
};

struct chore {
	enum chore_kind kind;
	/* CHORE_HANDLED */
	char *folder;
	uint32_t uid_validity;
	uint32_t uid;
	/* CHORE_COPY */
	char *octets;
	size_t n;
	char *message_id; /* with its brackets */
	/* its end: runs on the main loop, where the chore is freed */
	void (*done)(struct chore *c);
	void *arg;
	enum outcome outcome;
	struct err err; /* unless OUT_OK */
	/* the mailbox's own */
	struct chore *next;
};

void chore_free(struct chore **c);

/*
 * Do it. Another folder than the mailbox's may be the selected one afterwards:
 * then *moved_out is set.
 * selected  validity of the mailbox's folder, which is selected; 0: none is
 *
 * OUT_OK    done, or there is nothing left to do
 * OUT_TEMP, OUT_PERM, OUT_UNSURE  not now, or refused; classes as in net.h
 */
enum outcome chore_do(const struct chore *c, const struct mailset *set,
		      struct imap *imap, uint32_t selected, bool *moved_out,
		      struct err *e) MUST_CHECK;

#endif
