#ifndef TESTS_FAKESERVER_H
#define TESTS_FAKESERVER_H

/* fakeserver: the other end of a socket, on a thread, that follows a script
 * and notes where a client left it. */

#include <stddef.h>

enum fake_what {
	FAKE_END,   /* close */
	FAKE_SAY,   /* write the text */
	FAKE_HEAR,  /* read a line; it must begin with the text */
	FAKE_UNTIL, /* read lines until one is the text */
	FAKE_EAT,   /* read n octets */
	FAKE_DRIP,  /* write the text octet by octet, slowly, for ever */
	FAKE_FLOOD, /* write the text again and again, for ever */
	FAKE_HANG   /* do nothing until the client goes */
};

struct fake_step {
	enum fake_what what;
	const char *text;
	size_t n; /* FAKE_SAY: octets of text, 0: up to its NUL */
};

struct fake;

/* *fd_out is the client's end. steps end with FAKE_END, and are borrowed. */
struct fake *fake_start(const struct fake_step *steps, int *fd_out);

/* Wait for its end (the client's end must be closed). The step where it was
 * let down (from 0), or -1: the script went as written. */
int fake_finish(struct fake *f);

/* All that it read, after fake_finish(); free with mem_free(). */
char *fake_heard(struct fake *f, size_t *n_out);
void fake_free(struct fake *f);

#endif
