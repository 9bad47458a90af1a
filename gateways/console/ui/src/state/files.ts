import { signal } from "@preact/signals"
import type { FileIn } from "../../../../common/ui/wire"
import { CallError } from "./app"
import { draftOf, editDraft } from "./drafts"
import { failed } from "./toasts"

/** What the daemon takes at most. */
export const FILE_MAX = 50 * 1024 * 1024
const FILES_MAX = 20
/** How often a file is offered to a desk that is busy. */
const TRIES_MAX = 20
const WAIT_S_MAX = 30

interface Upload {
  incident: number
  name: string
}

const uploads = signal<readonly Upload[]>([])

/** Names of the files on their way up for an incident. */
export const uploading = (incident: number): string[] =>
  uploads.value.filter((one) => one.incident === incident).map((one) => one.name)

/** Comes again when it is told to, as long as the desk is busy. */
async function post(file: File, type: string): Promise<Response> {
  for (let tries = 1; ; tries++) {
    const answer = await fetch("/upload", {
      method: "POST",
      headers: { "content-type": type },
      body: file,
    })
    if (answer.status !== 503 || tries === TRIES_MAX) return answer
    const wait = Number(answer.headers.get("retry-after")) || 1
    await new Promise((done) =>
      setTimeout(done, Math.min(wait, WAIT_S_MAX) * 1000),
    )
  }
}

async function upload(file: File): Promise<FileIn> {
  const type = file.type || "application/octet-stream"
  const answer = await post(file, type)
  if (!answer.ok)
    throw new CallError(answer.status === 413 ? "too_big" : "upload", "", {})
  const stored = (await answer.json()) as { sha256: string; size: number }
  return {
    filename: file.name,
    content_type: type,
    size: stored.size,
    sha256: stored.sha256,
    inline: false,
  }
}

/** Puts files with the daemon and names them in the draft. */
export async function attach(incident: number, files: Iterable<File>): Promise<void> {
  for (const file of files) {
    if (file.size > FILE_MAX || draftOf(incident).files.length >= FILES_MAX) {
      failed(new CallError("too_big", "", {}))
      continue
    }
    const one: Upload = { incident, name: file.name }
    uploads.value = [...uploads.value, one]
    try {
      const stored = await upload(file)
      editDraft(incident, { files: [...draftOf(incident).files, stored] })
    } catch (error) {
      failed(error instanceof CallError ? error : new CallError("upload", "", {}))
    }
    uploads.value = uploads.value.filter((other) => other !== one)
  }
}

export function detach(incident: number, at: number): void {
  editDraft(incident, { files: draftOf(incident).files.filter((_, n) => n !== at) })
}
