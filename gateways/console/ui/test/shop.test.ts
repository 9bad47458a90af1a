import assert from "node:assert/strict"
import test from "node:test"
import type { CustomerPanelResult } from "../../../common/ui/wire"
import { daysLate, daysToReturn, isOver, tellingParcel } from "../src/state/shop-days"
import { minorText, money } from "../src/state/shop-money"
import { linkedElsewhere, panelOf } from "../src/state/shop-panel"
import { orderOf, ordersOf, webAddress } from "../src/state/shop-shape"

const day = (text: string): number => Date.parse(`${text}T12:00:00`)
const iso = (text: string): string => new Date(day(text)).toISOString()

/** What stands between figure and symbol differs by version of the tables. */
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, " ")

test("money is text from end to end, by currency and language", () => {
  assert.equal(plain(money("19.5", "EUR", "es")), "19,50 €")
  assert.equal(plain(money("1234567.89", "EUR", "es")), "1.234.567,89 €")
  assert.equal(money("1234567.89", "USD", "en"), "$1,234,567.89")
  assert.equal(plain(money("-7.95", "EUR", "es")), "-7,95 €")
  assert.equal(plain(money("0.00", "EUR", "es")), "0,00 €")
  assert.equal(money("1500", "JPY", "en"), "¥1,500")
  assert.equal(plain(money("12.345", "KWD", "en")), "KWD 12.345")
  // More figures than a double holds, and more decimals than the currency has.
  assert.equal(plain(money("900719925474099.37", "EUR", "es")), "900.719.925.474.099,37 €")
  assert.equal(plain(money("0.125", "EUR", "es")), "0,125 €")
})

test("what is no amount is shown as it stands", () => {
  assert.equal(money("1e9", "EUR", "es"), "1e9 EUR")
  assert.equal(money("NaN", "", "es"), "NaN")
  assert.equal(money("12.00", "euros", "es"), "12.00 euros")
  assert.equal(money("", "EUR", "es"), "EUR")
})

test("addresses are of the web or none", () => {
  assert.equal(webAddress("https://envios.example/s/1?n=2"), "https://envios.example/s/1?n=2")
  for (const bad of ["javascript:alert(1)", "data:text/html,x", "//x", "", null, 3, "ftp://x.example/"])
    assert.equal(webAddress(bad), "")
})

test("an order of any shape is read, and nothing of it is believed", () => {
  const odd = orderOf({
    order: { id: 7, number: 1042, url: "javascript:alert(1)", total: null },
    lines: [null, { name: "<b>Camisa</b>", quantity: "2", properties: [{ name: "_id", value: "1" }, { name: "Talla", value: "M" }] }],
    shipments: { 0: {} },
    refunds: "x",
    tags: ["a", 3, {}, ""],
    buyer: { email: "ana@correo.example" },
    incidents: [4, "x", -1],
  })
  assert.deepEqual([odd.id, odd.number, odd.url, odd.total, odd.buyer], [7, "1042", "", "", "ana@correo.example"])
  const { detail } = odd
  assert.deepEqual(detail?.lines.map(({ name, quantity, number }) => [name, quantity, number]), [["<b>Camisa</b>", 2, 1]])
  assert.deepEqual(detail?.lines[0]?.properties, [{ name: "Talla", value: "M" }])
  assert.deepEqual([detail?.parcels, detail?.refunds, detail?.tags, detail?.incidents], [[], [], ["a", "3"], [4]])
  assert.equal(orderOf({ id: 3 }).detail, null)
  assert.deepEqual(ordersOf([null, {}, 3, { id: -1 }, { id: 2 }]).map(({ id }) => id), [2])
  assert.deepEqual(ordersOf("x"), [])
})

test("checkpoints are read newest first", () => {
  const { detail } = orderOf({
    order: { id: 1 },
    shipments: [{ checkpoints: [{ at: "2026-06-01T08:00:00Z", text: "a" }, { at: "2026-06-02T08:00:00Z", text: "b" }] }],
  })
  assert.deepEqual(detail?.parcels[0]?.steps.map(({ text }) => text), ["b", "a"])
  assert.equal(detail?.parcels[0]?.status, "unknown")
})

test("days late go by the calendar, and end when it came", () => {
  const order = orderOf({ state: "open", promised_at: iso("2026-06-05") })
  assert.equal(daysLate(order, day("2026-06-05")), 0)
  assert.equal(daysLate(order, day("2026-06-08")), 3)
  assert.equal(daysLate(order, day("2026-06-01")), 0)
  const came = orderOf({ state: "open", promised_at: iso("2026-06-05"), delivered_at: iso("2026-06-06") })
  assert.equal(daysLate(came, day("2026-06-30")), 1)
  assert.equal(daysLate(orderOf({ state: "cancelled", promised_at: iso("2026-06-05") }), day("2026-06-30")), 0)
  assert.equal(daysLate(orderOf({ state: "open" }), day("2026-06-30")), 0)
})

test("a day of the clocks' change is one day", () => {
  const order = orderOf({ state: "open", promised_at: iso("2026-03-28") })
  assert.equal(daysLate(order, day("2026-03-30")), 2)
  const autumn = orderOf({ state: "open", promised_at: iso("2026-10-24") })
  assert.equal(daysLate(autumn, day("2026-10-26")), 2)
})

test("days to return end with their last day", () => {
  assert.equal(daysToReturn(iso("2026-06-10"), day("2026-06-01")), 9)
  assert.equal(daysToReturn(iso("2026-06-10"), day("2026-06-10")), 0)
  assert.equal(daysToReturn(iso("2026-06-10"), day("2026-06-11")), null)
  assert.equal(daysToReturn("", day("2026-06-01")), null)
})

test("of parcels the one in trouble speaks", () => {
  const { detail } = orderOf({ order: { id: 1 }, shipments: [{ status: "delivered" }, { status: "in_transit" }, { status: "exception" }] })
  assert.equal(tellingParcel(detail?.parcels ?? [])?.status, "exception")
  assert.equal(tellingParcel([]), null)
  assert.deepEqual([isOver(orderOf({ state: "open" })), isOver(orderOf({ state: "open", delivered_at: iso("2026-06-05") }))], [false, true])
})

test("minor units are text of their currency", () => {
  assert.deepEqual(
    [minorText(8075, "EUR"), minorText(-5, "EUR"), minorText(0, "EUR"), minorText(12000, "JPY"), minorText(1, "KWD"), minorText(1.5, "EUR"), minorText(null, "EUR")],
    ["80.75", "-0.05", "0.00", "12000", "0.001", "", ""],
  )
})

test("a panel knows which orders it has not", () => {
  const total = { currency: "EUR", orders: 3, open: 1, cancelled: 0, paid: "10.00", refunded: "0.00", first_at: iso("2026-01-01"), last_at: iso("2026-05-01") }
  const order = { order: { id: 5 } } as unknown as CustomerPanelResult["orders"][number]
  const links = [5, 9].map((row) => ({ order: row, how: "hand", at: iso("2026-05-01") }))
  const panel = panelOf({ customer: { id: 2, name: "", identities: [] }, totals: [total], orders: [order], incidents: [], links, named: [{ ...order.order, id: 12, number: "2044" }], at: iso("2026-05-02") })
  assert.deepEqual([panel.customer, panel.more, [...panel.linked], linkedElsewhere(panel)], [2, true, [5, 9], [9]])
  assert.deepEqual(panel.named.map(({ id, number }) => [id, number]), [[12, "2044"]])
})
