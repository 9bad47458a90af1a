#ifndef POSTIGO_TEST_ENGINE_SEEN_H
#define POSTIGO_TEST_ENGINE_SEEN_H

/*
 * engine_seen: what handlers ask of postigod's engine (engine.h, desk.h,
 * request.h), for programs that call them without one: it is noted, and no
 * more.
 */

#include <stdbool.h>
#include <stdint.h>

struct engine_seen {
	unsigned gone; /* blobs that the worker was told of */
	int64_t opened_visitor;
	int64_t opened_incident;
	int64_t opened_idle_ms;
	bool full; /* set it: no handle can be opened */
	int64_t moved_visitor;
	int64_t moved_incident;
	unsigned states;
	unsigned visitors_gone;
	unsigned measures; /* that a reader was asked for */
};

extern struct engine_seen engine_seen;

#endif
