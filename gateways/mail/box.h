#ifndef POSTIGO_BOX_H
#define POSTIGO_BOX_H

/*
 * box: the mail connections of the desk, as connection.mine gave them, and
 * what the daemon was told of their state.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateways/mail/maildir.h"

struct bus;

#define BOX_MAX 200
#define BOX_HELD_MAX 1000

/* A mail that is left alone for a while. */
struct held {
	char *name;
	int64_t until_ms; /* monotonic */
};

struct box {
	char *name;
	char *in;     /* Maildir, NULL for a pipe */
	char *out;    /* Maildir, NULL if it cannot send */
	bool gone;    /* no longer a connection: freed when nothing flies */
	int watch;    /* inotify's, -1 none */
	int reported; /* -1 nothing yet, 0 failing, 1 ok */
	char detail[300];
	struct maildir_names names; /* of the last scan */
	size_t next;                /* first one not looked at */
	bool stale;                 /* something came since the scan */
	int64_t scan_ms;            /* when the last scan was */
	int64_t wait_ms;            /* no work before; monotonic */
	int backoff_ms;
	int flying;      /* mails under way */
	bool moved;      /* folders are to be synced */
	int64_t sync_ms; /* when they last were */
	struct held held[BOX_HELD_MAX];
	size_t held_count;
};

struct boxes {
	struct box *list[BOX_MAX];
	size_t count;
	struct bus *bus;
	int inotify; /* -1: only by looking again and again */
};

void boxes_init(struct boxes *b, struct bus *bus);
void boxes_release(struct boxes *b);

/* Take over the result of connection.mine. */
void boxes_update(struct boxes *b, const json_t *connections);

/* NULL: no such one. */
struct box *boxes_find(const struct boxes *b, const char *name);

/* Something happened in the folders: mark the boxes concerned. */
void boxes_notice(struct boxes *b);

/* Tell the daemon, unless it knows. detail is "" when all is well. */
void box_report(struct boxes *b, struct box *x, bool ok, const char *detail);

/* Leave a mail alone for ms; is it to be left alone now? */
void box_hold(struct box *x, const char *name, int64_t ms);
bool box_is_held(struct box *x, const char *name);

/* Free boxes that are gone and have nothing under way. */
void boxes_sweep(struct boxes *b);

#endif
