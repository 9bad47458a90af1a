#ifndef POSTIGO_M_CONNECTION_H
#define POSTIGO_M_CONNECTION_H

/* m_connection: connections as status.get shows them too. */

#include <jansson.h>

#include "daemon/base/err.h"

struct desk;
struct store;

/* Every Connection object, by name. *out is a new list. */
enum outcome connections_json(struct desk *d, struct store *s, json_t **out,
			      struct err *e) MUST_CHECK;

#endif
