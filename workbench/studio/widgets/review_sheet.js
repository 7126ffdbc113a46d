// A proposal: what it is, what is still to be done, what the checks say, and what it changes.

function sheetHtml(view, ui) {
  const sheet = view.sheet;
  if (!sheet) {
    return view.queue?.open.length ? '<p class="q rv-hint">Choose a proposal: arrow keys walk through the queue, Enter opens one.</p>' : "";
  }
  const [lines, values] = [sheet.pages.length, sheet.facts.length];
  const facts = values ? `<h3 id="rv-facts">Facts <span class="q">${values}</span></h3>
    <ul class="rv-facts" data-rove="facts">${sheet.facts.map((each) => factHtml(each, sheet, ui)).join("")}</ul>
    <div class="rv-graph"></div>` : "";
  const pages = lines ? `<h3 id="rv-pages">Pages <span class="q">${lines}</span></h3>
    <p class="q">Arrow keys walk along the numbers of lines, Enter comments.</p>${sheet.pages.map((each) => pageHtml(each, sheet, ui)).join("")}` : "";
  return `${headHtml(sheet)}${meanwhileHtml(view)}${toDoHtml(view, ui)}${conflictsHtml(sheet, ui)}${findingsHtml(sheet)}${facts}${pages}${talksHtml(sheet, ui)}`;
}

function headHtml(sheet) {
  const others = sheet.writers.filter((name) => name !== sheet.author);
  const facts = [`by ${esc(sheet.author)}`, when(sheet.opened_s), many(sheet.revisions, "revision")];
  if (others.length) facts.push(`also written by ${esc(others.join(", "))}`);
  facts.push(`<code title="the record that is looked at">${sheet.seen.slice(0, 8)}</code>`);
  const removed = sheet.author_gone && sheet.state === "open" ? `<p class="wb-warn">${esc(sheet.author_gone)}.</p>` : "";
  const words = sheet.words && sheet.words !== sheet.title ? `<p class="rv-words">${esc(sheet.words)}</p>` : "";
  return `<div class="rv-head"><h2 tabindex="-1" id="rv-title" data-key="title"><span class="q">${sheet.number}</span> ${esc(sheet.title)}</h2>${pill(sheet.state)}
    ${press("close", "Close", { more: 'aria-label="Close the proposal"' })}</div>
    <p class="facts">${facts.map((each) => `<span>${each}</span>`).join("")}</p>${words}${removed}`;
}

function meanwhileHtml(view) {
  if (!view.meanwhile.length) return "";
  return `<div class="rv-meanwhile"><p><b>Meanwhile</b> ${view.meanwhile.map((each) => `<span>${esc(each)}</span>`).join("; ")}.
    What you see is from before.</p>${press("reload", "Show it as it is now", { kind: "go" })}</div>`;
}

const DEEDS = {
  approve: "approve it", ask: "ask for changes", merge: "merge it", end: "decline or withdraw it", comment: "comment on it",
};

/** Why somebody cannot do a deed, and who can. */
function cannotHtml(deed, right) {
  const who = right.who.length ? ` <span>Who can: <b>${esc(right.who.join(", "))}</b>${right.others ? ` and ${right.others} more` : ""}.</span>`
    : " <span>Nobody else can either, until somebody is given the role.</span>";
  return `<li data-cannot="${deed}"><b>You cannot ${DEEDS[deed]}.</b> ${esc(right.said)}${who}</li>`;
}

function toDoHtml(view, ui) {
  const sheet = view.sheet;
  if (sheet.state !== "open") return endedHtml(view, ui);
  const rights = sheet.rights;
  const own = sheet.author === view.user;
  const asked = sheet.asks.approvals;
  const given = asked ? `${sheet.counted.length} of ${many(asked, "approval")}${sheet.counted.length ? ` (${esc(sheet.counted.join(", "))})` : ""}` : "No approvals are asked for";
  const lacks = sheet.lacks.length ? `<p>It cannot be merged yet. What is missing:</p><ul class="rv-lacks">${sheet.lacks.map((each) => `<li>${esc(each)}</li>`).join("")}</ul>`
    : "<p>✓ Nothing is missing: it can be merged.</p>";
  const approved = sheet.approved.includes(view.user);
  const buttons = [];
  if (rights.approve.allowed && !approved) buttons.push(press("approve", "Approve", { kind: sheet.lacks.length ? "go" : "" }));
  if (approved) buttons.push('<span class="pill good">✓ you approved it</span>');
  if (rights.ask.allowed && !own) buttons.push(press("fold_out", "Ask for changes…", { key: "out-ask", more: `data-what="ask" aria-expanded="${ui.out === "ask"}"` }));
  if (rights.merge.allowed && !sheet.lacks.length) buttons.push(press("merge", "Merge", { kind: "go" }));
  if (rights.end.allowed) {
    const text = own ? "Withdraw…" : "Decline…";
    buttons.push(press("fold_out", text, { key: "out-end", more: `data-what="end" aria-expanded="${ui.out === "end"}"` }));
  }
  for (const name of Object.keys(sheet.objections)) {
    const mine = name === view.user;
    if (!mine && !rights.dismiss.allowed) continue;
    const text = mine ? "Take your request back" : `Dismiss ${esc(name)}’s request…`;
    const more = `data-what="dismiss" data-of="${esc(name)}"`;
    buttons.push(mine ? press("dismiss", text, { key: "dismiss-own", more })
      : press("fold_out", text, { key: `dismiss-${esc(name)}`, more: `${more} aria-expanded="${ui.out === "dismiss" && ui.of === name}"` }));
  }
  const cannot = Object.keys(DEEDS).filter((deed) => !rights[deed].allowed && !(deed === "ask" && own)).map((deed) => cannotHtml(deed, rights[deed])).join("");
  return `<section class="rv-todo" aria-label="What is to be done"><p class="facts"><span>${given}</span></p>${lacks}
    <div class="rv-row-of-buttons">${buttons.join("")}</div>${outHtml(ui, own)}${cannot ? `<ul class="rv-cannot">${cannot}</ul>` : ""}</section>`;
}

