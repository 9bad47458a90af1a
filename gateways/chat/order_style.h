#ifndef POSTIGO_CHAT_ORDER_STYLE_H
#define POSTIGO_CHAT_ORDER_STYLE_H

/*
 * order_style: how the page of an order looks, on a screen by day and by
 * night, on a telephone and on paper of A4 or Letter.
 */

/* The style sheet. Static. */
const char *order_style(void);

#endif
