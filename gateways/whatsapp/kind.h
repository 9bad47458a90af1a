#ifndef POSTIGO_WHATSAPP_KIND_H
#define POSTIGO_WHATSAPP_KIND_H

/*
 * kind: as what a file goes: image, video, audio or document. By its octets,
 * which a name or a declared type only claim. Pure.
 *
 * What Graph does not list for a kind, or what is over the kind's size, goes
 * as a document: so do WebP and HEIC pictures.
 *
 * Source: Meta, "Media", "Supported media types".
 */

#include <stddef.h>

#define KIND_HEAD 64 /* octets of its start that are looked at */

enum kind_of {
	KIND_IMAGE,
	KIND_VIDEO,
	KIND_AUDIO,
	KIND_DOCUMENT
};

struct kind {
	enum kind_of kind;
	const char *name; /* "image", ... as in a message. Static */
	const char *type; /* to upload it as. Static, or declared */
};

/*
 * head, n   its first octets, at most KIND_HEAD
 * size      of the whole
 * declared  its content type as the desk has it; borrowed
 */
struct kind kind_sniff(const void *head, size_t n, size_t size,
		       const char *declared);

#endif
