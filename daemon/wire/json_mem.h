#ifndef POSTIGO_JSON_MEM_H
#define POSTIGO_JSON_MEM_H

/*
 * json_mem: jansson's memory is spare's (base/spare.h): it never sees that
 * there is none, and what was made meanwhile is not promised (mem_short_take).
 * Texts of json_dumps() are freed with mem_free.
 */

/* Once, before jansson is used. */
void json_mem_start(void);

#endif
