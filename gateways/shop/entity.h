#ifndef POSTIGO_SHOP_ENTITY_H
#define POSTIGO_SHOP_ENTITY_H

/*
 * entity: character references of HTML in names that a shop made for a page:
 * "Blanco &ndash; 38" is "Blanco – 38". Once: of "&amp;lt;" comes "&lt;".
 *
 * Source: HTML 4.01, section 24 (the names), section 5.3 (numbers).
 */

/*
 * The text with its references replaced; what is none, has no name that is
 * known, or is no character stays as it is. To be freed with mem_free().
 */
char *entity_decode(const char *s);

#endif
