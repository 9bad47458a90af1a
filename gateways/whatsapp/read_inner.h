#ifndef POSTIGO_WHATSAPP_READ_INNER_H
#define POSTIGO_WHATSAPP_READ_INNER_H

/*
 * read_inner: what the parts of read share while one body is read. Only for
 * read*.c.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define READ_WHOLE SIZE_MAX

/* A body, and the change in it that is read now. */
struct reading {
	json_t *messages;
	json_t *own;
	json_t *statuses;
	json_t *echoes;
	json_t *events;
	json_t *errors;
	json_t *refused;
	json_t *seen;       /* messages by number and id, as keys */
	json_t *people;     /* contacts of the change, by id */
	const json_t *lone; /* its only contact, of its only sender */
	size_t count;       /* facts so far, refused ones too */
	size_t entry;       /* place of the change */
	size_t change;
	const json_t *value; /* of the change; an object */
	const char *waba;    /* id of the account, or NULL */
	const char *phone;   /* phone_number_id, or NULL */
	const char *display; /* our number as people see it, or NULL */
	const json_t *at;    /* entry's own time, or NULL */
};

/* May another fact be added? Says once in "refused" that it may not. */
bool reading_room(struct reading *r);

/*
 * Note that a part of the change was not understood.
 * list  a member of the change or of its value
 * i     place in that array; READ_WHOLE: the member itself
 * why   static
 */
void reading_refuse(struct reading *r, const char *list, size_t i,
		    const char *why);

/* An object of a fact that names our number, and when it was. */
json_t *reading_fact(const struct reading *r, const json_t *o);

/* Messages of people, or echoes of ours: one of an array of the value. */
void read_message(struct reading *r, size_t i, const json_t *o);
void read_echo(struct reading *r, size_t i, const json_t *o);
/* Look at the change's contacts, before its messages. */
void read_people(struct reading *r);
/* Names of whom a message is from, out of the value's contacts. */
void read_person(const struct reading *r, const json_t *o, json_t *message);
/*
 * What a message of a type holds.
 * Returns NULL, or why it cannot be read.
 */
const char *read_content(const json_t *o, const char *type, json_t *message);

void read_status(struct reading *r, size_t i, const json_t *o);
/* An error object's code, words and details; false: it has no code. */
bool read_error(const json_t *o, json_t *to);
/* Set error_codes of an array of error objects. */
void read_error_codes(const json_t *errors, json_t *to);

/* Any field that is neither messages nor echoes. */
void read_event(struct reading *r, const char *field);

#endif
