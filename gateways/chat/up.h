#ifndef POSTIGO_CHAT_UP_H
#define POSTIGO_CHAT_UP_H

/*
 * up: a text frame of a visitor, read into a struct. Nothing but text goes
 * in, so it can be tested and fuzzed alone.
 *
 * Source: schema/CHAT.md, "Frames from the visitor".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UP_BYTES 16384 /* of one frame */
#define UP_FRAGMENTS 32
#define UP_ID_MAX 64
#define UP_TOKEN_MAX 128
#define UP_NAME_MAX 200     /* characters */
#define UP_EMAIL_MAX 254    /* characters */
#define UP_TEXT_MAX 8192    /* characters */
#define UP_COMMENT_MAX 2000 /* characters */
#define UP_PAGE_MAX 1000    /* characters; longer ones are dropped */
#define UP_FILES_MAX 10

enum up_kind {
	UP_OPEN,
	UP_START,
	UP_WRITE,
	UP_TYPING,
	UP_GOT,
	UP_END,
	UP_RATE,
	UP_PING
};

/* What a frame says. The texts are borrowed from `whole`. */
struct up_frame {
	enum up_kind kind;
	json_t *whole;
	const char *token;    /* open; NULL: none */
	int64_t from;         /* open; 0 if it is not there */
	int64_t incident;     /* open; in which from was counted; 0: not said */
	const char *name;     /* start */
	const char *email;    /* start; NULL: none */
	const char *language; /* start; es, en or NULL */
	bool remember;        /* start */
	const char *id;       /* write */
	const char *text;     /* write */
	const char *page;     /* write; NULL: none */
	json_t *files;        /* write; array or NULL, borrowed */
	bool on;              /* typing */
	int64_t number;       /* got */
	int score;            /* rate */
	const char *comment;  /* rate; NULL: none */
};

/* What is to be done with it. */
enum up_read {
	UP_GOOD,
	UP_REFUSE,   /* answer `refused`: well formed, but over a ceiling */
	UP_NOT_JSON, /* close 1007 */
	UP_WRONG     /* close 1008 */
};

/*
 * Read a frame of n bytes of UTF-8.
 *
 * f     up_release() it after UP_GOOD and UP_REFUSE; kind and id are set
 * code  of UP_REFUSE: a word for the visitor; static
 */
enum up_read up_parse(const char *p, size_t n, struct up_frame *f,
		      const char **code);
void up_release(struct up_frame *f);

/* The word of `t`. Static. */
const char *up_name(enum up_kind kind);

#endif
