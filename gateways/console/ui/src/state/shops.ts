import { signal } from "@preact/signals"
import type { Connection, HookRow } from "../../../../common/ui/wire"
import { call } from "./app"
import { st } from "./settings-text"
import { done, failed } from "./toasts"

/** Deliveries of shops that could not be understood, by connection, of those
 * that were opened. */
export const shopDead = signal<ReadonlyMap<string, readonly HookRow[]>>(new Map())

export async function loadShopDead({ name: connection }: Connection): Promise<void> {
  try {
    const { hooks } = await call("hook.list", { connection, state: "dead" })
    shopDead.value = new Map(shopDead.peek()).set(connection, hooks)
  } catch (error) {
    failed(error)
  }
}

/** A delivery is tried once more. */
export async function replayShop(one: Connection, { id }: HookRow): Promise<void> {
  try {
    await call("hook.again", { id })
    done(st("whatsapp.replayed"), null)
    await loadShopDead(one)
  } catch (error) {
    failed(error)
  }
}
