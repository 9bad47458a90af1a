import type { JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"
import type { Incident } from "../../../../common/ui/wire"
import { call } from "../state/app"
import { counts } from "../state/queue"
import { dialog, menu, type Dialog } from "../state/screen"
import { reloadTalk, talk } from "../state/talk"
import { t, word } from "../state/text"
import { failed } from "../state/toasts"
import { change } from "../state/writes"
import { Icon } from "./icons"

const PRIORITIES = ["low", "normal", "high", "urgent"]
const REASONS = [
  "order_status", "delivery_late", "stuck_in_transit", "not_received",
  "address_change", "order_edit", "cancel_request", "discount_missing",
  "damaged", "defective", "wrong_item", "missing_item", "return_request",
  "exchange_request", "refund_status", "warranty", "claim", "invoice",
  "product_question", "stock_question", "loyalty", "policy_question",
  "privacy_request", "complaint", "praise", "spam", "other",
]

interface SelectProps {
  label: string
  value: string
  options: readonly (readonly [string, string])[]
  set(value: string): void
}

function Select({ label, value, options, set }: SelectProps): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => set(event.currentTarget.value)}>
        {!options.some(([key]) => key === value) && (
          <option value={value}>{value || "—"}</option>
        )}
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}

function Tags({ incident }: { incident: Incident }): JSX.Element {
  const add = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.currentTarget
    if (!(form instanceof HTMLFormElement)) return
    const tag = String(new FormData(form).get("tag") ?? "").trim().toLowerCase()
    if (tag === "") return
    form.reset()
    void change(incident.id, { add_tags: [tag] })
  }
  return (
    <div class="field">
      <label for="new-tag">{t("details.tags")}</label>
      {incident.tags.length > 0 && (
        <ul class="tags">
          {incident.tags.map((tag) => (
            <li key={tag} class="tag">
              {tag}
              <button
                type="button"
                aria-label={t("details.remove_tag", { tag })}
                onClick={() => void change(incident.id, { remove_tags: [tag] })}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <form class="tag-form" onSubmit={add}>
        <input id="new-tag" name="tag" maxLength={100} autocomplete="off" />
        <button type="submit" class="btn">
          {t("details.add_tag")}
        </button>
      </form>
    </div>
  )
}

function Fields({ incident }: { incident: Incident }): JSX.Element {
  const queues = counts.value?.queues ?? []
  return (
    <>
      <Select
        label={t("details.queue")}
        value={incident.queue}
        options={queues.map((queue) => [queue.name, queue.title] as const)}
        set={(queue) => void change(incident.id, { queue })}
      />
      <Select
        label={t("details.priority")}
        value={incident.priority}
        options={PRIORITIES.map((key) => [key, word("priority", key)] as const)}
        set={(priority) => void change(incident.id, { priority })}
      />
      <Select
        label={t("details.reason")}
        value={incident.reason}
        options={REASONS.map((key) => [key, word("reason", key)] as const)}
        set={(reason) => void change(incident.id, { reason })}
      />
      <Tags incident={incident} />
    </>
  )
}

/** The claim that was registered: its code, and that it is withdrawn. */
function ClaimLine({ id }: { id: number }): JSX.Element | null {
  const claim = talk.value?.incident.id === id ? talk.value.claim : null
  if (!claim) return null
  const withdraw = async (): Promise<void> => {
    menu.value = null
    try {
      await call("claim.withdraw", { id })
      void reloadTalk()
    } catch (error) {
      failed(error)
    }
  }
  return (
    <div class="field">
      <span>{t("claim.code")}</span>
      <b class="claim-small">{claim.code}</b>
      {claim.withdrawn_at ? (
        <span class="muted">{t("claim.withdrawn")}</span>
      ) : (
        <button type="button" class="as-link" onClick={() => void withdraw()}>
          {t("claim.withdraw")}
        </button>
      )}
    </div>
  )
}

/** What is rarely done with an incident. */
function Rare({ incident }: { incident: Incident }): JSX.Element | null {
  const claimed = talk.value?.incident.id === incident.id && Boolean(talk.value.claim)
  if (["closed", "merged", "spam"].includes(incident.state)) return null
  const open = (which: Dialog): void => {
    menu.value = null
    dialog.value = which
  }
  return (
    <div class="rare">
      <ClaimLine id={incident.id} />
      {!claimed && (
        <button type="button" class="btn" onClick={() => open("claim")}>
          {t("claim.do")}
        </button>
      )}
      <button type="button" class="btn" onClick={() => open("merge")}>
        {t("merge.open")}
      </button>
    </div>
  )
}

/** Queue, priority, reason and tags: each is saved as it is changed. */
export function Details({ incident }: { incident: Incident }): JSX.Element {
  const open = menu.value === "details"
  const box = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (!open) return
    box.current?.querySelector("select")?.focus()
    const outside = (event: Event): void => {
      if (event.target instanceof Node && box.current?.contains(event.target)) return
      menu.value = null
    }
    document.addEventListener("pointerdown", outside)
    return () => document.removeEventListener("pointerdown", outside)
  }, [open])
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !open) return
    event.preventDefault()
    event.stopPropagation()
    menu.value = null
    button.current?.focus()
  }
  return (
    <div class="menu-box" ref={box} onKeyDown={onKey}>
      <button
        type="button"
        ref={button}
        class="btn quiet square"
        title={t("details.title")}
        aria-label={t("details.title")}
        aria-expanded={open}
        onClick={() => (menu.value = open ? null : "details")}
      >
        <Icon name="more" />
      </button>
      {open && (
        <div class="menu sheet" role="group" aria-label={t("details.title")}>
          <Fields incident={incident} />
          <Rare incident={incident} />
        </div>
      )}
    </div>
  )
}
