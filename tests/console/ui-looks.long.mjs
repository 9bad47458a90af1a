// Every state that has much on it in the other scheme and language as well.
process.env.LOOKS = "all"
await import("./ui-looks.test.mjs")
