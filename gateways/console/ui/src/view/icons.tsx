import type { JSX } from "preact"

/** Shapes on a grid of 16, one stroke; the name is said by text beside it. */
const shapes: Readonly<Record<string, string>> = {
  email: "M3.3 3h9.4a1.6 1.6 0 0 1 1.6 1.6v6.8a1.6 1.6 0 0 1-1.6 1.6H3.3a1.6 1.6 0 0 1-1.6-1.6V4.6A1.6 1.6 0 0 1 3.3 3zM2.2 4.2 8 8.8l5.8-4.6",
  chat: "M14 7.6a5.4 5.4 0 0 1-5.5 5.2H3l1.2-2A5 5 0 0 1 3 7.6a5.4 5.4 0 0 1 5.5-5.2A5.4 5.4 0 0 1 14 7.6z",
  whatsapp: "M2.2 13.8 3 11a6 6 0 1 1 2.2 2.1zM6 5.6c-.4 1.9 2 4.5 4.2 4.4",
  phone: "M3.2 2.5h2.3l1 3-1.5 1.1a7.5 7.5 0 0 0 4.4 4.4l1.1-1.5 3 1v2.3a1 1 0 0 1-1 1A10.3 10.3 0 0 1 2.2 3.5a1 1 0 0 1 1-1z",
  form: "M3.5 1.7h9v12.6h-9zM6 5h4M6 8h4M6 11h2.5",
  api: "M5.5 4 1.7 8l3.8 4M10.5 4l3.8 4-3.8 4",
  order: "M2.2 4.8 8 1.8l5.8 3v6.4L8 14.2l-5.8-3zM2.2 4.8 8 7.8l5.8-3M8 7.8v6.4",
  shop_customer: "M3 5.8h10l.8 8.4H2.2zM5.6 7.6V4.4a2.4 2.4 0 0 1 4.8 0v3.2",
  active: "M1.7 9 3.6 3.2h8.8L14.3 9v3.8H1.7zM1.7 9h3.5l1 1.8h3.6l1-1.8h3.5",
  mine: "M8 8a2.9 2.9 0 1 0 0-5.8A2.9 2.9 0 0 0 8 8zM2.6 13.8a5.4 5.4 0 0 1 10.8 0",
  unassigned: "M6.6 8a2.9 2.9 0 1 0 0-5.8 2.9 2.9 0 0 0 0 5.8zM1.5 13.8a5.2 5.2 0 0 1 8.4-3.6M12.8 9.5v4.8M10.4 11.9h4.8",
  pending: "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4zM6.4 5.8v4.4M9.6 5.8v4.4",
  clock: "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4zM8 4.6V8l2.4 1.6",
  solved: "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4zM5.2 8.2l2 2 3.8-4.2",
  spam: "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4zM3.7 3.7l8.6 8.6",
  queue: "M2.5 4h11M2.5 8h11M2.5 12h7",
  plus: "M8 3v10M3 8h10",
  back: "M10 3 5 8l5 5",
  down: "M4 6.2 8 10l4-3.8",
  clip: "M13.2 7.5 8 12.7a3.2 3.2 0 0 1-4.6-4.5l5.5-5.5a2.1 2.1 0 0 1 3 3L6.5 11a1 1 0 0 1-1.4-1.5l4.7-4.7",
  close: "M4 4l8 8M12 4l-8 8",
  check: "M3 8.5l3.2 3.2L13 4.8",
  search: "M7 11.8A4.8 4.8 0 1 0 7 2.2a4.8 4.8 0 0 0 0 9.6zM10.6 10.6l3.6 3.6",
  report: "M2 14h12M3.5 11.5v-4M8 11.5v-9M12.5 11.5V6",
  print: "M4.5 6V2h7v4M4.5 11.5h-3V6h13v5.5h-3M4.5 9.5h7V14h-7z",
  saved: "M4 2.2h8v11.6L8 10.8l-4 3z",
  eye: "M1.5 8S4 3.6 8 3.6 14.5 8 14.5 8 12 12.4 8 12.4 1.5 8 1.5 8zM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  settings: "M8 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6 5 5M11 11l1.4 1.4M3.6 12.4 5 11M11 5l1.4-1.4",
  more: "M2 4.5h6M11.4 4.5H14M2 11.5h2.5M7.9 11.5H14M9.7 6.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4zM6.2 13.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z",
  send: "M14 2 7.2 8.8M14 2 9.6 14l-2.4-5.2L2 6.4z",
}

export function Icon({ name }: { name: string }): JSX.Element {
  return (
    <svg
      class="icon"
      viewBox="0 0 16 16"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.4"
      stroke-linejoin="round"
      stroke-linecap="round"
      aria-hidden="true"
    >
      <path d={shapes[name] ?? shapes["email"]} />
    </svg>
  )
}
