// What is seen and done: loading, a question, its answer, what went wrong.
import { Engine } from "./client.js";
import { Fault, TITLES, asFault } from "./faults.js";

const at = (id) => document.getElementById(id);
const engine = new Engine();
let asked = null;
let description = null;
let loaded = false;

const sized = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
const counted = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

function made(kind, text = "", name = "") {
  const element = document.createElement(kind);
  element.textContent = text;
  if (name) element.className = name;
  return element;
}

function showFault(error) {
  const fault = asFault(error);
  at("fault-title").textContent = TITLES[fault.code] ?? TITLES.runtime;
  at("fault-message").textContent = fault.message;
  at("fault-hint").textContent = fault.hint;
  at("fault").dataset.code = fault.code;
  at("fault").hidden = false;
  at("loading").hidden = true;
  at("doing").textContent = "";
}

// A module that uses one instruction of SIMD, which the runtime is made of.
const SIMD = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11);

function checkBrowser({ memoryBytes }) {
  if (typeof WebAssembly !== "object" || !WebAssembly.validate(SIMD)) {
    throw new Fault("no-webassembly", "The model is run by WebAssembly with SIMD, which is not there or switched off.", "Take a browser of 2023 or later, and allow WebAssembly for this page.");
  }
  if (!isSecureContext) {
    throw new Fault("insecure", `${location.origin} is neither https nor this machine, so that the browser neither checks nor keeps files.`, "Open the page as http://127.0.0.1, or serve it by https.");
  }
  try {
    new WebAssembly.Memory({ initial: Math.min(65536, Math.ceil(memoryBytes / 65536)) });
  } catch {
    throw new Fault("memory", `The page takes up to ${sized(memoryBytes)}, and the browser does not give as much.`, "Close other pages, or take a machine with more memory.");
  }
}

function showFacts(threads) {
  const { answer, search, files, packages, about } = description;
  const rows = [...about.map((line) => ["Made of", line])];
  if (answer) rows.push(["Answers", `${answer.name}, ${answer.weights}, ${sized(files[answer.data].sizeBytes)}; licence: ${answer.license}`]);
  if (search) rows.push(["Finds", `${counted(search.count, "passage")} by ${search.name}, 8-bit weights, ${sized(files[search.graph].sizeBytes)}; licence: ${search.license}`]);
  for (const each of packages) rows.push(["Runs on", `${each.name} ${each.version}; licence: ${each.license}`]);
  rows.push(["Threads", crossOriginIsolated ? String(threads) : `${threads}: whoever serves this page does not let it have more`]);
  at("about").hidden = false;
  at("facts").replaceChildren(...rows.flatMap(([name, text]) => [made("dt", name), made("dd", text)]));
}

function showLoading(kind, { done, total }) {
  if (kind === "building") {
    at("status").textContent = "Building the model …";
    at("bar").removeAttribute("value");
  } else {
    at("status").textContent = `Loading: ${sized(done)} of ${sized(total)}`;
    at("bar").value = done / total;
  }
}

async function begin() {
  at("fault").hidden = true;
  at("loading").hidden = false;
  at("status").textContent = "Starting …";
  try {
    const response = await fetch("page.json").catch(() => null);
    if (!response?.ok) throw new Fault("missing", "page.json, which says what the page is made of, did not come.", "See whether the page is still served, and try again.");
    description = await response.json();
    document.title = at("name").textContent = description.name;
    checkBrowser(description);
    const { threads } = await engine.start(description, showLoading);
    showFacts(threads);
    engine.ready = loaded = true;
    at("loading").hidden = true;
    at("question-label").textContent = description.answer ? "Question" : "What are you looking for?";
    at("go").textContent = description.answer ? "Ask" : "Find";
    at("ask").hidden = false;
    if (document.activeElement === document.body) at("question").focus();
  } catch (error) {
    showFault(error);
  }
}

function showFound(article, found, used) {
  if (!found.length) return;
  const list = made("ol");
  for (const { title, text, cosine } of found) {
    const item = made("li");
    const near = made("span", cosine.toFixed(2), "near");
    near.title = "Cosine between the question and the passage";
    const words = made("span", "", "text");
    if (title) words.append(made("strong", title), " ");
    words.append(text);
    item.append(near, words);
    list.append(item);
  }
  const given = description.answer ? `Passages, the nearest first; ${used === 0 ? "none is near enough to be" : `${used} ${used === 1 ? "was" : "were"}`} given to the model` : "Passages, the nearest first";
  article.append(made("h3", given), list);
}

const ENDS = { length: "stopped at its longest", stopped: "stopped by you" };

function figures({ ids, finish, firstMs, rate, promptIds }) {
  const parts = [`${counted(promptIds.length, "token")} read, ${ids.length} written`];
  if (firstMs !== null) parts.push(`first after ${(firstMs / 1000).toFixed(1)} s`);
  if (rate !== null) parts.push(`${rate.toFixed(1)} tokens/s`);
  if (ENDS[finish]) parts.push(ENDS[finish]);
  return parts.join(" · ");
}

async function ask(question) {
  const article = made("article");
  const said = made("p", "", "said");
  article.append(made("h2", question));
  if (description.answer) article.append(said);
  at("turns").prepend(article);
  at("fault").hidden = true;
  at("go").disabled = true;
  at("stop").disabled = false;
  at("doing").textContent = description.search ? "Looking for passages …" : "Reading …";
  asked = engine.ask(question, {
    told: (kind, news) => {
      if (news.text !== undefined) said.textContent = news.text;
      if (news.of) at("doing").textContent = `Reading: ${news.read} of ${counted(news.of, "token")}`;
      else if (news.count) at("doing").textContent = "Writing …";
    },
  });
  try {
    const answer = await asked.whole;
    if (description.answer) {
      said.textContent = answer.text || "(nothing)";
      article.append(made("p", figures(answer), "figures quiet"));
    }
    showFound(article, answer.found, answer.used);
    at("doing").textContent = answer.finish === "stopped" ? "Stopped." : description.answer ? "Answered." : counted(answer.found.length, "passage");
  } catch (error) {
    article.remove();
    at("question").value = question;
    showFault(error);
  } finally {
    asked = null;
    at("go").disabled = false;
    at("stop").disabled = true;
  }
}

at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const question = at("question").value.trim();
  if (!question || asked) return;
  at("question").value = "";
  at("question").focus();
  ask(question);
});
at("question").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  at("ask").requestSubmit();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") asked?.stop();
});
at("stop").addEventListener("click", () => {
  asked?.stop();
  at("question").focus();
});
at("again").addEventListener("click", () => {
  if (!loaded) return void begin();
  at("fault").hidden = true;
  at("question").focus();
});

// For programs in this page: workbench.ask("...").whole, workbench.embed([...]), once it is ready.
window.workbench = engine;
if ("serviceWorker" in navigator) navigator.serviceWorker.register("offline.js").catch(() => {}); // then it is not kept
begin();
