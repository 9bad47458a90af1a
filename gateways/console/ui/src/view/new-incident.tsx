import type { JSX } from "preact"
import { useEffect } from "preact/hooks"
import { useSignal } from "@preact/signals"
import type { Customer, IncidentCreateParams } from "../../../../common/ui/wire"
import { call, newKey } from "../state/app"
import { counts } from "../state/queue"
import { go, href } from "../state/route"
import { dialog } from "../state/screen"
import { t } from "../state/text"
import { reason } from "../state/toasts"
import { DialogBox } from "./parts"

type Kind = "phone" | "email"
const FIND_AFTER_MS = 200

/** Known customers whose name or address starts like what is typed. */
function Found(props: {
  text: string
  pick(customer: Customer): void
}): JSX.Element | null {
  const found = useSignal<Customer[]>([])
  const text = props.text.trim()
  useEffect(() => {
    if (text.length < 3) {
      found.value = []
      return
    }
    const timer = setTimeout(() => {
      call("customer.find", { text }).then(
        (answer) => (found.value = answer.customers.slice(0, 5)),
        () => undefined,
      )
    }, FIND_AFTER_MS)
    return () => clearTimeout(timer)
  }, [text])
  if (found.value.length === 0) return null
  return (
    <ul class="found" aria-label={t("new.known")}>
      {found.value.map((one) => (
        <li key={one.id}>
          <button type="button" onClick={() => props.pick(one)}>
            <b>{one.name || t("customer.unknown")}</b>
            <span>{one.identities[0]?.value}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}

/** An incident by hand: a call noted, or a mail that the desk begins. */
export function NewIncident(): JSX.Element {
  const kind = useSignal<Kind>("phone")
  const customer = useSignal<Customer | null>(null)
  const name = useSignal("")
  const address = useSignal("")
  const subject = useSignal("")
  const text = useSignal("")
  const queue = useSignal("")
  const problem = useSignal("")
  const busy = useSignal(false)
  const key = useSignal({ key: newKey(), body: "" })

  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (busy.value) return
    const params: IncidentCreateParams = {
      channel: kind.value,
      direction: kind.value === "phone" ? "in" : "out",
      subject: subject.value.trim(),
      text: text.value,
      ...(customer.value
        ? { customer: customer.value.id }
        : { name: name.value.trim(), address: address.value.trim() }),
      ...(queue.value ? { queue: queue.value } : {}),
    }
    // The same form sent twice is one incident; another text has another key.
    const body = JSON.stringify(params)
    if (key.value.body !== "" && key.value.body !== body)
      key.value = { key: newKey(), body }
    else key.value = { ...key.value, body }
    busy.value = true
    problem.value = ""
    try {
      const answer = await call("incident.create", params, key.value.key)
      dialog.value = null
      go(href({ incident: answer.incident.id }))
    } catch (error) {
      problem.value = reason(error)
      busy.value = false
    }
  }

  const KINDS: readonly Kind[] = ["phone", "email"]
  return (
    <DialogBox
      title={t("new.title")}
      closeLabel={t("do.close")}
      close={() => (dialog.value = null)}
    >
      <form class="form" onSubmit={(event) => void send(event)}>
        <fieldset class="choice">
          <legend class="sr">{t("new.kind")}</legend>
          {KINDS.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="kind"
                data-first={kind.value === one ? "" : undefined}
                checked={kind.value === one}
                onChange={() => (kind.value = one)}
              />
              <span>{t(`new.${one}`)}</span>
            </label>
          ))}
        </fieldset>
        {customer.value ? (
          <p class="picked">
            <b>{customer.value.name || t("customer.unknown")}</b>
            <span>{customer.value.identities[0]?.value}</span>
            <button type="button" class="as-link" onClick={() => (customer.value = null)}>
              {t("new.other")}
            </button>
          </p>
        ) : (
          <>
            <div class="pair">
              <label class="field">
                <span>{t("new.name")}</span>
                <input
                  value={name.value}
                  maxLength={200}
                  autocomplete="off"
                  onInput={(event) => (name.value = event.currentTarget.value)}
                />
              </label>
              <label class="field">
                <span>{t(kind.value === "phone" ? "new.number" : "new.address")}</span>
                <input
                  inputMode={kind.value === "phone" ? "tel" : "email"}
                  value={address.value}
                  maxLength={254}
                  required
                  autocomplete="off"
                  onInput={(event) => (address.value = event.currentTarget.value)}
                />
              </label>
            </div>
            <Found
              text={address.value || name.value}
              pick={(one) => (customer.value = one)}
            />
          </>
        )}
        <label class="field">
          <span>{t("new.subject")}</span>
          <input
            value={subject.value}
            maxLength={998}
            required
            autocomplete="off"
            onInput={(event) => (subject.value = event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>{t(kind.value === "phone" ? "new.note" : "new.text")}</span>
          <textarea
            rows={6}
            value={text.value}
            maxLength={65536}
            required
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>{t("details.queue")}</span>
          <select
            value={queue.value}
            onChange={(event) => (queue.value = event.currentTarget.value)}
          >
            <option value="">{t("new.rules_decide")}</option>
            {(counts.value?.queues ?? []).map((one) => (
              <option key={one.name} value={one.name}>
                {one.title}
              </option>
            ))}
          </select>
        </label>
        {problem.value && (
          <p class="form-error" role="alert">
            {problem.value}
          </p>
        )}
        <div class="form-do">
          <button type="button" class="btn" onClick={() => (dialog.value = null)}>
            {t("do.cancel")}
          </button>
          <button type="submit" class="btn p" aria-disabled={busy.value}>
            {t(kind.value === "phone" ? "new.save" : "new.send")}
          </button>
        </div>
      </form>
    </DialogBox>
  )
}
