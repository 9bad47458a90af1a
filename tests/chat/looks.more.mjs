// Every state in two sizes and schemes, those with most on them in the other language too.
process.env.LOOKS = 'most'
await import('./looks.test.mjs')
