import type { ComponentChildren, JSX } from "preact"
import { useLayoutEffect, useRef } from "preact/hooks"
import { absolute, ago } from "../../../../common/ui/duration"
import { now } from "../state/now"
import { menu } from "../state/screen"
import { language } from "../state/text"
import { Icon } from "./icons"

/** A key as it is printed on a keyboard. */
export const Key = ({ children }: { children: ComponentChildren }): JSX.Element => (
  <kbd aria-hidden="true">{children}</kbd>
)

/** Initials of a name, as decoration. */
export function Avatar({ name }: { name: string }): JSX.Element {
  const words = name.split(/\s+/).filter((part) => /^\p{L}/u.test(part))
  const letters = [words[0], words.length > 1 ? words[words.length - 1] : ""]
  return (
    <span class="av" aria-hidden="true">
      {letters.map((part) => [...(part ?? "")][0]?.toUpperCase() ?? "").join("")}
    </span>
  )
}

/** An instant: relative below a day; in full, with the zone, on hover. */
export function When({ at }: { at: string }): JSX.Element {
  const instant = Date.parse(at)
  return (
    <time dateTime={at} title={absolute(instant, language.value)}>
      {ago(instant, now.value, language.value)}
    </time>
  )
}

interface MenuProps {
  name: string
  label: ComponentChildren
  /** Said when the label alone does not tell. */
  title?: string
  class?: string
  up?: boolean
  children: ComponentChildren
}

const ITEMS = "[role^=menuitem]"

function itemsOf(list: HTMLElement | null): HTMLElement[] {
  return [...(list?.querySelectorAll<HTMLElement>(ITEMS) ?? [])]
}

/** A button with a menu; arrows move in it, Escape gives the focus back. */
export function Menu(props: MenuProps): JSX.Element {
  const open = menu.value === props.name
  const box = useRef<HTMLDivElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)

  useLayoutEffect(() => {
    if (!open) return
    itemsOf(list.current)[0]?.focus()
    const outside = (event: Event): void => {
      if (event.target instanceof Node && box.current?.contains(event.target)) return
      menu.value = null
    }
    document.addEventListener("pointerdown", outside)
    return () => document.removeEventListener("pointerdown", outside)
  }, [open])

  const close = (): void => {
    menu.value = null
    button.current?.focus()
  }

  const onKey = (event: KeyboardEvent): void => {
    const items = itemsOf(list.current)
    const at = items.findIndex((item) => item === document.activeElement)
    const to = {
      ArrowDown: (at + 1) % items.length,
      ArrowUp: (at - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1,
    }[event.key]
    if (to !== undefined) {
      items[to]?.focus()
    } else if (event.key === "Escape") {
      close()
    } else if (event.key === "Tab") {
      menu.value = null
      return
    } else {
      return
    }
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <div class="menu-box" ref={box}>
      <button
        type="button"
        ref={button}
        class={props.class ?? "btn"}
        title={props.title}
        aria-label={props.title}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => (menu.value = open ? null : props.name)}
      >
        {props.label}
      </button>
      {open && (
        <div
          class={props.up ? "menu up" : "menu"}
          role="menu"
          tabIndex={0}
          ref={list}
          onKeyDown={onKey}
          onClick={close}
        >
          {props.children}
        </div>
      )}
    </div>
  )
}

interface ItemProps {
  act(): void
  checked?: boolean
  children: ComponentChildren
}

export function Item({ act, checked, children }: ItemProps): JSX.Element {
  const radio = checked !== undefined
  return (
    <button
      type="button"
      class="item"
      role={radio ? "menuitemradio" : "menuitem"}
      {...(radio ? { "aria-checked": checked } : {})}
      tabIndex={-1}
      onClick={act}
    >
      <span class="tick">{checked && <Icon name="check" />}</span>
      {children}
    </button>
  )
}

interface DialogProps {
  title: string
  wide?: boolean
  close(): void
  closeLabel: string
  children: ComponentChildren
}

/** A dialog that holds the focus and gives it back. */
export function DialogBox(props: DialogProps): JSX.Element {
  const box = useRef<HTMLDialogElement>(null)
  // Before the next key comes: it belongs to the dialog.
  useLayoutEffect(() => {
    const opener = document.activeElement
    box.current?.showModal()
    box.current?.querySelector<HTMLElement>("[data-first]")?.focus()
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
    }
  }, [])
  return (
    <dialog
      ref={box}
      class={props.wide ? "dialog wide" : "dialog"}
      aria-labelledby="dialog-title"
      onClose={props.close}
      onClick={(event) => {
        if (event.target === box.current) props.close()
      }}
    >
      <div class="dialog-in">
        <header class="dialog-head">
          <h2 id="dialog-title">{props.title}</h2>
          <button
            type="button"
            class="btn quiet square"
            aria-label={props.closeLabel}
            onClick={props.close}
          >
            <Icon name="close" />
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  )
}
