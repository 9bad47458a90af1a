// What customers wrote, as a desk has it.

/** What a person wrote, in the order in which it was taken in. */
export async function wrote(control, from) {
  const { incidents } = await control.call('incident.list', { view: 'all', limit: 200 })
  const texts = []
  for (const i of incidents.filter((x) => x.customer.identities.some((y) => y.value === from)).sort((a, b) => a.id - b.id)) {
    let { messages, more_before: more } = (await control.call('incident.get', { id: i.id })).detail
    while (more) {
      const page = await control.call('message.list', { incident: i.id, before: more })
      messages = [...page.messages, ...messages]
      more = page.more_before
    }
    texts.push(...messages.filter((m) => m.direction === 'in').map((m) => m.text))
  }
  return texts
}
