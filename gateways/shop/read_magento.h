#ifndef POSTIGO_SHOP_READ_MAGENTO_H
#define POSTIGO_SHOP_READ_MAGENTO_H

/*
 * read_magento: one answer of Magento's REST to the facts in it. Pure.
 *
 * A list or a single record of orders, shipments or credit memos; which they
 * are is seen by their members. about->topic is not used. OUT_PERM has the
 * code "refused" where the answer is an error of the API.
 */

#include "gateways/shop/read.h"

read_fn read_magento;

#endif
