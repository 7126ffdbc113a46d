// What a proposal changes: pages line by line, facts, and what was said of each.

const SIGNS = { "+": ["add", "+", "added"], "-": ["del", "−", "removed"], " ": ["", "", ""] };

/** The text of a line with its changed words marked; places are counted in characters, as in Python. */
function marked(line) {
  const text = [...line.text];
  let at = 0;
  let html = "";
  for (const [begin, end] of line.marks) {
    html += `${esc(text.slice(at, begin).join(""))}<mark>${esc(text.slice(begin, end).join(""))}</mark>`;
    at = end;
  }
  html += esc(text.slice(at).join(""));
  if (line.left_out) html += `<span class="q"> … ${line.left_out.toLocaleString("en")} characters more</span>`;
  if (line.end) html += `<span class="q" title="end of the line"> ${line.end === "\\r" ? "␍" : "⍉ no line end"}</span>`;
  return html || " ";
}

function pageHtml(page, sheet, ui) {
  const [was, is] = [page.old_path, page.new_path];
  const path = is ?? was;
  const what = was === null ? '<span class="pill good">+ new page</span>' : is === null
    ? '<span class="pill bad">− deleted page</span>' : was !== is ? `<span class="pill mark">renamed</span>` : "";
  const from = was !== null && is !== null && was !== is ? ` <span class="q">from</span> <b>${esc(was)}</b>` : "";
  const size = page.characters > 1e6 ? `<span class="q">${(page.characters / 1e6).toFixed(1)} million characters</span>` : "";
  const rows = page.cells.length ? page.cells.map((cell) => cellHtml(cell, page, sheet, ui)).join("") : partsHtml(page.parts, page, sheet, ui);
  const same = !page.parts.length && !page.left_out && !page.cells.length ? '<p class="q">Its text is the same.</p>' : "";
  const more = page.left_out ? `<p class="rv-more">${many(page.left_out, "line")} folded away. ${
    press("unfold", `Show ${many(Math.min(1000, page.left_out), "line")} more`, { key: `unfold-${page.id}`, more: `data-page="${page.id}"` })}</p>` : "";
  const edit = sheet.state === "open" && sheet.rights.revise.allowed && is !== null
    ? press("page_text", "Change…", { key: `change-${page.id}`, more: `data-page="${page.id}" aria-label="Change ${esc(path)}" aria-expanded="${ui.edit === page.id}"` }) : "";
  return `<section class="rv-page" aria-label="${esc(path)}"><h4>${what} <b>${esc(path)}</b>${from}
    <span class="rv-count"><span class="rv-plus">+${page.added}</span> <span class="rv-minus">−${page.removed}</span></span> ${size}${edit}</h4>${editHtml(page, path, ui)}
    <div class="rv-lines" role="group" aria-label="Lines of ${esc(path)}" data-rove="page-${page.id}">${rows}</div>${same}${more}${rawHtml(page, sheet, ui)}</section>`;
}

const partsHtml = (parts, page, sheet, ui) => parts.map((part) => part.map((line) => lineHtml(line, page, sheet, ui)).join(""))
  .join('<div class="rv-gap" aria-hidden="true">⋯</div>');

/** A notebook's cell: which it is, what became of it, and the lines of its source. */
function cellHtml(cell, page, sheet, ui) {
  const [was, is] = [cell.old_number, cell.new_number];
  const mark = was === null ? '<span class="pill good">+ new</span>' : is === null ? '<span class="pill bad">− deleted</span>' : "";
  const lines = partsHtml(page.parts.slice(cell.first, cell.first + cell.count), page, sheet, ui);
  const told = cell.told.map((each) => `<span class="q">${esc(each)}</span>`).join("");
  const name = `Cell ${is ?? was}, ${esc(cell.cell_type)}`;
  return `<div class="rv-cell" role="group" aria-label="${name}"><p class="facts"><b>${name}</b>${mark}${told}</p>${lines}</div>`;
}

/** What is no cell's source: the notebook's metadata, and its file with outputs and all. */
function rawHtml(page, sheet, ui) {
  if (!page.cells.length) return "";
  const around = page.around ? '<p class="q">The notebook’s own metadata changed too.</p>' : "";
  const more = page.raw_left_out ? `<p class="rv-more">${many(page.raw_left_out, "line")} folded away. ${
    press("unfold", "Show more", { key: `unfold-raw-${page.id}`, more: `data-page="${page.id}"` })}</p>` : "";
  return `${around}<details class="rv-raw" data-fold="raw-${page.id}"><summary data-key="fold-raw-${page.id}">As lines of its file, with outputs and metadata</summary>
    <div class="rv-lines">${partsHtml(page.raw, page, sheet, ui)}</div>${more}</details>`;
}

/** The page as a text to be changed by the proposal's author. */
function editHtml(page, path, ui) {
  if (ui.edit !== page.id) return "";
  return `<form class="rv-talk rv-edit" data-form="revise_page" data-page="${page.id}"><label>${esc(path)}, as it is proposed
    <textarea rows="14" spellcheck="false" name="text" data-keep="edit-${page.id}" data-key="edit-${page.id}"></textarea></label>
    <div class="rv-row-of-buttons"><button type="submit" class="rv-b go" data-key="revise-${page.id}">Revise the proposal</button>
    ${press("unedit", "Cancel", { key: "unedit" })}</div></form>`;
}

