/** Elements without markup: nothing of a text is ever read as HTML. */

type Props = Record<string, string | boolean | EventListener>

/** An element: attributes, `on...` listeners, children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value)
    else if (typeof value === "string") made.setAttribute(name, value)
    else if (value) made.setAttribute(name, "")
  }
  made.append(...children)
  return made
}

/** Shapes on a grid of 16, one stroke. */
const shapes = {
  close: "M4 4l8 8M12 4l-8 8",
  clip: "M13.2 7.5 8 12.7a3.2 3.2 0 0 1-4.6-4.5l5.5-5.5a2.1 2.1 0 0 1 3 3L6.5 11a1 1 0 0 1-1.4-1.5l4.7-4.7",
  file: "M4 1.8h5.2L12.2 5v9.2H4zM9 2v3.2h3",
  send: "M8 13V3.4M3.8 7.4 8 3.2l4.2 4.2",
  check: "M3 8.5l3.2 3.2L13 4.8",
}

export function icon(name: keyof typeof shapes, size = 20): SVGElement {
  const space = "http://www.w3.org/2000/svg"
  const svg = document.createElementNS(space, "svg")
  const path = document.createElementNS(space, "path")
  const all = { viewBox: "0 0 16 16", width: size, height: size, class: "i", "aria-hidden": "true" }
  for (const [key, value] of Object.entries(all)) svg.setAttribute(key, String(value))
  path.setAttribute("d", shapes[name])
  svg.append(path)
  return svg
}

/** Puts text in only when it is another one: a live region says it once. */
export function put(where: HTMLElement, text: string): void {
  if (where.textContent !== text) where.textContent = text
  where.hidden = text === ""
}
