#ifndef POSTIGO_SPLIT_H
#define POSTIGO_SPLIT_H

/*
 * split: an answer as the messages that WhatsApp can carry. One message has
 * one file or none; a text can ride below a picture, a film or a document, but
 * not below a sound.
 *
 * Pure: no store, no clock. Source: Meta, "Messages" of the Cloud API.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

#define SPLIT_FILES_MAX 20
#define SPLIT_PARTS_MAX (SPLIT_FILES_MAX + 1)
#define SPLIT_TEXT_MAX 4096    /* characters of a message, or above a list */
#define SPLIT_CAPTION_MAX 1024 /* characters below a file */
#define SPLIT_BUTTONS_MAX 3
#define SPLIT_BUTTON_MAX 20  /* characters on a button */
#define SPLIT_ABOVE_MAX 1024 /* characters above buttons */
#define SPLIT_ROWS_MAX 10    /* of a list, where there are more than buttons */
#define SPLIT_ROW_MAX 24     /* characters of a row */
#define SPLIT_ID_MAX 200     /* octets of the id of a button or row */

/* Characters of a text, as Meta counts them: code points. */
size_t split_chars(const char *text);

struct split_ask {
	const char *text;
	const json_t *files; /* list of FileIn, or NULL */
	bool is_template;    /* the text is what a template says */
	bool is_reaction;    /* the text is the emoji */
	/* what splits_buttons() made, or the like; NULL: none */
	const json_t *interactive;
};

struct split_part {
	const char *kind;   /* text, media, template, interactive, reaction;
			       static */
	bool text;          /* the answer's text is its own */
	const json_t *file; /* of the list, borrowed; NULL: none */
};

struct split {
	struct split_part parts[SPLIT_PARTS_MAX]; /* in order; the first has
						     the text, if there is one */
	size_t n;
};

/*
 * OUT_PERM  code "text_too_long": says how long it is; "bad_params": there is
 *           nothing to send, or too many files
 */
enum outcome split_answer(const struct split_ask *q, struct split *out,
			  struct err *e) MUST_CHECK;

/*
 * Buttons below an answer, or a list where they are more than three:
 * OutWhatsapp.interactive without its body.
 * titles    list of strings
 * prefix    of the ids; the place from 0 follows
 * language  "en", else Spanish: of the word that opens a list
 * out       new
 * OUT_PERM  code "bad_params": too many, too long, empty, or the same twice
 */
enum outcome split_buttons(const json_t *titles, const char *prefix,
			   const char *language, json_t **out,
			   struct err *e) MUST_CHECK;

#endif
