import type { LineFile, SentFile } from "./frames"

export const FILE_MAX = 10_000_000
export const FILES_MAX = 10
/** How often a file is offered to a server that is busy. */
const TRIES_MAX = 20
const WAIT_S_MAX = 30
export const KINDS = ["image/*", "application/pdf", "text/plain"]

export function kindGood(type: string): boolean {
  return type.startsWith("image/") || KINDS.includes(type)
}

export interface Upload {
  done: Promise<SentFile>
  stop(): void
}

/** Sends one file up; `progress` runs from 0 to 1. While the server is busy it
 * comes again when it is told to, and its own tries count as too many too. */
function upload(
  address: string,
  token: string,
  file: File,
  progress: (share: number) => void,
): Upload {
  const request = new XMLHttpRequest()
  let tries = 0
  let again = 0
  let fail = (): void => {}
  const send = (): void => {
    request.open("POST", address)
    request.responseType = "json"
    request.setRequestHeader("Authorization", `Bearer ${token}`)
    request.setRequestHeader("Content-Type", file.type)
    request.send(file)
  }
  const done = new Promise<SentFile>((resolve, reject) => {
    fail = () => reject(new Error("network"))
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total)
    }
    request.onerror = request.onabort = request.ontimeout = fail
    request.onload = () => {
      const { status, response } = request
      const sha256 = (response as { sha256?: unknown } | null)?.sha256
      if ((status === 503 || status === 429) && ++tries < TRIES_MAX) {
        const wait = Number(request.getResponseHeader("Retry-After")) || 1
        again = window.setTimeout(send, Math.min(wait, WAIT_S_MAX) * 1000)
        return
      }
      if (status >= 300 || typeof sha256 !== "string")
        return reject(new Error(status === 413 ? "big" : status === 415 ? "kind" : "refused"))
      resolve({ sha256, filename: file.name, content_type: file.type, size: file.size })
    }
    send()
  })
  const stop = (): void => {
    clearTimeout(again)
    request.abort()
    fail()
  }
  return { done, stop }
}

/** Uploads, and the files of this page to upload them again. */
export function uploads(address: string, token: () => string) {
  const had = new Map<string, File>()
  const put = (file: File, progress: (share: number) => void): Upload => {
    const one = upload(address, token(), file, progress)
    one.done.then(({ sha256 }) => had.set(sha256, file)).catch(() => {})
    return one
  }
  return {
    put,
    putAgain(files: readonly SentFile[]): Promise<unknown> | null {
      const all = files.map(({ sha256 }) => had.get(sha256))
      if (all.length === 0 || all.includes(undefined)) return null
      return Promise.all(all.map((file) => file && put(file, () => {}).done))
    },
  }
}

/** Brings an agent's file and hands it to the browser's downloads. */
export async function download(address: URL, token: string, file: LineFile): Promise<void> {
  const from = new URL(address)
  from.pathname += `/${file.sha256}`
  from.searchParams.set("message", String(file.message))
  const answer = await fetch(from, { headers: { Authorization: `Bearer ${token}` } })
  if (!answer.ok) throw new Error(String(answer.status))
  const blob = URL.createObjectURL(await answer.blob())
  const link = document.createElement("a")
  link.href = blob
  link.download = file.filename
  link.click()
  setTimeout(() => URL.revokeObjectURL(blob), 60_000)
}
