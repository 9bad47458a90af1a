import assert from "node:assert/strict"
import test from "node:test"
import { readMarkdown, type Piece } from "../src/state/markdown"

/** Tags and texts, to compare by eye. */
const draw = (list: readonly Piece[]): string =>
  list
    .map((one) => {
      if (typeof one === "string") return one
      const open = `<${one.tag}${one.href ? ` ${one.href}` : ""}${one.start ? ` ${one.start}` : ""}>`
      return one.children.length === 0 ? open : `${open}${draw(one.children)}</${one.tag}>`
    })
    .join("")
const seen = (text: string): string => draw(readMarkdown(text))

test("what agents write is drawn", () => {
  assert.equal(seen("Hola, **Ana**:\nya *sale*."), "<p>Hola, <strong>Ana</strong>:<br>ya <em>sale</em>.</p>")
  assert.equal(seen("- uno\n- dos"), "<ul><li>uno</li><li>dos</li></ul>")
  assert.equal(seen("3. tres\n\n4. cuatro"), "<ol 3><li><p>tres</p></li><li><p>cuatro</p></li></ol>")
  assert.equal(seen("> cita\n\n`a<b`"), "<blockquote><p>cita</p></blockquote><p><code>a<b</code></p>")
  assert.equal(seen("~~~\n a\n~~~"), "<pre><code> a\n</code></pre>")
})

test("a link goes to the web or to a mail address, or is words", () => {
  assert.equal(seen("[aquí](https://tienda.example/a)"), "<p><a https://tienda.example/a>aquí</a></p>")
  assert.equal(seen("<ana@x.example>"), "<p><a mailto:ana@x.example>ana@x.example</a></p>")
  for (const bad of ["javascript:alert(1)", "JAVASCRIPT:x", "data:text/html,x", "//x.example", "vbscript:x", "file:///etc"]) {
    const drawn = seen(`[pulsa](${bad})`)
    assert.match(drawn, /^<p>pulsa \(.+\)<\/p>$/, bad)
    assert.doesNotMatch(drawn, /<a/, bad)
  }
})

test("an address of a page is a link, without what closes the sentence", () => {
  assert.equal(
    seen("Míralo en https://t.example/a_b_c*d. (O en https://t.example/x_(1))."),
    "<p>Míralo en <a https://t.example/a_b_c*d>https://t.example/a_b_c*d</a>. " +
      "(O en <a https://t.example/x_(1)>https://t.example/x_(1)</a>).</p>",
  )
  assert.equal(seen("`https://t.example`"), "<p><code>https://t.example</code></p>")
  assert.equal(seen("[https://a.example](https://b.example)"), "<p><a https://b.example>https://a.example</a></p>")
})

test("nothing that was written disappears", () => {
  assert.equal(seen('Hola <img src=x onerror="a()"> ya'), '<p>Hola <img src=x onerror="a()"> ya</p>')
  assert.deepEqual(readMarkdown("<script>alert(1)</script>")[0], { tag: "p", children: ["<script>alert(1)</script>"] })
  assert.equal(seen("[1]: https://t.example"), "<p>[1]: <a https://t.example>https://t.example</a></p>")
  assert.equal(seen("Un saludo\n--\nLaura"), "<p>Un saludo<br>--<br>Laura</p>")
  assert.equal(seen("# Pasos"), "<p><strong>Pasos</strong></p>")
  assert.equal(seen("Arriba\n---\nAbajo"), "<p>Arriba</p><hr><p>Abajo</p>")
  assert.equal(seen("![mi perro](https://x.example/p.png)"), "<p><a https://x.example/p.png>mi perro</a></p>")
})

test("a hostile text is read, however deep it is", () => {
  for (const text of ["*a ", "[", "> ", ">", "`", "- ", "&", "<a ", "[a]:\n"].map((one) => one.repeat(65_536 / one.length)))
    assert.ok(draw(readMarkdown(text)).length > 0)
})
