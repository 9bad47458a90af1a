import { computed, signal } from "@preact/signals"
import {
  CallError,
  link,
  type Hello,
  type Link,
  type LinkState,
} from "../../../../common/ui/link"
import type { Typing, VisitorNews } from "../../../../common/ui/news"
import {
  WRITES,
  type Agent,
  type Event,
  type MethodName,
  type Params,
  type Result,
} from "../../../../common/ui/wire"
import { hearTime } from "./now"
import { settleLanguage } from "./text"

export { CallError }

export const me = signal<Agent | null>(null)
/** Reports are for those who lead. */
export const mayReport = computed(() =>
  ["lead", "manager", "admin"].includes(me.value?.role ?? ""),
)
export const deskName = signal("")
export const agents = signal<Agent[]>([])
/** The agent as the desk has them now: what the connection began with may be
 * older. */
export const myself = computed(() => agents.value.find((one) => one.id === me.value?.id) ?? me.value)
export const linkState = signal<LinkState>("connecting")

const eventListeners = new Set<(event: Event) => void>()
const typingListeners = new Set<(typing: Typing) => void>()
const visitorListeners = new Set<(visitor: VisitorNews) => void>()
const freshListeners = new Set<() => void>()
let connection: Link | null = null

/** Calls a method of the daemon. */
export function call<M extends MethodName>(
  method: M,
  params: Params<M>,
  key?: string,
): Promise<Result<M>> {
  if (!connection) return Promise.reject(new CallError("busy", "no link", {}))
  return connection.call(method, params, key)
}

export const newKey = (): string => crypto.randomUUID()

export function onEvent(listener: (event: Event) => void): void {
  eventListeners.add(listener)
}

export function onTyping(listener: (typing: Typing) => void): void {
  typingListeners.add(listener)
}

export function onVisitor(listener: (visitor: VisitorNews) => void): void {
  visitorListeners.add(listener)
}

/** Runs on the first load and whenever everything must be loaded anew. */
export function onFresh(listener: () => void): void {
  freshListeners.add(listener)
}

async function loadAgents(): Promise<void> {
  agents.value = (await call("agent.list", {})).agents
}

function fresh(): void {
  void loadAgents().catch(() => undefined)
  for (const listener of freshListeners) listener()
  connection?.ready()
}

function greet(hello: Hello, first: boolean): void {
  if (hello.now) hearTime(hello.now)
  me.value = hello.agent
  deskName.value = hello.desk.name
  if (!first) return
  settleLanguage(hello.agent.language, hello.desk.language)
  fresh()
}

function take(event: Event): void {
  hearTime(event.at)
  if (event.kind === "agent.changed") void loadAgents().catch(() => undefined)
  for (const listener of eventListeners) listener(event)
}

/** Opens the connection and keeps it. */
export function startLink(): void {
  const url = new URL("/ws", location.href)
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:"
  connection = link({
    open: () => new WebSocket(url, "postigo"),
    after(ms, then) {
      const timer = setTimeout(then, ms)
      return () => clearTimeout(timer)
    },
    random: Math.random,
    newKey,
    writes: WRITES,
    onHello: greet,
    onEvent: take,
    onTyping(typing) {
      for (const listener of typingListeners) listener(typing)
    },
    onVisitor(visitor) {
      for (const listener of visitorListeners) listener(visitor)
    },
    onGone: fresh,
    onState(state) {
      linkState.value = state
      if (state === "over") location.assign("/login")
    },
  })
  addEventListener("online", () => connection?.hurry())
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) connection?.hurry()
  })
}

/** The colleague of that row. */
export const agentName = (id: number): string =>
  agents.value.find((one) => one.id === id)?.name ?? `#${id}`
