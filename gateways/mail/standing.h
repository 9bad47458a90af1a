#ifndef POSTIGO_STANDING_H
#define POSTIGO_STANDING_H

/*
 * standing: how one half of a mailbox (reading, sending) fares, told by its
 * thread and read by the main loop.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define STANDING_TEXT_MAX 300

struct port;

enum standing_is {
	STANDING_UNKNOWN, /* nothing was tried yet */
	STANDING_OK,
	STANDING_FAILING
};

struct standing {
	pthread_mutex_t lock;
	struct port *port;
	enum standing_is is;
	char text[STANDING_TEXT_MAX]; /* why it fails, or a remark */
};

/* port is woken by changes; borrowed. */
void standing_init(struct standing *s, struct port *port);
void standing_release(struct standing *s);

/* How much of a text of at most max octets is UTF-8, which alone can be told
 * to the daemon: one may have been cut within a character. */
size_t standing_whole(const char *text, size_t max);

/* text is cut between characters. */
void standing_set(struct standing *s, enum standing_is is, const char *text);
enum standing_is standing_get(struct standing *s, char text[STANDING_TEXT_MAX]);

#endif
