// Conflicts: what both sides made of one thing and what it was, and whose is taken in each.

const OWN_WORDS = {
  lines: "Write these lines yourself", page: "Write the page yourself", path: "Give another name",
  field: "Write it yourself", object: "Say what is right",
};

function conflictsHtml(sheet, ui) {
  if (!sheet.conflicts.length) return "";
  const right = sheet.rights.resolve;
  const parts = sheet.conflicts.map((each) => conflictHtml(each, right.allowed, ui)).join("");
  const said = `<p>Since this was proposed, something was merged that changes the same. Nothing is lost: choose in each what holds.
    What comes of it is a revision of the proposal, and is approved anew.</p>`;
  const cannot = right.allowed ? "" : `<p><b>You cannot settle them.</b> ${esc(right.said)} ${
    right.who.length ? `Who can: <b>${esc(right.who.join(", "))}</b>.` : ""}</p>`;
  const send = right.allowed ? `<button type="submit" class="rv-b go" data-key="resolve">Settle ${
    sheet.conflicts.length === 1 ? "it" : `all ${sheet.conflicts.length}`}</button>` : "";
  return `<h3 id="rv-conflicts">Conflicts <span class="q">${sheet.conflicts.length}</span></h3>${said}${cannot}
    <form class="rv-conflicts" data-form="resolve">${parts}${send}</form>`;
}

const sideHtml = (text, none, name) => (text === null ? `<p class="q">${none}</p>`
  : text === "" ? '<p class="q">nothing</p>' : `<pre tabindex="0" role="group" aria-label="${name}">${esc(text)}</pre>`);

function conflictHtml(each, may, ui) {
  const name = `conflict-${each.number}`;
  const line = each.line ? `, line ${each.line}` : "";
  const chosen = ui.chosen.get(each.number);
  const radio = (side, text) => (may ? `<label><input type="radio" name="${name}" value="${side}" data-choice="${each.number}" data-key="${name}-${side}"${
    chosen === side ? " checked" : ""}> ${text}</label>` : `<b>${text}</b>`);
  const by = (names) => (names ? ` <span class="q">by ${esc(names)}</span>` : "");
  const gone = { "edit and delete": "deleted", decision: "not decided" }[each.kind] ?? "not there";
  const sides = [
    `<div><p><b>Before</b></p>${sideHtml(each.base, "it was not there", "Before")}</div>`,
    `<div>${each.sides ? radio("ours", `Agreed on now${by(each.ours_by)}`) : `<p><b>Agreed on now</b>${by(each.ours_by)}</p>`}${sideHtml(each.ours, gone, "Agreed on now")}</div>`,
    `<div>${each.sides ? radio("theirs", `This proposal${by(each.theirs_by)}`) : `<p><b>This proposal</b>${by(each.theirs_by)}</p>`}${sideHtml(each.theirs, gone, "This proposal")}</div>`,
  ].join("");
  return `<fieldset class="rv-conflict" data-number="${each.number}"><legend>${each.number}. <b>${esc(each.what)}</b>${line}: ${esc(each.said)}</legend>
    <div class="rv-sides">${sides}</div>${may && each.own ? ownHtml(each, name, chosen) : ""}</fieldset>`;
}

function ownHtml(each, name, chosen) {
  const start = each.start;
  const long = each.own === "lines" || each.own === "page";
  const label = `${OWN_WORDS[each.own]}, conflict ${each.number}`;
  const field = long
    ? `<textarea rows="${Math.min(12, start.split("\n").length + 1)}" data-own="${each.number}" data-keep="${name}-own" data-key="${name}-text" aria-label="${label}">${esc(start)}</textarea>`
    : `<input data-own="${each.number}" data-keep="${name}-own" data-key="${name}-text" aria-label="${label}" value="${esc(start)}">`;
  const source = each.own === "object" ? `<label>Where it is said <input data-source="${each.number}" data-keep="${name}-source" data-key="${name}-source" placeholder="page:people/ada.md#words of it"></label>` : "";
  const shown = chosen === "own" ? field + source : "";
  return `<div class="rv-own"><label><input type="radio" name="${name}" value="own" data-choice="${each.number}" data-key="${name}-own"${
    chosen === "own" ? " checked" : ""}> ${OWN_WORDS[each.own]}</label>${shown}</div>`;
}

/** The choices of the form, or the first conflict that has none. */
function choicesOf(form, ui, sheet) {
  const found = [];
  for (const each of sheet.conflicts) {
    const side = ui.chosen.get(each.number);
    if (!side) return { missing: each.number };
    const choice = { number: each.number, side };
    if (side === "own") {
      choice.text = form.querySelector(`[data-own="${each.number}"]`).value;
      choice.source = form.querySelector(`[data-source="${each.number}"]`)?.value ?? "";
    }
    found.push(choice);
  }
  return { choices: found };
}
