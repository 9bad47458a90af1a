import type { JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"
import { signal } from "@preact/signals"
import type { Urgency } from "../state/order"
import {
  arranged,
  counts,
  flashing,
  freeList,
  holdList,
  listError,
  listState,
  loadMore,
  more,
  reload,
  shown,
  takeWaiting,
} from "../state/queue"
import { go, href, listHref, route } from "../state/route"
import { dialog } from "../state/screen"
import { openSearch } from "../state/search"
import { language, t } from "../state/text"
import { reason } from "../state/toasts"
import { figure } from "../../../../common/ui/catalogue"
import { Icon } from "./icons"
import { Row } from "./row"

/** Nothing is shown for so long, so that a quick load does not flicker. */
const QUIET_MS = 150
const slow = signal(false)

export function listTitle(): string {
  const at = route.value
  if (at.behind !== null) return t("queue.behind")
  if (at.customer !== null) {
    const one = shown.value.find((row) => row.customer.id === at.customer)
    return t("queue.of_customer", { who: one?.customer.name ?? "" })
  }
  if (at.queue)
    return counts.value?.queues.find((q) => q.name === at.queue)?.title ?? at.queue
  return t(`view.${at.view}`)
}

function PulseLink({ due, n }: { due: Urgency; n: number }): JSX.Element {
  const on = route.value.due === due
  return (
    <a
      class={`pulse-one ${due}${n === 0 ? " zero" : ""}`}
      href={listHref({ due: on ? null : due, incident: route.value.incident })}
      aria-current={on ? "true" : undefined}
    >
      <b>{figure(n, language.value)}</b> <span>{t(`pulse.${due}`, { n })}</span>
    </a>
  )
}

function Pulse(): JSX.Element | null {
  const figures = counts.value
  if (!figures) return <div class="pulse" aria-hidden="true" />
  return (
    <div class="pulse" role="group" aria-label={t("pulse.label")}>
      <PulseLink due="over" n={figures.overdue} />
      <PulseLink due="risk" n={figures.risk} />
      <PulseLink due="ontime" n={figures.ontime} />
    </div>
  )
}

function QueueSelect(): JSX.Element | null {
  const queues = counts.value?.queues ?? []
  if (queues.length === 0) return null
  return (
    <select
      class="queue-select"
      aria-label={t("nav.queues")}
      value={route.value.queue ?? ""}
      onChange={(event) =>
        go(listHref({ view: route.value.view, queue: event.currentTarget.value || null }))
      }
    >
      <option value="">{t("nav.all_queues")}</option>
      {queues.map((queue) => (
        <option key={queue.name} value={queue.name}>
          {queue.title}
        </option>
      ))}
    </select>
  )
}

function Empty(): JSX.Element {
  const at = route.value
  const filtered = at.due !== null || at.queue !== null || at.customer !== null
  return (
    <div class="empty">
      <p class="empty-title">
        {t(filtered ? "queue.empty_filter" : emptyKey(at.view))}
      </p>
      <p>{t(filtered ? "queue.empty_filter_hint" : "queue.empty_hint")}</p>
      {filtered && (
        <a class="btn" href={listHref({ view: at.view })}>
          {t("queue.clear_filter")}
        </a>
      )}
    </div>
  )
}

const emptyKey = (view: string) =>
  view === "active" || view === "mine" || view === "unassigned"
    ? (`queue.empty_${view}` as const)
    : "queue.empty_other"

function Rows(): JSX.Element {
  const { left } = arranged.value
  const open = route.value.incident
  const ids = arranged.value.order
  const tab = open !== null && ids.includes(open) ? open : ids[0]
  return (
    <div
      class="rows"
      onPointerEnter={holdList}
      onPointerMove={holdList}
      onPointerLeave={freeList}
    >
      <ul>
        {shown.value.map((one) => (
          <li key={one.id}>
            <Row
              incident={one}
              current={one.id === open}
              tabbable={one.id === tab}
              left={left.has(one.id)}
              flash={flashing.value.has(one.id)}
            />
          </li>
        ))}
      </ul>
      {more.value && (
        <button type="button" class="btn more" onClick={() => void loadMore()}>
          {t("queue.more")}
        </button>
      )}
    </div>
  )
}

function NewPill(): JSX.Element | null {
  const n = arranged.value.waiting.length
  if (n === 0) return null
  return (
    <button type="button" class="new-pill" onClick={takeWaiting}>
      {t("queue.new", { n })}
    </button>
  )
}

function Loading(): JSX.Element | null {
  useEffect(() => {
    slow.value = false
    const timer = setTimeout(() => (slow.value = true), QUIET_MS)
    return () => clearTimeout(timer)
  }, [])
  if (!slow.value) return <div class="rows" />
  return (
    <div class="rows" aria-busy="true">
      <p class="sr">{t("state.loading")}</p>
      {[0, 1, 2, 3, 4, 5].map((n) => (
        <div key={n} class="row bone" aria-hidden="true">
          <i />
          <b />
          <b />
        </div>
      ))}
    </div>
  )
}

function Content(): JSX.Element {
  if (listState.value === "error")
    return (
      <div class="empty" role="alert">
        <p class="empty-title">{t("queue.error")}</p>
        <p>{reason(listError.value)}</p>
        <button type="button" class="btn" onClick={() => void reload()}>
          {t("do.retry")}
        </button>
      </div>
    )
  if (listState.value === "loading") return <Loading />
  return shown.value.length === 0 ? <Empty /> : <Rows />
}

export function Queue(): JSX.Element {
  const section = useRef<HTMLElement>(null)
  const hot = counts.value?.overdue ?? 0
  useEffect(() => {
    const n = figure(hot, language.value)
    document.title = `${hot > 0 ? `(${n}) ` : ""}${listTitle()} · Postigo`
  })
  return (
    <section class="q" aria-labelledby="qh" ref={section}>
      <div class="qh">
        <h2 id="qh">{listTitle()}</h2>
        <QueueSelect />
        <button
          type="button"
          class="btn quiet square"
          title={t("search.title")}
          aria-label={t("search.title")}
          onClick={openSearch}
        >
          <Icon name="search" />
        </button>
        <button
          type="button"
          class="btn quiet square"
          title={t("new.title")}
          aria-label={t("new.title")}
          onClick={() => (dialog.value = "new")}
        >
          <Icon name="plus" />
        </button>
      </div>
      {route.value.view === "active" && route.value.customer === null && <Pulse />}
      {route.value.due !== null && (
        <p class="filter">
          {t(`filter.${route.value.due}`)}
          <a href={href({ due: null })}>{t("queue.clear_filter")}</a>
        </p>
      )}
      <Content />
      <NewPill />
    </section>
  )
}
