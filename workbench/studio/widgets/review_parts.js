// Pieces of the review page: words, times, buttons, the form to sign in, the queue.

const esc = (value) => String(value ?? "").replace(/[&<>"']/g, (sign) => ({
  "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;",
})[sign]);
const many = (count, one, more = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

/** A time as one reads it; today's without the day. */
function when(seconds) {
  const moment = new Date(seconds * 1000);
  const clock = moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const day = moment.toDateString() === new Date().toDateString() ? "today"
    : moment.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
  return `<time datetime="${moment.toISOString()}">${day} ${clock}</time>`;
}

/** A button that asks for a verb; `more` are attributes, `key` is where the focus comes back to. */
function press(act, text, { key = act, kind = "", more = "" } = {}) {
  return `<button type="button" class="rv-b ${kind}" data-act="${act}" data-key="${esc(key)}" ${more}>${text}</button>`;
}

const PILLS = {
  open: ["mark", "○ open"], merged: ["good", "✓ merged"], declined: ["bad", "✗ declined"],
  withdrawn: ["plain", "– withdrawn"], you: ["mark", "● waits for you"], author: ["plain", "waits for its author"],
  others: ["plain", "waits for others"], merge: ["good", "✓ enough approvals"],
};
const pill = (name) => (PILLS[name] ? `<span class="pill ${PILLS[name][0]}">${PILLS[name][1]}</span>` : "");

/** The page's own address, where a provider can send the browser back to; none inside JupyterLab. */
const here = () => (/\/voila\/.*\.ipynb$/.test(location.pathname) ? location.origin + location.pathname : null);

/** A button for each provider; where there is none, that and how to set one up. */
function waysHtml(ways) {
  if (!ways.length) {
    return `<p class="rv-ways q">No provider of OpenID Connect is set up here, so one signs in by password.
      <code>workbench identity oidc set</code> sets one up.</p>`;
  }
  if (!here()) return '<p class="rv-ways q">To sign in at a provider, open this page itself (<code>make dashboards</code>).</p>';
  return `<p class="rv-ways">${ways.map(({ name, label }) => press("depart", `Sign in with ${esc(label)}`, { key: `way-${name}`, kind: "go", more: `data-provider="${esc(name)}"` })).join(" ")}
    <span class="q">or by password:</span></p>`;
}

/** The form to sign in; the password goes to the kernel in a message and is kept nowhere. */
function signInHtml(view) {
  const gone = view.gone ? `<p class="rv-gone" role="alert">${esc(view.gone)}</p>` : "";
  return `${gone}${waysHtml(view.ways)}<form class="rv-sign" data-form="sign_in" aria-label="Sign in">
    <label>Name <input name="user" data-keep="user" data-key="user" autocomplete="username" autocapitalize="none" spellcheck="false" required></label>
    <label>Password <input name="password" data-key="password" type="password" autocomplete="current-password" required></label>
    <button type="submit" class="rv-b go" data-key="sign_in">Sign in</button></form>
    <div class="wb-empty"><p>Everything on this page is done by whoever signs in here, with the rights that his
    roles give him: never by this machine’s own user. The session ends when the page is closed or reloaded, by
    <i>Sign out</i>, or after an hour without use.</p>
    <details><summary data-key="how">There is no user yet?</summary><p><code>workbench identity users add ann</code><br>
    <code>workbench identity password ann</code><br>
    <code>workbench identity roles give ann reviewer --space /knowledge/leads</code></p></details></div>`;
}

/** Who is signed in, which space, and the way out. */
function barHtml(view) {
  const chosen = view.queue?.space;
  const options = view.spaces.map((name) => `<option${name === chosen ? " selected" : ""}>${esc(name)}</option>`).join("");
  const space = view.spaces.length
    ? `<label>Space <select data-change="space" data-key="space">${options}</select></label>` : "";
  const role = view.queue?.role ? `, ${esc(view.queue.role)} here` : "";
  return `<div class="rv-bar"><span>Signed in as <b>${esc(view.user)}</b>${role}</span>${space}
    ${press("sign_out", "Sign out")}</div>`;
}

/** The queue: what waits for you first, then the rest, what has ended, and what was merged. */
function queueHtml(view, ui) {
  const queue = view.queue;
  if (!queue) {
    return `<div class="wb-empty"><p>There is no space that you may read. Whoever administers one can give you a role:
      <code>workbench identity roles give ${esc(view.user)} reader --space /knowledge/NAME</code></p></div>`;
  }
  const yours = queue.open.filter((row) => row.waits === "you");
  const rest = queue.open.filter((row) => row.waits !== "you");
  const list = (title, rows) => (rows.length
    ? `<h3>${title} <span class="q">${rows.length}</span></h3><ul>${rows.map((row) => rowHtml(row, view)).join("")}</ul>` : "");
  const none = queue.open.length ? "" : `<div class="wb-empty"><p>✓ Nothing waits: no proposal is open in ${esc(queue.space)}.
    One is made of a folder:</p><p><code>workbench knowledge checkout ${esc(queue.space)} work --user ${esc(view.user)}</code><br>
    <code>workbench knowledge propose ${esc(queue.space)} work --title "…" --user ${esc(view.user)}</code></p></div>`;
  const ended = queue.ended.length
    ? `<details data-fold="ended"><summary data-key="fold-ended">Ended <span class="q">${queue.ended.length}</span></summary><ul>${
      queue.ended.map((row) => rowHtml(row, view)).join("")}</ul></details>` : "";
  const log = queue.log.length
    ? `<details data-fold="log"><summary data-key="fold-log">What was agreed on <span class="q">${queue.log.length}</span></summary><ol class="rv-log">${
      queue.log.map((each) => landingHtml(each, view, ui)).join("")}</ol></details>` : "";
  return `<div data-rove="queue">${none}${list("Waits for you", yours)}${list(yours.length ? "Others" : "Open", rest)}${ended}</div>${log}`;
}

function rowHtml(row, view) {
  const open = view.sheet?.number === row.number;
  const facts = [`by ${row.yours ? "you" : esc(row.named)}`, when(row.opened_s)];
  if (row.state === "open" && row.asked) facts.push(`${row.approvals} of ${many(row.asked, "approval")}`);
  if (row.objections) facts.push("changes asked for");
  if (row.open_comments) facts.push(many(row.open_comments, "open comment"));
  const touched = row.touches.filter(Boolean);
  if (touched.length) facts.push(esc(touched.slice(0, 2).join(", ")) + (touched.length > 2 ? ` and ${touched.length - 2} more` : ""));
  if (row.touches.includes("")) facts.push("facts");
  const mark = row.state === "open" ? pill(row.waits) : pill(row.state);
  return `<li><button type="button" class="rv-row" data-act="open" data-item data-number="${row.number}" data-key="row-${row.number}"${
    open ? ' aria-current="true"' : ""}><span class="top"><b>${row.number}</b> <strong title="${esc(row.title)}">${esc(row.title)}</strong></span>${mark}
    <span class="facts">${facts.map((each) => `<span>${each}</span>`).join("")}</span></button></li>`;
}

/** Taking back asks why, so that one stray key takes nothing back. */
function revertHtml(record, ui, label) {
  const what = `revert-${record}`;
  const button = press("fold_out", "Take back…", { key: `out-${what}`, more: `data-what="${what}" aria-label="Take back: ${esc(label)}" aria-expanded="${ui.out === what}"` });
  return ui.out !== what ? button : `${button}<form class="rv-talk" data-form="revert" data-record="${record}"><label>Why is it taken back? What came after it stays.
    <textarea rows="2" name="words" data-keep="out-${what}" data-key="out-words"></textarea></label>
    <div class="rv-row-of-buttons"><button type="submit" class="rv-b go" data-key="out-send">Take it back</button>
    ${press("fold_in", "Cancel", { key: "out-cancel" })}</div></form>`;
}

function landingHtml(each, view, ui) {
  const from = each.proposal === null ? "" : ` <span class="q">proposal ${each.proposal}</span>`;
  const shown = view.sheet?.ended_as === each.record; // its button stands there
  const back = each.can_revert && !shown ? revertHtml(each.record, ui, each.words) : "";
  return `<li><div><strong>${esc(each.words)}</strong>${from}<span class="facts"><span>${
    each.kind === "merged" ? "merged" : "reverted"} by ${esc(each.author)}</span><span>${when(each.time_s)}${each.clock_ahead ? " (its clock was ahead)" : ""}</span><code>${
    each.record.slice(0, 8)}</code>${each.taken_back_by ? `<span>– taken back by ${esc(each.taken_back_by)}</span>` : ""}</span></div>${back}</li>`;
}
