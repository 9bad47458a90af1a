#ifndef POSTIGO_SHOP_READ_TRACK_H
#define POSTIGO_SHOP_READ_TRACK_H

/*
 * read_track: one webhook of AfterShip, or of a service that speaks as it does,
 * to the facts in it. Pure.
 *
 * A fact is a shipment for shipment.put, with event_id beside it where there is
 * one. Times of checkpoints may be those of a clock at the place: what has no
 * zone is taken for the shop's, and never decides whether news is newer.
 *
 * Source: AfterShip, webhooks, delivery statuses and sub-statuses.
 */

#include "gateways/shop/read.h"

#define TRACK_CHECKPOINTS_MAX 500 /* the newest of a parcel */

read_fn read_track;

#endif
