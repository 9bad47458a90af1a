#ifndef POSTIGO_SHOP_PRESTA_XML_H
#define POSTIGO_SHOP_PRESTA_XML_H

/*
 * presta_xml: an answer of PrestaShop's webservice in XML, to the value that
 * it would have been in JSON. The only place that uses libxml2 here.
 *
 * Nothing outside of the octets is read: a DOCTYPE is refused when it begins,
 * before any of its declarations, so there are no entities but XML's own five.
 * The octets must be UTF-8, whatever their declaration says.
 *
 * An element without elements is a string; one whose attribute nodeType names
 * what it holds, a list of records, and a text in several languages are
 * arrays; the rest are objects. Attributes and namespaces are left out.
 */

#include <jansson.h>
#include <stddef.h>

#include "daemon/base/err.h"

#define PRESTA_XML_BYTES_MAX ((size_t)32 * 1024 * 1024)
#define PRESTA_XML_DEPTH_MAX 32
#define PRESTA_XML_ELEMENTS_MAX 500000

/*
 * out  what the root holds, on OUT_OK: a new object, maybe empty
 *
 * OUT_PERM  no such answer, a DOCTYPE, or over a ceiling; *e says which
 */
enum outcome presta_xml(const char *p, size_t n, json_t **out,
			struct err *e) MUST_CHECK;

#endif
