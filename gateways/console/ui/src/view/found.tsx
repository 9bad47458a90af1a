import type { JSX } from "preact"
import { useEffect, useLayoutEffect, useRef } from "preact/hooks"
import type { SearchHit } from "../../../../common/ui/wire"
import { go, href, listHref, route } from "../state/route"
import {
  hits,
  moreHits,
  searchable,
  searchAgain,
  searchCalled,
  searchCut,
  searchError,
  searchMore,
  searchState,
} from "../state/search"
import { t, word } from "../state/text"
import { reason } from "../state/toasts"
import { Icon } from "./icons"
import { When } from "./parts"
import { customerName } from "./row"

const TEXT_MAX = 200

/** The text of a hit, with what matched marked. */
function Snippet({ hit }: { hit: SearchHit }): JSX.Element {
  const parts: (string | JSX.Element)[] = []
  let from = 0
  for (const [begin, end] of hit.marks as [number, number][]) {
    if (begin < from || end <= begin) continue
    parts.push(hit.snippet.slice(from, begin))
    parts.push(<mark key={begin}>{hit.snippet.slice(begin, end)}</mark>)
    from = end
  }
  parts.push(hit.snippet.slice(from))
  return <span class="hit-text">{parts}</span>
}

function Hit({ hit }: { hit: SearchHit }): JSX.Element {
  const one = hit.incident
  return (
    <a
      class="row hit"
      href={href({ incident: one.id, at: hit.number })}
      data-row={one.id}
      aria-current={one.id === route.value.incident ? "true" : undefined}
    >
      <span class="ch">
        <Icon name={one.channel} />
      </span>
      <span class="who">{customerName(one)}</span>
      <span class="hit-at">
        <When at={one.last_at} />
      </span>
      <span class="sub">{one.subject || t("row.no_subject")}</span>
      <Snippet hit={hit} />
      <span class="meta">
        {[one.ref, word("state", one.state), one.queue_title].filter(Boolean).join(" · ")}
      </span>
    </a>
  )
}

function Field(): JSX.Element {
  const field = useRef<HTMLInputElement>(null)
  const called = searchCalled.value
  // Before the next key comes: it belongs to the field.
  useLayoutEffect(() => {
    if (route.peek().incident !== null && called === 0) return
    field.current?.focus()
    field.current?.select()
  }, [called])
  return (
    <form
      class="search-form"
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        searchAgain()
      }}
    >
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        autocomplete="off"
        maxLength={TEXT_MAX}
        aria-label={t("search.title")}
        placeholder={t("search.hint")}
        value={route.value.search ?? ""}
        onInput={(event) => go(href({ search: event.currentTarget.value }), true)}
      />
    </form>
  )
}

function Notes(): JSX.Element {
  const n = hits.value.length
  return (
    <div role="status" class="search-notes">
      {searchState.value === "ready" && n > 0 && (
        <p>{t(moreHits.value ? "search.first" : "search.count", { n })}</p>
      )}
      {searchable.value < 100 && <p>{t("search.behind", { n: searchable.value })}</p>}
      {searchCut.value && <p>{t("search.cut")}</p>}
    </div>
  )
}

function Content(): JSX.Element {
  if (searchState.value === "error")
    return (
      <div class="empty" role="alert">
        <p class="empty-title">{t("search.error")}</p>
        <p>{reason(searchError.value)}</p>
        <button type="button" class="btn" onClick={searchAgain}>
          {t("do.retry")}
        </button>
      </div>
    )
  if (searchState.value === "none")
    return (
      <div class="empty">
        <p class="empty-title">{t("search.begin")}</p>
        <p>{t("search.begin_hint")}</p>
      </div>
    )
  if (searchState.value === "loading") return <div class="rows" aria-busy="true" />
  if (hits.value.length === 0)
    return (
      <div class="empty">
        <p class="empty-title">{t("search.none")}</p>
        <p>{t("search.none_hint")}</p>
      </div>
    )
  return (
    <div class="rows">
      <ul>
        {hits.value.map((one) => (
          <li key={one.incident.id}>
            <Hit hit={one} />
          </li>
        ))}
      </ul>
      {moreHits.value && (
        <button type="button" class="btn more" onClick={searchMore}>
          {t("queue.more")}
        </button>
      )}
    </div>
  )
}

/** What was found, in the place of the list. */
export function Found(): JSX.Element {
  useEffect(() => {
    const text = route.value.search?.trim()
    document.title = `${text ? `${text} · ` : ""}${t("search.title")} · Postigo`
  })
  return (
    <section class="q" aria-labelledby="fh">
      <div class="qh">
        <h2 id="fh">{t("search.title")}</h2>
        <a class="btn quiet square" href={listHref({})} aria-label={t("search.close")}>
          <Icon name="close" />
        </a>
      </div>
      <Field />
      <Notes />
      <Content />
    </section>
  )
}
