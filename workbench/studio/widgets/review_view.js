// The review page: draws what the kernel sends, sends what is asked for, and keeps the reader's place.

const DEVICE = "workbench-device"; // proofs that sign-ins left here, by user; they open nothing
const AWAY = "workbench-away"; // while this tab is at a provider: what shows that it began there

function render({ model, el }) {
  el.classList.add("rv");
  el.innerHTML = '<div class="rv-note" role="status" aria-live="polite"></div><div class="rv-all"></div>';
  const [note, all] = [el.querySelector(".rv-note"), el.querySelector(".rv-all")];
  const ui = { talk: null, out: null, edit: null, chosen: new Map(), kept: new Map(), folds: new Set(), wants: null, at: new Map() };
  let [view, count, waits, patience, said, graph] = [null, 0, null, 0, 0, { seen: null, place: null, stop: null }];

  /** What went well is taken away again, for it stands before what one reads; trouble stays. */
  const say = (html, { passes = false } = {}) => {
    clearTimeout(said);
    if (note.innerHTML !== html) note.innerHTML = html;
    if (passes && html) said = setTimeout(() => { note.innerHTML = ""; }, 12_000);
  };
  const ask = (message) => {
    if (waits !== null && message.act !== "show") return;
    count += 1;
    waits = count;
    el.classList.add("busy");
    el.setAttribute("aria-busy", "true");
    clearTimeout(patience);
    patience = setTimeout(() => say("<p>The kernel does not answer; it may be busy. If it is gone, reload the page.</p>"), 30_000);
    model.send({ ...message, id: count });
  };
  /** What was typed, and where one stood, outlives what is drawn anew. */
  const keep = () => {
    for (const field of all.querySelectorAll("[data-keep]")) ui.kept.set(field.dataset.keep, field.value);
    for (const fold of all.querySelectorAll("details[data-fold]")) {
      if (fold.open) ui.folds.add(fold.dataset.fold); else ui.folds.delete(fold.dataset.fold);
    }
    const at = document.activeElement;
    return all.contains(at) ? { key: at.dataset.key, from: at.selectionStart, to: at.selectionEnd } : null;
  };
  const restore = (stood) => {
    for (const field of all.querySelectorAll("[data-keep]")) {
      if (ui.kept.has(field.dataset.keep)) field.value = ui.kept.get(field.dataset.keep);
    }
    for (const fold of all.querySelectorAll("details[data-fold]")) fold.open = ui.folds.has(fold.dataset.fold);
    for (const each of all.querySelectorAll("button, input, textarea, select, summary")) each.dataset.lmSuppressShortcuts = "true";
    for (const box of all.querySelectorAll("[data-rove]")) oneStop(box, ui);
    const wanted = [].concat(ui.wants ?? [], stood?.key ?? []);
    if (!wanted.length) return;
    ui.wants = null;
    const to = wanted.map((key) => find(key)).find(Boolean) ?? find("title") ?? find("space") ?? find("user");
    if (!to) return;
    to.focus({ preventScroll: to.dataset.key === stood?.key });
    if (to.dataset.key === stood?.key && stood.from !== undefined && stood.from !== null && /^(TEXTAREA)$/.test(to.tagName)) to.setSelectionRange(stood.from, stood.to);
  };
  const find = (key) => all.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const draw = () => {
    const stood = keep();
    if (!view) { all.innerHTML = ""; return; }
    if (!view.user) all.innerHTML = signInHtml(view);
    else {
      const gone = view.gone ? `<p class="rv-gone" role="alert">${esc(view.gone)}</p>` : "";
      all.innerHTML = `${barHtml(view)}${gone}<div class="rv-two"><nav class="rv-queue" aria-label="Proposals">${queueHtml(view, ui)}</nav>
        <section class="rv-sheet" aria-label="The proposal">${sheetHtml(view, ui)}</section></div>`;
    }
    drawPicture();
    restore(stood);
  };
  /** The picture stays as it was walked while the proposal is the same. */
  const drawPicture = () => {
    const place = all.querySelector(".rv-graph");
    const data = view?.sheet?.graph;
    if (!place || !data) { graph.stop?.(); graph = { seen: null, place: null, stop: null }; return; }
    if (graph.seen !== view.sheet.seen) {
      graph.stop?.();
      const alone = document.createElement("div");
      graph = { seen: view.sheet.seen, place: alone, stop: null };
      place.append(alone);
      const kept = { data, arrays: {}, chosen: -1 };
      graph.stop = drawGraph({ el: alone, model: {
        get: (name) => kept[name], set: (name, value) => { kept[name] = value; }, save_changes() {}, send() {}, on() {}, off() {},
      } });
    } else place.append(graph.place);
  };

  const hear = (answer) => {
    if (!answer?.view) return;
    const before = view;
    view = answer.view;
    if (answer.act === "look") {
      if (view.meanwhile.length && String(before?.meanwhile) !== String(view.meanwhile)) say(`<p>Meanwhile ${esc(view.meanwhile.join("; "))}.</p>`, { passes: true });
      else if (view.gone) say("");  // it is drawn below, and told from there
    } else if (answer.id === waits) {
      waits = null;
      clearTimeout(patience);
      el.classList.remove("busy");
      el.removeAttribute("aria-busy");
      if (answer.device) remember(answer.user, answer.device);
      if (answer.act === "depart" && answer.url) { leaveFor(answer); return; }
      if (answer.trouble) {
        const hint = answer.trouble.hint ? `<p>Try: ${esc(answer.trouble.hint)}</p>` : "";
        const drawn = view.gone && view.gone !== before?.gone;  // that he was signed out stands below
        say(drawn ? "" : `<div class="wb-trouble"><p>${esc(answer.trouble.message)}</p>${hint}</div>`);
        if (answer.act === "sign_in") ui.wants = "password";
        if (answer.act === "arrive") ui.wants = "user";
      } else {
        const still = answer.there ? ` You are still signed in at ${esc(answer.there.label)}: <a href="${esc(answer.there.url)}">sign out there too</a>.` : "";
        say(answer.said ? `<p>✓ ${esc(answer.said)}${still}</p>` : "", { passes: !still });
        if (answer.act === "page_text") {
          [ui.edit, ui.wants] = [answer.page, `edit-${answer.page}`];
          ui.kept.set(`edit-${answer.page}`, answer.text);
        }
        done(answer.act, before);
      }
    }
    draw();
  };
  /** After a deed its form is closed and what was typed there forgotten. */
  const done = (act, before) => {
    if (act === "comment") {
      ui.wants = ui.talk ?? "whole";
      ui.kept.delete(ui.talk ? `talk-${ui.talk}` : "whole");
      if (!ui.talk) for (const field of all.querySelectorAll('[data-keep="whole"]')) field.value = "";
      ui.talk = null;
    }
    if (["ask", "end", "dismiss", "revert"].includes(act)) { ui.out = null; clear("out-"); }
    if (["sign_in", "arrive", "space"].includes(act)) ui.wants = [view.queue?.open[0] ? `row-${firstRow()}` : "space", "space"];
    if (["open", "reload", "approve", "ask", "merge", "end", "resolve", "revert", "revise_page", "revise_fact"].includes(act)) ui.wants = ["title", "fold-log"];
    if (act === "close") ui.wants = `row-${before?.sheet?.number}`;
    if (act === "sign_out") { ui.wants = "user"; ui.kept.clear(); }
    if (before?.sheet?.number !== view.sheet?.number) forget("conflict-", "talk-", "out-", "edit-", "whole");
    else if (before?.sheet?.seen !== view.sheet?.seen) {
      // The line may be another one now: what was being said of it is kept below, for the whole.
      const words = ui.talk && all.querySelector(`[data-keep="talk-${CSS.escape(ui.talk)}"]`)?.value;
      forget("conflict-", "talk-", "out-", "edit-");
      if (words) keepForWhole(words);
    }
  };
  const forget = (...starts) => { ui.talk = ui.out = ui.edit = null; ui.chosen.clear(); clear(...starts); };
  const keepForWhole = (words) => {
    const field = all.querySelector('[data-keep="whole"]');
    if (field) field.value = [field.value, words].filter(Boolean).join("\n");
  };
  const firstRow = () => (view.queue.open.find((row) => row.waits === "you") ?? view.queue.open[0]).number;
  const clear = (...starts) => {
    for (const key of [...ui.kept.keys()]) if (starts.some((start) => key.startsWith(start))) ui.kept.delete(key);
    for (const field of all.querySelectorAll("[data-keep]")) if (starts.some((start) => field.dataset.keep.startsWith(start))) delete field.dataset.keep;
  };
  const proofs = () => { try { return JSON.parse(localStorage.getItem(DEVICE) ?? "{}"); } catch { return {}; } };
  const remember = (user, proof) => {
    try { localStorage.setItem(DEVICE, JSON.stringify({ ...proofs(), [user]: proof })); } catch { /* a browser that keeps nothing */ }
  };

  /** To a provider: this tab keeps what shows that it began, for whoever else comes back has not. */
  const leaveFor = ({ url, browser }) => {
    try { sessionStorage.setItem(AWAY, browser); } catch { say('<div class="wb-trouble"><p>This browser keeps nothing for a page, so it cannot come back from a provider.</p></div>'); return; }
    location.assign(url);
  };
  /** What a provider sent this tab back with, if it did; the address forgets it. */
  const answerOfProvider = () => {
    const { provider, ...query } = Object.fromEntries(new URLSearchParams(location.search));
    if (!here() || !provider || !("state" in query)) return null;
    history.replaceState(null, "", location.pathname);
    let browser = null;
    try { browser = sessionStorage.getItem(AWAY); sessionStorage.removeItem(AWAY); } catch { /* it is told as begun elsewhere */ }
    return { act: "arrive", provider, query, browser };
  };

  const LOCAL = {
    talk: ({ dataset }) => { ui.talk = ui.talk === dataset.at ? null : dataset.at; ui.wants = ui.talk ? `talk-${ui.talk}` : dataset.at; draw(); },
    hush: () => { ui.wants = ui.talk; ui.talk = null; draw(); },
    fold_out: ({ dataset }) => { ui.out = ui.out === dataset.what && ui.of === dataset.of ? null : dataset.what; ui.of = dataset.of; ui.wants = ui.out ? "out-words" : dataset.key; draw(); },
    fold_in: () => { ui.wants = `out-${ui.out}`; ui.out = null; draw(); },
    edit: ({ dataset }) => { ui.edit = ui.edit === dataset.fact ? null : dataset.fact; ui.wants = ui.edit ? `edit-${ui.edit}` : dataset.key; draw(); },
    unedit: () => { ui.wants = `change-${ui.edit}`; clear("edit-"); ui.edit = null; draw(); },
    go: ({ dataset }) => { const to = find(dataset.to); to?.scrollIntoView({ block: "center" }); to?.focus(); },
  };
  const SENT = {
    depart: ({ dataset }) => ({ provider: dataset.provider, page: here() }),
    sign_out: () => (here() ? { page: here() } : {}),
    open: ({ dataset }) => ({ number: Number(dataset.number) }),
    unfold: ({ dataset }) => ({ page: dataset.page }),
    page_text: ({ dataset }) => ({ page: dataset.page }),
    dismiss: ({ dataset }) => ({ of: dataset.of }),
    settle_comment: ({ dataset }) => ({ comment: Number(dataset.comment) }),
  };
  const submit = (form) => {
    const words = form.elements.words?.value ?? "";
    if (form.querySelector("[required]") && ![...form.querySelectorAll("[required]")].every((each) => each.reportValidity())) return;
    const kind = form.dataset.form;
    if (kind === "sign_in") {
      const user = form.elements.user.value.trim();
      ask({ act: kind, user, password: form.elements.password.value, device: proofs()[user] ?? null });
    } else if (kind === "comment") ask({ act: kind, words, ...JSON.parse(form.dataset.where) });
    else if (kind === "resolve") {
      const { choices, missing } = choicesOf(form, ui, view.sheet);
      if (choices) { ask({ act: kind, choices }); return; }
      say(`<div class="wb-trouble"><p>Conflict ${missing} has no choice yet.</p></div>`);
      form.querySelector(`[data-choice="${missing}"]`)?.focus();
    } else if (kind === "revise_page") ask({ act: kind, page: form.dataset.page, text: form.elements.text.value });
    else if (kind === "revise_fact") ask({ act: kind, key: form.dataset.fact, sources: form.elements.sources.value, note: form.elements.note.value });
    else if (kind === "dismiss") ask({ act: kind, words, of: form.dataset.of });
    else if (kind === "revert") ask({ act: kind, words, record: form.dataset.record });
    else ask({ act: kind, words });
  };

  el.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-act]");
    if (!button) return;
    const act = button.dataset.act;
    if (LOCAL[act]) LOCAL[act](button);
    else ask({ act, ...(SENT[act]?.(button) ?? {}) });
  });
  el.addEventListener("submit", (event) => { event.preventDefault(); submit(event.target); });
  el.addEventListener("change", ({ target }) => {
    if (target.dataset.change === "space") ask({ act: "space", space: target.value });
    if (target.dataset.choice) {
      ui.chosen.set(Number(target.dataset.choice), target.value);
      ui.wants = `conflict-${target.dataset.choice}-${target.value}`;
      draw();
    }
  });
  el.addEventListener("keydown", (event) => {
    const form = event.target.closest("form");
    const typed = /^(TEXTAREA|INPUT|SELECT)$/.test(event.target.tagName);
    if (event.key === "Escape" && (ui.talk || ui.out) && form && !form.dataset.form.startsWith("revise")) { LOCAL[ui.talk ? "hush" : "fold_in"](); event.preventDefault(); }
    else if (event.key === "Enter" && form && ((event.ctrlKey || event.metaKey) || (event.target.tagName === "INPUT" && event.target.type !== "radio"))) {
      event.preventDefault();
      submit(form);
    } else if (walk(event, ui)) event.preventDefault();
    if (typed || ["Enter", " ", "Escape"].includes(event.key) || event.key.startsWith("Arrow")) event.stopPropagation();
  });
  model.on("msg:custom", hear);
  ask(answerOfProvider() ?? { act: "show" });
  return () => { clearTimeout(patience); clearTimeout(said); graph.stop?.(); model.off("msg:custom", hear); };
}

