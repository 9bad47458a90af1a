// What the first load has stays one piece: every later one shares all of it.
import "../main"

/** What is shown of purchases, as the piece that is loaded with the first
 * conversation. */
export { OrderDialog } from "./shop-find"
export { orderEntries } from "./shop-palette"
export { Purchases } from "./shop-panel"
export { PeopleDialog } from "./shop-people"
export { TimelineDialog } from "./shop-timeline"
export { startShop } from "../state/shop"
