#ifndef POSTIGO_ATTACH_H
#define POSTIGO_ATTACH_H

/*
 * attach: the files of a mail, as members of the parser's answer, their
 * octets one after the other.
 */

#include <gmime/gmime.h>
#include <stdbool.h>
#include <stddef.h>

struct buf;
struct parts;

/* One file; all pointers are borrowed. */
struct file {
	const char *name; /* UTF-8, of any form; may be empty */
	size_t name_len;
	const char *kind; /* content type, lower case */
	const char *id;   /* value of Content-ID, "" or NULL if none */
	const char *how;  /* disposition, lower case, "" or NULL if none */
	const void *data;
	size_t n;
	bool hidden; /* part of how the mail is made, not a file of its writer:
	              * told, but not kept beside the mail */
};

/* Put it into the answer, unless a ceiling is met, which is a warning. */
void attach_put(struct parts *p, const struct file *f);

/* A part of the mail, with its headers. name: what its headers call it. */
void attach_part(struct parts *p, GMimeObject *o, const struct buf *name,
		 const char *kind, const void *data, size_t n, bool hidden);

/* A nested mail is kept whole, named by its subject. */
void attach_message(struct parts *p, GMimeMessagePart *mp, struct buf *name);

/* The raw value of a part's header, on one line, appended. */
void attach_header(GMimeObject *o, const char *name, struct buf *out);

/* The octets of a part, its transfer encoding undone. Owned by the caller. */
GByteArray *attach_octets(GMimePart *part);

#endif
