#ifndef POSTIGO_SHOP_READ_GENERIC_H
#define POSTIGO_SHOP_READ_GENERIC_H

/*
 * read_generic: the body of the signed hook of a connection of kind `orders`,
 * one neutral order, to the fact of it. Pure.
 *
 * What schema/ORDERS.md refuses is left for order.put to refuse, so that its
 * place is said once and in one way. Here numbers become what the bus has:
 * quantities whole numbers, everything else text; and a telephone is read with
 * its country, or the connection's.
 *
 * OUT_PERM  no JSON object, or one without external_id
 */

#include "gateways/shop/read.h"

read_fn read_generic;

#endif
