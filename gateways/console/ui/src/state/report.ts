import { computed, signal, useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import type { MethodName, Params, Result } from "../../../../common/ui/wire"
import { call, onFresh } from "./app"
import { now } from "./now"
import { go, OVERVIEW, reportHref, route } from "./route"
import { periodOf, readQuery, writeQuery, type Filter, type ReportQuery } from "./report-query"

/** What the reports' pages ask the daemon for. */

/** The page of the address. */
export const page = computed(() => route.value.report?.page ?? OVERVIEW)
export const query = computed(() => readQuery(route.value.report?.query ?? ""))

/** The zone in which the desk counts; the browser's until the desk has said. */
const deskZone = signal(Intl.DateTimeFormat().resolvedOptions().timeZone)
export const zone = computed(() => query.value.zone || deskZone.value)

/** The desk said in which zone it counts. */
export function hearZone(name: string): void {
  if (query.peek().zone === "" && name !== "") deskZone.value = name
}

/** The instant at which the page was asked for: it stands still after. */
const asked = signal(now.peek())
/** Grows when everything is to be asked again. */
export const turn = signal(0)

export function askAgain(): void {
  asked.value = now.peek()
  turn.value++
}
onFresh(askAgain)

export const period = computed(() => periodOf(query.value, asked.value, zone.value))

const iso = (at: number): string => new Date(at).toISOString()

/** A period and filters, as methods take them. */
export function paramsOf(of: ReportQuery): {
  since: string
  until: string
  zone?: string
  agent?: number
} & Partial<Record<Exclude<Filter, "agent" | "cause">, string>> {
  const { agent, cause, ...rest } = of.filters
  const { since, until } = periodOf(of, asked.value, zone.value)
  return {
    since: iso(since),
    until: iso(until),
    ...(of.zone === "" ? {} : { zone: of.zone }),
    ...rest,
    ...(agent === undefined ? {} : { agent: Number(agent) }),
  }
}
export const params = computed(() => paramsOf(query.value))

/** The address of a page with the filters as they are, but for a change. */
export const hrefOf = (to: string, change: Partial<ReportQuery> = {}): string =>
  reportHref(to, writeQuery({ ...query.value, ...change }))

/** Changes the filters of this page. */
export function ask(change: Partial<ReportQuery>): void {
  asked.value = now.peek()
  go(hrefOf(page.peek(), change))
}

/** A link of the daemon's, if it stays within these pages. */
export const safeLink = (link: string | null | undefined): string | null =>
  link && /^\/(?![/\\])/.test(link) ? link : null

export interface Answer<R> {
  result: R | null
  error: unknown
  loading: boolean
}

/**
 * What a method answers; asked again when the parameters change or `again`
 * does. The answer before stays until the next one is there. Null: not asked.
 */
export function useAnswer<M extends MethodName>(
  method: M,
  params: Params<M> | null,
  again = 0,
): Answer<Result<M>> {
  const answer = useSignal<Answer<Result<M>>>({ result: null, error: null, loading: true })
  const text = params === null ? null : JSON.stringify(params)
  useEffect(() => {
    if (text === null) return
    let current = true
    answer.value = { ...answer.peek(), loading: true }
    call(method, JSON.parse(text) as Params<M>).then(
      (result) => {
        if (current) answer.value = { result, error: null, loading: false }
      },
      (error: unknown) => {
        if (current) answer.value = { result: null, error, loading: false }
      },
    )
    return () => {
      current = false
    }
  }, [method, text, again])
  return answer.value
}
