#ifndef POSTIGO_TEST_PLANS_H
#define POSTIGO_TEST_PLANS_H

/*
 * plans: does a statement walk through a table that grows with the desk? What
 * a test has run is still prepared in its handle; each is asked for its plan.
 */

struct store;

/* Fail the test if one of the handle's statements does. */
void plans_are_bounded(struct store *s);

#endif