/** Where a fact is said, and what is noted of it, for the author. */
function factEditHtml(fact, ui) {
  if (ui.edit !== fact.key) return "";
  const sources = fact.sources.filter(([sign]) => sign !== "-").map(([, source]) => source).join("\n");
  return `<form class="rv-talk" data-form="revise_fact" data-fact="${fact.key}"><label>Where it is said, one source a line: page:PATH#words that stand there, or a reference
    <textarea rows="3" name="sources" data-keep="edit-${fact.key}" data-key="edit-${fact.key}">${esc(sources)}</textarea></label>
    <label>Note <input name="note" data-keep="edit-note" data-key="edit-note" value="${esc(fact.note)}"></label>
    <div class="rv-row-of-buttons"><button type="submit" class="rv-b go" data-key="revise-${fact.key}">Revise the proposal</button>
    ${press("unedit", "Cancel", { key: "unedit" })}</div></form>`;
}

function lineHtml(line, page, sheet, ui) {
  const [kind, sign, said] = SIGNS[line.sign];
  const numbers = `<span class="no">${line.old ?? ""}</span>`;
  if (line.new === null || page.new_path === null) {
    return `<div class="rv-line ${kind}">${numbers}<span class="no">${line.told ?? ""}</span><span class="sign"><span aria-hidden="true">${sign}</span><span class="unseen">${said} </span></span><code>${marked(line)}</code></div>`;
  }
  const at = `line-${page.id}-${line.new}`;
  const number = line.told ?? line.new;
  const label = `Comment on line ${number}${said ? `, ${said}` : ""}: ${line.text.slice(0, 80)}`;
  const about = sheet.comments.filter((each) => !each.moved && each.page === page.new_path && each.line === line.new);
  const row = `<div class="rv-line ${kind}${about.length ? " told" : ""}">${numbers}<button type="button" class="no" data-act="talk" data-item data-at="${at}"
    data-key="${at}" data-page="${esc(page.new_path)}" data-line="${line.new}" aria-label="${esc(label)}" aria-expanded="${ui.talk === at}">${number}</button><span
    class="sign" aria-hidden="true">${sign}</span><code>${marked(line)}</code></div>`;
  return row + about.map((each) => commentHtml(each, sheet)).join("") + talkHtml(at, ui, `Comment on line ${number} of ${line.told ? "the cell in " : ""}${page.new_path}`,
    { page: page.new_path, line: line.new });
}

/** The form below what is commented on, if it is open there. */
function talkHtml(at, ui, label, where) {
  if (ui.talk !== at) return "";
  return `<form class="rv-talk" data-form="comment" data-where="${esc(JSON.stringify(where))}"><label>${esc(label)}
    <textarea rows="3" name="words" data-keep="talk-${at}" data-key="talk-${at}" required></textarea></label>
    <div class="rv-row-of-buttons"><button type="submit" class="rv-b go" data-key="send-${at}">Comment</button>
    ${press("hush", "Cancel", { key: `hush-${at}` })}<span class="q">Ctrl+Enter sends, Escape closes</span></div></form>`;
}

function commentHtml(said, sheet) {
  const may = said.settled_by === null && (said.own ? sheet.rights.comment.allowed : sheet.rights.ask.allowed);
  const done = said.settled_by === null ? "" : `<span class="pill good">✓ settled by ${esc(said.settled_by)}</span>`;
  const button = may ? press("settle_comment", "Settle", { key: `settle-${said.number}`,
    more: `data-comment="${said.number}" aria-label="Settle ${esc(said.author)}’s comment: ${esc(said.words.slice(0, 60))}"` }) : "";
  return `<div class="rv-said${said.settled_by === null ? "" : " done"}"><p><b>${esc(said.author)}</b> <span class="q">${when(said.time_s)}</span> ${done}</p>
    <p class="words">${esc(said.words)}</p>${button}</div>`;
}

const FACTS = { "+": ["good", "+ new"], "-": ["bad", "− gone"], "~": ["mark", "~ changed"] };

function factHtml(fact, sheet, ui) {
  const [kind, mark] = FACTS[fact.sign];
  const at = `fact-${fact.key}`;
  const sources = fact.sources.map(([sign, source]) => `<span class="rv-source ${sign === "+" ? "add" : sign === "-" ? "del" : ""}">${
    sign === " " ? "" : sign === "+" ? "+ " : "− "}${esc(source)}</span>`).join("");
  const became = fact.became.map(([name, was, now]) => `<span>${esc(name)}: ${was ? `<del>${esc(was)}</del>` : "nothing"} → ${
    now ? `<ins>${esc(now)}</ins>` : "nothing"}</span>`).join("");
  const told = fact.kind === "statement" && !fact.sources.length ? '<span class="q">names no source</span>' : sources;
  const can = fact.kind === "statement" && fact.there;
  const about = sheet.comments.filter((each) => each.statement === fact.key && !each.moved);
  const button = can ? `<button type="button" class="rv-b" data-act="talk" data-item data-at="${at}" data-key="${at}" data-statement="${fact.key}"
    aria-label="Comment on the fact ${esc(fact.said)}" aria-expanded="${ui.talk === at}">Comment</button>` : "";
  const edit = can && sheet.state === "open" && sheet.rights.revise.allowed
    ? press("edit", "Change…", { key: `change-${fact.key}`, more: `data-fact="${fact.key}" aria-label="Change the fact ${esc(fact.said)}" aria-expanded="${ui.edit === fact.key}"` }) : "";
  return `<li id="rv-${at}"><div class="rv-fact"><span class="pill ${kind}">${mark}</span><span class="what">${
    fact.kind === "decision" ? '<span class="q">decided:</span> ' : ""}<strong>${esc(fact.said)}</strong>
    <span class="facts">${told}${became}${fact.note ? `<span>${esc(fact.note)}</span>` : ""}</span></span><span class="rv-row-of-buttons">${edit}${button}</span></div>${factEditHtml(fact, ui)}
    ${about.map((each) => commentHtml(each, sheet)).join("")}${talkHtml(at, ui, `Comment on: ${fact.said}`, { statement: fact.key })}</li>`;
}
