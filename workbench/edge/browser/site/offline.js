// Keeps what starts the page, so that it starts when nobody serves it; big files are kept by loading.js.
const KEPT = "workbench-page-shell";

async function keepShell() {
  const description = await (await fetch("page.json", { cache: "no-store" })).json();
  const cache = await caches.open(KEPT);
  await cache.addAll(["./", ...description.shell].map((name) => new Request(name, { cache: "no-store" })));
}

addEventListener("install", (event) => event.waitUntil(keepShell().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

async function answer(request) {
  const cache = await caches.open(KEPT);
  try {
    const response = await fetch(request);
    if (response.ok && (await cache.match(request))) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request);
    if (kept) return kept;
    throw error;
  }
}

// What is served comes first: a page that was made anew is seen at once.
addEventListener("fetch", (event) => {
  const inside = event.request.url.startsWith(registration.scope);
  if (inside && event.request.method === "GET") event.respondWith(answer(event.request));
});
