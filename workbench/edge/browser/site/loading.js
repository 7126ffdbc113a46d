// Files of the page: fetched with their progress, looked at by sha256, kept for when nobody serves them.
import { Fault } from "./faults.js";

const KEPT = "workbench-page-files";

async function digest(bytes) {
  const made = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(made, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function readAll(response, file, told) {
  const bytes = new Uint8Array(file.sizeBytes);
  const reader = response.body.getReader();
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (size + value.length > bytes.length) throw new Fault("damaged", `${file.name} has more than its ${bytes.length} bytes.`, "Make the page again.");
    bytes.set(value, size);
    size += value.length;
    told(value.length);
  }
  return size === bytes.length ? bytes : bytes.subarray(0, size);
}

// By its digest, so that another page of the same address finds its own.
const keptAs = (file) => new URL(`kept/${file.sha256}`, location.href).href;

async function fromKept(file, told) {
  const kept = await (await caches.open(KEPT)).match(keptAs(file));
  if (!kept) return null;
  let counted = 0;
  try {
    const bytes = await readAll(kept, file, (size) => ((counted += size), told(size)));
    if ((await digest(bytes)) === file.sha256) return bytes;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
  told(-counted);
  await (await caches.open(KEPT)).delete(keptAs(file));
  return null;
}

async function keep(file, bytes) {
  try {
    await (await caches.open(KEPT)).put(keptAs(file), new Response(bytes));
  } catch (error) {
    if (error.name !== "QuotaExceededError") throw error; // it is fetched again the next time
  }
}

// A file's bytes as they were when the page was made; `told` hears how many more have come.
export async function load(file, told = () => {}) {
  const kept = await fromKept(file, told);
  if (kept) return kept;
  let bytes;
  try {
    const response = await fetch(file.name, { cache: "no-store" });
    if (!response.ok) throw new Fault("missing", `${file.name} is not where the page is (${response.status}).`, "Make the page again.");
    bytes = await readAll(response, file, told);
  } catch (error) {
    if (error instanceof Fault || error instanceof RangeError) throw error;
    throw new Fault("missing", `${file.name} did not come: ${error.message}.`, "See whether the page is still served, and try again.");
  }
  const found = await digest(bytes);
  if (found !== file.sha256) {
    throw new Fault(
      "damaged",
      `${file.name} has the sha256 ${found.slice(0, 16)}… where ${file.sha256.slice(0, 16)}… was made: it is damaged, and was not used.`,
      "Make the page again.",
    );
  }
  await keep(file, bytes);
  return bytes;
}

// Let go of files that no page of this description has.
export async function forgetOthers(files) {
  const cache = await caches.open(KEPT);
  const wanted = new Set(files.map(keptAs));
  const root = new URL("kept/", location.href).href;
  for (const request of await cache.keys()) {
    if (request.url.startsWith(root) && !wanted.has(request.url)) await cache.delete(request);
  }
}

export const asJson = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
