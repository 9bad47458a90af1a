// What the first load has stays one piece: every later one shares all of it.
import "../main"

/** The preview's parser, as the piece that is loaded with it. */
export { readMarkdown } from "./markdown"
