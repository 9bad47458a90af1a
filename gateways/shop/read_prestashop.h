#ifndef POSTIGO_SHOP_READ_PRESTASHOP_H
#define POSTIGO_SHOP_READ_PRESTASHOP_H

/*
 * read_prestashop: one answer of PrestaShop's webservice, in JSON or in XML, to
 * the facts in it. Pure.
 *
 * One answer alone says little: an order has its currency, its state's meaning
 * and its buyer's address in other resources. What it says is read; the pull
 * (pull_prestashop.c) joins the rest.
 *
 * about->topic is not used. OUT_PERM has the code "refused" where the answer
 * is an error of the webservice.
 */

#include "gateways/shop/read.h"

read_fn read_prestashop;

#endif