/** The items of a list that can have the focus: what is folded away cannot. */
function unfolded(box) {
  return [...box.querySelectorAll("[data-item]")].filter((each) => !each.closest("details:not([open])"));
}

/** One tab stop for a list: the item where one was last, else the first. */
function oneStop(box, ui) {
  if (box.dataset.rove === "findings") return;
  for (const each of box.querySelectorAll("[data-item]")) each.tabIndex = -1;
  const items = unfolded(box);
  const at = items.find((each) => each.dataset.key === ui.at.get(box.dataset.rove)) ?? items.find((each) => each.ariaCurrent === "true") ?? items[0];
  if (at) at.tabIndex = 0;
}

/** Arrow keys, Home and End along the items of a list; whether the key was one of these. */
function walk(event, ui) {
  const item = event.target.closest("[data-item]");
  const box = item?.closest("[data-rove]");
  if (!box || event.ctrlKey || event.metaKey || event.altKey) return false;
  const items = unfolded(box);
  const at = items.indexOf(item);
  const to = { ArrowDown: items[at + 1], ArrowUp: items[at - 1], Home: items[0], End: items[items.length - 1] };
  if (!(event.key in to)) return false;
  const next = to[event.key] ?? item;
  ui.at.set(box.dataset.rove, next.dataset.key);
  for (const each of box.querySelectorAll("[data-item]")) each.tabIndex = each === next ? 0 : -1;
  next.focus();
  return true;
}

export default { render };
