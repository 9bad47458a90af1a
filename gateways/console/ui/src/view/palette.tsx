import type { JSX } from "preact"
import { useEffect, useLayoutEffect, useRef } from "preact/hooks"
import { useComputed, useSignal } from "@preact/signals"
import type { Customer } from "../../../../common/ui/wire"
import { call, mayReport } from "../state/app"
import { mode } from "../state/drafts"
import { counts } from "../state/queue"
import { go, incidentId, listHref, reportHref, VIEWS } from "../state/route"
import { callComposer, chooseTheme, dialog, menu } from "../state/screen"
import { openSearch } from "../state/search"
import { t } from "../state/text"
import { assignToMe, openRef, resolve } from "../state/writes"
import { Key } from "./parts"
import { loadShop } from "./shop-load"

interface Entry {
  id: string
  text: string
  key?: string
  act(): void
}

const FIND_AFTER_MS = 150
const SHOWN_MAX = 12
const plain = (text: string): string =>
  text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()

function here(id: number): Entry[] {
  const write = (as: "reply" | "note") => (): void => {
    mode.value = as
    callComposer()
  }
  return [
    { id: "reply", text: t("do.reply"), key: "r", act: write("reply") },
    { id: "note", text: t("do.note"), key: "n", act: write("note") },
    { id: "resolve", text: t("do.resolve"), key: "e", act: () => void resolve(id) },
    { id: "take", text: t("assign.me"), key: "i", act: () => assignToMe(id) },
    {
      id: "assign",
      text: t("assign.title"),
      key: "a",
      act: () => void (menu.value = "assign"),
    },
  ]
}

function everywhere(): Entry[] {
  return [
    { id: "new", text: t("new.title"), key: "c", act: () => void (dialog.value = "new") },
    { id: "search", text: t("search.title"), key: "/", act: openSearch },
    { id: "order", text: t("palette.order"), act: () => void (dialog.value = "order") },
    ...VIEWS.map((view) => ({
      id: `view-${view}`,
      text: t("palette.go", { where: t(`view.${view}`) }),
      act: () => go(listHref({ view })),
    })),
    ...(counts.value?.queues ?? []).map((queue) => ({
      id: `queue-${queue.name}`,
      text: t("palette.go", { where: queue.title }),
      act: () => go(listHref({ queue: queue.name })),
    })),
    { id: "book", text: t("book.title"), act: () => go(listHref({ book: "text" })) },
    { id: "settings", text: t("settings.title"), act: () => go(listHref({ settings: "own" })) },
    ...(mayReport.value
      ? [{ id: "reports", text: t("report.title"), key: "g r", act: () => go(reportHref()) }]
      : []),
    { id: "light", text: `${t("account.theme")}: ${t("theme.light")}`, act: () => chooseTheme("light") },
    { id: "dark", text: `${t("account.theme")}: ${t("theme.dark")}`, act: () => chooseTheme("dark") },
    { id: "help", text: t("help.title"), key: "?", act: () => void (dialog.value = "help") },
  ]
}

/** Orders that fit; none while their part of the page is not there. */
async function ordersFor(text: string): Promise<Entry[]> {
  try {
    return (await (await loadShop())?.orderEntries(text)) ?? []
  } catch {
    return []
  }
}

/** Actions on what is open first, then where to go, then customers. */
export function Palette(): JSX.Element {
  const box = useRef<HTMLDialogElement>(null)
  const wanted = useSignal("")
  const at = useSignal(0)
  const customers = useSignal<Customer[]>([])
  const orders = useSignal<Entry[]>([])
  const list = useComputed((): Entry[] => {
    const text = wanted.value.trim()
    const id = incidentId.value
    const ref = /^#?(?:p-)?(\d{1,15})$/i.exec(text)?.[1]
    const actions = [...(id === null ? [] : here(id)), ...everywhere()].filter((one) =>
      plain(one.text).includes(plain(text)),
    )
    return [
      ...(ref
        ? [{ id: "ref", text: t("palette.open", { ref: `P-${ref}` }), act: () => void openRef(ref) }]
        : []),
      ...actions,
      ...orders.value,
      ...(text.length < 2
        ? []
        : [
            {
              id: "find",
              text: t("search.for", { text }),
              act: () => go(listHref({ search: text })),
            },
          ]),
      ...customers.value.map((one) => ({
        id: `customer-${one.id}`,
        text: `${one.name || t("customer.unknown")} · ${one.identities[0]?.value ?? ""}`,
        act: () => go(listHref({ customer: one.id, view: "all" })),
      })),
    ].slice(0, SHOWN_MAX)
  })

  // Before the next key comes: it belongs to the palette.
  useLayoutEffect(() => {
    const opener = document.activeElement
    box.current?.showModal()
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
    }
  }, [])

  const text = wanted.value.trim()
  useEffect(() => {
    if (text.length < 2) {
      customers.value = []
      orders.value = []
      return
    }
    const timer = setTimeout(() => {
      void ordersFor(text).then((found) => {
        if (wanted.peek().trim() === text) orders.value = found
      })
      call("customer.find", { text }).then(
        (answer) => {
          if (wanted.peek().trim() === text) customers.value = answer.customers
        },
        () => undefined,
      )
    }, FIND_AFTER_MS)
    return () => clearTimeout(timer)
  }, [text])

  const run = (entry: Entry | undefined): void => {
    if (!entry) return
    dialog.value = null
    // The dialog gives the focus back first.
    setTimeout(entry.act, 0)
  }
  const onKey = (event: KeyboardEvent): void => {
    const count = list.value.length
    if (event.key === "ArrowDown") at.value = Math.min(count - 1, at.value + 1)
    else if (event.key === "ArrowUp") at.value = Math.max(0, at.value - 1)
    else if (event.key === "Enter") run(list.value[at.value])
    else return
    event.preventDefault()
  }
  return (
    <dialog
      ref={box}
      class="palette"
      aria-label={t("palette.hint")}
      onClose={() => (dialog.value = null)}
      onClick={(event) => {
        if (event.target === box.current) dialog.value = null
      }}
    >
      <input
        type="text"
        role="combobox"
        autocomplete="off"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={list.value.length > 0 ? `pal-${at.value}` : undefined}
        aria-label={t("palette.hint")}
        placeholder={t("palette.long_hint")}
        value={wanted.value}
        onInput={(event) => {
          wanted.value = event.currentTarget.value
          at.value = 0
        }}
        onKeyDown={onKey}
      />
      <ul id="palette-list" role="listbox" aria-label={t("palette.results")}>
        {list.value.map((one, n) => (
          <li
            key={one.id}
            id={`pal-${n}`}
            role="option"
            aria-selected={n === at.value}
            onPointerMove={() => (at.value = n)}
            onClick={() => run(one)}
          >
            {one.text}
            {one.key && <Key>{one.key}</Key>}
          </li>
        ))}
      </ul>
      {list.value.length === 0 && <p class="empty-line">{t("palette.none")}</p>}
    </dialog>
  )
}