/** The words that a request for changes or an end needs. */
function outHtml(ui, own) {
  if (!["ask", "end", "dismiss"].includes(ui.out)) return "";
  const [ask, dismiss] = [ui.out === "ask", ui.out === "dismiss"];
  const label = ask ? "What is to be changed? It cannot be merged until you approve it, or take this back."
    : dismiss ? `Why is what ${esc(ui.of)} asks for dismissed? The reason stays with the proposal.`
    : `Why is it ${own ? "withdrawn" : "declined"}? What was proposed can still be read.`;
  return `<form class="rv-talk" data-form="${ui.out}"${dismiss ? ` data-of="${esc(ui.of)}"` : ""}><label>${label}<textarea rows="3" name="words" data-keep="out-${ui.out}" data-key="out-words"${ask || dismiss ? " required" : ""}></textarea></label>
    <div class="rv-row-of-buttons"><button type="submit" class="rv-b go" data-key="out-send">${ask ? "Ask for changes" : dismiss ? "Dismiss it" : own ? "Withdraw it" : "Decline it"}</button>
    ${press("fold_in", "Cancel", { key: "out-cancel" })}</div></form>`;
}

function endedHtml(view, ui) {
  const sheet = view.sheet;
  const by = `${{ merged: "Merged", declined: "Declined", withdrawn: "Withdrawn" }[sheet.state]} by ${esc(sheet.ended_by)}`;
  const landed = sheet.ended_as ? ` as <code>${sheet.ended_as.slice(0, 8)}</code>` : "";
  const gone = sheet.taken_back;
  const back = sheet.state === "merged" && !gone && sheet.rights.revert.allowed
    ? revertHtml(sheet.ended_as, ui, sheet.title) : "";
  const taken = gone ? `<p>– It was taken back by ${esc(gone[0])}, ${when(gone[1])}.</p>` : "";
  const cannot = sheet.state === "merged" && !gone && !sheet.rights.revert.allowed
    ? `<p class="q">You cannot take it back. ${esc(sheet.rights.revert.said)}</p>` : "";
  return `<section class="rv-todo" aria-label="How it ended"><p>${by}${landed}.</p>${taken}<div>${back}</div>${cannot}</section>`;
}

function findingsHtml(sheet) {
  if (sheet.state !== "open") return "";
  const found = sheet.findings;
  if (!found.length) return '<h3 id="rv-checks">Checks</h3><p>✓ Sources, contradictions, duplicates and style: nothing was found.</p>';
  const one = (each) => {
    const place = each.line ? `, line ${each.line}` : "";
    const go = each.key ? `fact-${each.key}` : each.line ? goTo(sheet, each) : "";
    const link = go ? press("go", "Show it", { key: `go-${go}`, more: `data-to="${esc(go)}" aria-label="Show ${esc(each.what)}${place}"` }) : "";
    return `<li><div class="rv-fact"><span class="pill ${each.blocks ? "bad" : "plain"}">${each.blocks ? "✗ holds it up" : "· a note"}</span>
      <span class="what"><strong>${esc(each.what)}</strong>${place}: ${esc(each.said)}<span class="q">${esc(each.check)}: ${esc(each.why)}</span></span>${link}</div></li>`;
  };
  const half = sheet.conflicts.length ? '<p class="q">Of both together as far as they go: some of it may be settled with the conflicts.</p>' : "";
  return `<h3 id="rv-checks">Checks <span class="q">${found.length}</span></h3>${half}<ul class="rv-facts" data-rove="findings">${found.map(one).join("")}</ul>`;
}

/** The place of a finding's line, if it is among those that are shown. */
function goTo(sheet, finding) {
  const page = sheet.pages.find((each) => each.new_path === finding.page);
  const shown = page?.parts.some((part) => part.some((line) => line.new === finding.line));
  return shown ? `line-${page.id}-${finding.line}` : "";
}

/** What was said of the whole, or of what is not there any more; and a place to say something. */
function talksHtml(sheet, ui) {
  const shown = new Set(sheet.pages.flatMap((page) => page.parts.flatMap((part) => part.map((line) => `${page.new_path}:${line.new}`))));
  const facts = new Set(sheet.facts.map((each) => each.key));
  const loose = sheet.comments.filter((each) => each.moved || !(shown.has(`${each.page}:${each.line}`) || facts.has(each.statement)));
  const where = (each) => {
    const of = each.page ? `of ${esc(each.page)}${each.line ? `, line ${each.line}` : ""}` : each.statement ? "of a fact" : "";
    return of ? `<p class="q">${of}${each.moved ? "; it was changed since" : ""}</p>` : "";
  };
  const form = sheet.rights.comment.allowed ? `<form class="rv-talk" data-form="comment" data-where="{}"><label>Say something of the whole
    <textarea rows="2" name="words" data-keep="whole" data-key="whole" required></textarea></label>
    <button type="submit" class="rv-b" data-key="send-whole">Comment</button></form>` : "";
  return `<h3 id="rv-comments">Comments on the whole</h3>${loose.map((each) => `<div class="rv-loose">${where(each)}${commentHtml(each, sheet)}</div>`).join("")
    || '<p class="q">Nobody said anything yet.</p>'}${form}`;
}
