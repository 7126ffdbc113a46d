// What stands beside a graph: what is chosen, in words, and the way that was asked for.

const MOST_LISTED = 60;

/** A fact as an item of a list: its words, the document, and a button to the other end. */
function factHtml(graph, fact, shows, id = -1) {
  const end = (at) => (at === id ? escapeHtml(graph.entities[at].name)
    : `<button type="button" data-go="${at}" ${QUIET_KEYS}>${escapeHtml(graph.entities[at].name)}</button>`);
  const change = { came: "+ came", went: "\u2212 went", changed: "~ said elsewhere" }[fact.change];
  const marks = [
    fact.rule ? `<span class="pill plain">\u2504 inferred</span>` : "",
    shows.quarrels(fact) ? '<span class="pill bad">\u00d7 contradicted</span>' : "",
    change ? `<span class="pill ${{ came: "good", went: "bad" }[fact.change] ?? "mark"}">${change}</span>` : "",
  ].join(" ");
  const more = fact.more ? ` and ${fact.more} more` : "";
  const words = fact.rule ? `<span class="q">from: ${escapeHtml(fact.words)}</span> <code>${escapeHtml(fact.rule)}</code>`
    : `<q>${escapeHtml(fact.words)}</q> <span class="q">${escapeHtml(fact.place)}${more}</span>`;
  const span = fact.span ? ` <span class="q">(${escapeHtml(fact.span)})</span>` : "";
  return `<li>${end(fact.from)} <em>${escapeHtml(graph.relations[fact.relation])}</em> ${end(fact.to)}${span} ${marks}<br>${words}</li>`;
}

/** The chosen entity: names, kinds, its facts. */
function entityHtml(graph, shows, entity, view) {
  if (!entity) return '<p class="q">Nothing is chosen.</p>';
  const found = entity.facts.filter((fact) => isKnown(fact, view));
  const others = entity.names.filter((name) => name !== entity.name);
  const said = [entity.value ? "a value" : entity.kinds.join(", "), others.length ? `also ${others.join(", ")}` : "",
    entity.mentions ? `${entity.mentions} ${entity.mentions === 1 ? "mention" : "mentions"}` : ""].filter(Boolean).join("; ");
  const rows = found.slice(0, MOST_LISTED).map((fact) => factHtml(graph, fact, shows, entity.id)).join("");
  const more = found.length > MOST_LISTED ? `<p class="q">and ${found.length - MOST_LISTED} more</p>` : "";
  const open = view.all ? "" : `<button type="button" data-do="open" ${QUIET_KEYS}>${view.opened.has(entity.id) ? "Close" : "Open"}</button>`;
  return `<h4>${escapeHtml(entity.name)}</h4><p class="q">${escapeHtml(said)}</p><p class="acts">${open}`
    + `<button type="button" data-do="from" ${QUIET_KEYS}>Way from here</button>`
    + `<button type="button" data-do="to" ${QUIET_KEYS}>Way to here</button></p>`
    + `<ul>${rows}</ul>${more}`;
}

/** The way between two entities, fact by fact. */
function wayHtml(graph, shows, ends, way) {
  const [from, to] = ends.map((id) => (id < 0 ? null : graph.entities[id].name));
  if (from === null && to === null) return "";
  const clear = `<button type="button" data-do="clear" ${QUIET_KEYS}>Clear</button>`;
  if (from === null || to === null) {
    return `<p>Way ${from === null ? `to <strong>${escapeHtml(to)}</strong>: choose where from`
      : `from <strong>${escapeHtml(from)}</strong>: choose where to`}. ${clear}</p>`;
  }
  const names = `<strong>${escapeHtml(from)}</strong> to <strong>${escapeHtml(to)}</strong>`;
  if (way === null) return `<p>No way from ${names} by these relations at this time. ${clear}</p>`;
  const steps = `${way.length} ${way.length === 1 ? "step" : "steps"}`;
  return `<p>${names}: ${steps} ${clear}</p><ol>${way.map((fact) => factHtml(graph, fact, shows)).join("")}</ol>`;
}

/** What can be chosen of the picture: a name, a time, relations. */
function toolsHtml(data) {
  const counts = new Map();
  for (const [, relation] of data.links) counts.set(relation, (counts.get(relation) ?? 0) + 1);
  const boxes = data.relations.map((name, i) => `<label><input type="checkbox" data-relation="${i}" checked ${QUIET_KEYS}> `
    + `${escapeHtml(name)} <span class="q">${counts.get(i) ?? 0}</span></label>`).join("");
  const names = data.entities.map(([name]) => `<option value="${escapeHtml(name)}"></option>`).join("");
  const list = `wb-names-${Math.random().toString(36).slice(2)}`;
  const last = data.times.length - 1;
  return `<div class="tools"><form role="search"><label>Find <input type="search" list="${list}" ${QUIET_KEYS} `
    + `placeholder="a name"></label><datalist id="${list}">${names}</datalist></form>`
    + (data.about >= 0 ? `<label><input type="checkbox" data-all ${QUIET_KEYS}> show all ${data.entities.length}</label>` : "")
    + (data.links.some((fact) => fact[5]) ? `<label><input type="checkbox" data-inferred checked ${QUIET_KEYS}> inferred</label>` : "")
    + (data.relations.length > 1 ? `<details><summary ${QUIET_KEYS}>Relations</summary><div class="boxes">${boxes}</div></details>` : "")
    + "</div>"
    + (last > 0 ? `<label class="time">${data.axis === "valid" ? "So in" : "As recorded"} <input type="range" min="0" max="${last}" `
      + `value="${last}" ${QUIET_KEYS}><output></output></label>` : "");
}

function legendHtml(data) {
  const has = (test) => data.links.some(test);
  const line = (style, said) => `<span><i style="${style}"></i>${said}</span>`;
  return [
    line("border-top:2px solid var(--quiet)", "said in a document"),
    has((fact) => fact[5]) ? line("border-top:2px dashed var(--quiet)", "inferred") : "",
    has((fact) => fact[10].length && !fact[11]) ? line("border-top:3px solid var(--bad)", "\u00d7 contradicted") : "",
    has((fact) => fact[11] === "came") ? line("border-top:3px solid var(--good)", "+ came") : "",
    has((fact) => fact[11] === "went") ? line("border-top:3px solid var(--bad)", "\u2212 went") : "",
    has((fact) => fact[11] === "changed") ? line("border-top:3px solid var(--mark)", "~ said elsewhere") : "",
    '<span><b class="dot"></b>entity</span>',
    data.entities.some((entity) => entity[6]) ? '<span><b class="dia"></b>date or other value</span>' : "",
    data.about >= 0 ? '<span><b class="ring"></b>has more to open</span>' : "",
  ].join("");
}
