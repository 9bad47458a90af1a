import assert from "node:assert/strict"
import test from "node:test"
import { readMarks, type Mark, type MarkKind } from "../src/state/marks"

/** Marks as a short text: strong(a b). */
const short = (marks: readonly Mark[]): string =>
  marks.map((one) => (typeof one === "string" ? one : `${one.tag}(${short(one.children)})`)).join("")
const said = (text: string, kind: MarkKind = "whatsapp"): string => short(readMarks(text, kind))

test("WhatsApp's marks", () => {
  for (const [text, meant] of [
    ["", ""],
    ["hola", "hola"],
    ["*ya* está", "strong(ya) está"],
    ["(*ya*), _casi_; ~nunca~.", "(strong(ya)), em(casi); s(nunca)."],
    ["*_las dos_*", "strong(em(las dos))"],
    ["```a * b * c```", "pre(a * b * c)"],
    ["usa `x_y_z` aquí", "usa code(x_y_z) aquí"],
    ["*ñandú*", "strong(ñandú)"],
  ])
    assert.equal(said(text ?? ""), meant)
})

test("signs that mark nothing stay as they are", () => {
  for (const text of [
    "3 * 4 * 5",
    "2*3*4",
    "mi_fichero_final.txt",
    "* lista *",
    "*sin fin",
    "*una\nlínea*",
    "**",
    "****",
    "a ~ b ~ c",
    "``` ```",
    "`",
  ])
    assert.equal(said(text), text)
})

test("an agent's Markdown has other signs", () => {
  assert.equal(said("**ya** *casi* ~~no~~ ~así~", "markdown"), "strong(ya) em(casi) s(no) ~así~")
  assert.equal(said("**ya", "markdown"), "**ya")
})

test("markup is text, and only pages become links", () => {
  assert.deepEqual(readMarks("<b>*x*</b><script>", "whatsapp"), [
    "<b>",
    { tag: "strong", children: ["x"] },
    "</b><script>",
  ])
  assert.equal(said("javascript:alert(1) data:text/html,x"), "javascript:alert(1) data:text/html,x")
  const [before, link, after] = readMarks("mira https://tienda.example/un_pedido_42?a=*b*.", "whatsapp")
  assert.equal(before, "mira ")
  assert.deepEqual(link, {
    tag: "a",
    href: "https://tienda.example/un_pedido_42?a=*b",
    children: ["https://tienda.example/un_pedido_42?a=*b"],
  })
  assert.equal(after, "*.")
})

test("no letter is lost, however the signs stand", () => {
  const signs = ["*", "_", "~", "`", "a", " ", "\n"]
  let seed = 7
  const letters = (marks: readonly Mark[]): string =>
    marks.map((one) => (typeof one === "string" ? one : letters(one.children))).join("")
  const bare = (text: string): string => text.replace(/[*_~`\n]/g, "")
  for (let n = 0; n < 3000; n++) {
    let text = ""
    for (let k = 0; k < 14; k++) {
      seed = (seed * 1103515245 + 12345) % 2147483648
      text += signs[Math.floor(seed / 65536) % signs.length]
    }
    for (const kind of ["whatsapp", "markdown"] as const)
      assert.equal(bare(letters(readMarks(text, kind))), bare(text), JSON.stringify(text))
  }
})

test("a long run of signs ends soon", () => {
  const text = `${"*a ".repeat(6000)}`
  assert.equal(said(text), text)
  assert.equal(said("x".repeat(30_000)).length, 30_000)
})
