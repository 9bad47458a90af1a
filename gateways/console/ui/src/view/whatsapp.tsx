// What the first load has stays one piece: every later one shares all of it.
import "../main"

/** What the conversation shows of WhatsApp, as the piece that is loaded with
 * the first of its conversations. */
export { Above, barOf, Below, isTemplated, pickReply, Tools } from "./wa-composer"
export { ConsentFlag } from "./wa-identity"
export { Content, Made, Ticks, Under } from "./wa-message"
export { isSilent } from "../state/whatsapp"
export { TemplatePicker } from "./wa-template"
