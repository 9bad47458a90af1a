#ifndef POSTIGO_JSON_MEM_H
#define POSTIGO_JSON_MEM_H

/*
 * json_mem: jansson's memory. Where there is none, jansson goes on: an object
 * lacks a member, a list an item, a text that is JSON reads as none. Each such
 * refusal is noted (mem_short_note), so that whoever is about to promise
 * something can look once instead of at every call.
 */

/* Once, before jansson is used. */
void json_mem_start(void);

#endif
