// Runs as a table to sort, filter and choose from, by keyboard alone if need be.
function render({ model, el }) {
  el.classList.add("wb");
  el.innerHTML = '<div class="wb-table alive wb-runs-table"><div class="bar"><label>'
    + '<span class="unseen">Filter the runs</span><input type="search" placeholder="Filter" '
    + 'data-lm-suppress-shortcuts="true"></label><span class="q" aria-live="polite"></span></div>'
    + '<div class="wide" role="region" aria-label="Training runs" tabindex="0"><table>'
    + "<thead><tr></tr></thead><tbody></tbody></table></div></div>";
  const [input, said] = [el.querySelector("input"), el.querySelector("[aria-live]")];
  const [head, body] = [el.querySelector("thead tr"), el.querySelector("tbody")];
  let sorted = { by: "begun", down: true };
  const columns = model.get("columns");
  const first = document.createElement("th");
  first.innerHTML = '<span class="unseen">Chosen</span>';
  head.append(first, ...columns.map(([key, title, numeric]) => {
    const th = document.createElement("th");
    th.scope = "col";
    if (numeric) th.className = "n";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = title;
    button.setAttribute("data-lm-suppress-shortcuts", "true");
    button.addEventListener("click", () => {
      sorted = { by: key, down: sorted.by === key ? !sorted.down : false };
      draw();
    });
    th.append(button);
    th.dataset.key = key;
    return th;
  }));
  const choose = (run, on) => {
    const kept = model.get("chosen").filter((each) => each !== run);
    model.set("chosen", on ? [...kept, run].slice(-model.get("most")) : kept);
    model.save_changes();
  };
  const draw = () => {
    const focused = el.contains(document.activeElement) ? document.activeElement.dataset.run : null;
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = model.get("chosen");
    const shown = model.get("rows").filter((row) => {
      const text = columns.map(([key]) => row.shown[key]).join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const empty = (value) => value === null || value === undefined;
    shown.sort((one, two) => {
      const [a, b] = [one.values[sorted.by], two.values[sorted.by]];
      if (empty(a) || empty(b)) return empty(a) - empty(b);
      const order = typeof a === "number" ? a - b : String(a).localeCompare(String(b));
      return sorted.down ? -order : order;
    });
    head.querySelectorAll("[data-key]").forEach((th) => {
      if (th.dataset.key !== sorted.by) th.removeAttribute("aria-sort");
      else th.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
    });
    body.replaceChildren(...shown.map((row) => {
      const tr = document.createElement("tr");
      const cell = document.createElement("td");
      const box = document.createElement("input");
      Object.assign(box, { type: "checkbox", checked: chosen.includes(row.run) });
      box.dataset.run = row.run;
      box.setAttribute("aria-label", `Show the run ${row.run.slice(0, 6)} of ${row.shown.name}`);
      box.setAttribute("data-lm-suppress-shortcuts", "true");
      box.addEventListener("change", () => choose(row.run, box.checked));
      cell.append(box);
      tr.append(cell, ...columns.map(([key, , numeric]) => {
        const td = document.createElement("td");
        if (numeric) td.className = "n";
        td.textContent = row.shown[key];
        return td;
      }));
      return tr;
    }));
    const all = model.get("rows").length;
    const runs = all === 1 ? "run" : "runs";
    said.textContent = shown.length === all ? `${all} ${runs}` : `${shown.length} of ${all} ${runs}`;
    if (focused) body.querySelector(`[data-run="${focused}"]`)?.focus();
  };
  input.addEventListener("input", draw);
  model.on("change:rows change:chosen", draw);
  draw();
  return () => model.off("change:rows change:chosen", draw);
}
export default { render };
