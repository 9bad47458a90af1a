import assert from "node:assert/strict"
import test from "node:test"
import { lackingOf, settledDraft } from "../src/state/mailbox-fields"
import { hasHook, madeSecret, newPath, newSecret, shopHook } from "../src/state/shop-fields"

test("a shop's address is shown when it has one", () => {
  assert.equal(shopHook("https://x.example", "ab".repeat(16)), `https://x.example/shop/${"ab".repeat(16)}`)
  for (const bad of ["", "AB".repeat(16), "ab", 3, undefined]) assert.equal(shopHook("https://x.example", bad), "")
  assert.match(newPath(), /^[0-9a-f]{32}$/)
  assert.match(newSecret(), /^[A-Za-z0-9]{40}$/)
  assert.notEqual(newSecret(), newSecret())
  assert.deepEqual([hasHook("magento"), hasHook("shopify"), hasHook("mailbox")], [false, true, false])
  assert.deepEqual([madeSecret("woocommerce"), madeSecret("shopify"), madeSecret("orders")], ["webhook_secret", null, "secret"])
})

test("a shop's form sends what was said, and what it does not show stays", () => {
  const draft = {
    name: " web ",
    kind: "woocommerce" as const,
    settings: { url: " https://tienda.example ", completed: "shipped", return_days: 30, path: "ab".repeat(16), zone: "" },
    secrets: { webhook_secret: "s", consumer_key: "" },
  }
  assert.deepEqual(settledDraft(draft), {
    name: "web",
    kind: "woocommerce",
    settings: { url: "https://tienda.example", return_days: 30, path: "ab".repeat(16) },
    secrets: { webhook_secret: "s" },
  })
  assert.deepEqual(lackingOf({ ...draft, settings: {} }), ["url"])
})
