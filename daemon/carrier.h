#ifndef POSTIGO_CARRIER_H
#define POSTIGO_CARRIER_H

/*
 * carrier: where a carrier shows a parcel to whoever has its number. Pure.
 *
 * A name is known by its letters and digits, whatever their case: as the
 * carrier writes it, or as tracking services call it. One that only begins
 * like a known one is another carrier ("Correos de Chile").
 */

/*
 * The https address of a parcel's page, or NULL: the carrier is not known, or
 * there is no number.
 * carrier, number  as they were told; of the number spaces are left out, and
 *                  what is not plain is percent-encoded
 * Free with mem_free.
 */
char *carrier_url(const char *carrier, const char *number);

#endif
