// A map that the keyboard goes through: one cell has the focus, and is read out with its names.

function render({ model, el }) {
  const data = model.get("data");
  const values = floats(model.get("arrays").values);
  const [rows, columns] = [data.rows.length, data.columns.length];
  const middle = data.centre ?? 0;
  const sided = data.centre === 0; // numbers have their sign where 0 is the middle
  const places = values.map((value) => value - middle);
  const { inside, stop } = frame(el, data, model);
  const many = data.panels.length > 1;
  const choices = data.panels.map((name, i) => `<option value="${i}">${escapeHtml(name)}</option>`);
  inside.innerHTML = (many ? `<label class="wb-step">${escapeHtml(data.panelTitle)} `
    + `<select ${QUIET_KEYS}>${choices.join("")}</select></label>` : "")
    + '<p class="read"></p>'
    + '<div class="field"><div class="inner" role="grid"><canvas aria-hidden="true"></canvas>'
    + `<div role="row"><div class="cursor" role="gridcell" tabindex="0" ${QUIET_KEYS}></div></div></div></div>`
    + '<p class="wb-key"></p>';
  const grid = inside.querySelector('[role="grid"]');
  const cursor = inside.querySelector(".cursor");
  const canvas = inside.querySelector("canvas");
  const read = inside.querySelector(".read");
  const chooser = inside.querySelector("select");
  const panel = () => Math.max(0, Math.min(data.panels.length - 1, model.get("chosen")));
  const valueAt = (row, column) => values[(panel() * rows + row) * columns + column];
  let [row, column] = strongest();
  let at = null;

  function strongest() {
    let best = 0;
    for (let cell = 0; cell < rows * columns; cell += 1) {
      const now = Math.abs(places[panel() * rows * columns + cell]) || 0;
      if (now > (Math.abs(places[panel() * rows * columns + best]) || 0)) best = cell;
    }
    return [Math.floor(best / columns), best % columns];
  }
  const say = (r, c) => {
    const word = data.words[panel()]?.[r]?.[c];
    const number = signed(valueAt(r, c), data.digits, sided);
    return `${data.rowTitle} ${data.rows[r]}, ${data.columnTitle} ${data.columns[c]}: `
      + `${word ? `${word} ` : ""}${number} ${data.unit}`;
  };
  const place = () => {
    Object.assign(cursor.style, {
      left: `${at.left + at.wide * column - 1}px`, top: `${at.top + at.tall * row - 1}px`,
      width: `${at.wide + 2}px`, height: `${at.tall + 2}px`,
    });
    cursor.parentElement.setAttribute("aria-rowindex", String(row + 1));
    cursor.setAttribute("aria-colindex", String(column + 1));
    cursor.setAttribute("aria-label", say(row, column));
    read.textContent = say(row, column);
  };
  const draw = () => {
    const width = Math.max(200, inside.clientWidth - 4);
    const words = data.words.length > 0;
    const named = { rowNames: data.rows, columnNames: data.columns, rows, columns, width, words };
    at = layOut(canvas.getContext("2d"), named);
    const context = sharpen(canvas, at.width, at.height);
    const map = { values, places, offset: panel() * rows * columns, rows, columns, limit: data.limit,
      words: data.words[panel()], digits: data.digits, sided, twoSided: data.centre !== null };
    el.dataset.cells = String(paintCells(context, el, at, map));
    context.strokeStyle = inkOf(el, "--line");
    context.strokeRect(at.left, at.top, at.wide * columns, at.tall * rows);
    crossBroken(context, el, at, map);
    drawNames(context, el, at, data.rows, "row");
    drawNames(context, el, at, data.columns, "column");
    el.dataset.numbers = String(drawNumbers(context, el, at, map));
    grid.setAttribute("aria-label", data.title + (many ? `, ${data.panelTitle} ${data.panels[panel()]}` : ""));
    place();
  };
  const go = (r, c) => {
    row = Math.max(0, Math.min(rows - 1, r));
    column = Math.max(0, Math.min(columns - 1, c));
    place();
    cursor.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const turn = (to) => {
    model.set("chosen", Math.max(0, Math.min(data.panels.length - 1, to)));
    model.save_changes();
  };
  grid.setAttribute("aria-rowcount", String(rows));
  grid.setAttribute("aria-colcount", String(columns));
  cursor.addEventListener("keydown", (event) => {
    if (event.metaKey || event.altKey) return;
    const moves = {
      ArrowRight: [row, column + 1], ArrowLeft: [row, column - 1],
      ArrowDown: [row + 1, column], ArrowUp: [row - 1, column],
      Home: event.ctrlKey ? [0, 0] : [row, 0],
      End: event.ctrlKey ? [rows - 1, columns - 1] : [row, columns - 1],
      Enter: strongest(), Escape: strongest(),
    };
    if (event.key in moves) go(...moves[event.key]);
    else if (event.key === "PageDown" && many) turn(panel() + 1);
    else if (event.key === "PageUp" && many) turn(panel() - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const where = (event) => {
    const box = canvas.getBoundingClientRect();
    const found = [Math.floor((event.clientY - box.top - at.top) / at.tall),
      Math.floor((event.clientX - box.left - at.left) / at.wide)];
    return found[0] >= 0 && found[0] < rows && found[1] >= 0 && found[1] < columns ? found : null;
  };
  canvas.addEventListener("pointermove", (event) => {
    const found = where(event);
    read.textContent = found ? say(...found) : say(row, column);
  });
  canvas.addEventListener("click", (event) => {
    const found = where(event);
    if (found) { go(...found); cursor.focus(); }
  });
  chooser?.addEventListener("change", () => turn(Number(chooser.value)));
  const changed = () => { if (chooser) chooser.value = String(panel()); draw(); };
  model.on("change:chosen", changed);
  inside.querySelector(".wb-key").innerHTML = data.centre !== null
    ? keyHtml(data.limit, data.digits, data.unit, ["\u2212, orange: less", "+, blue: more"], middle)
    : `<span>from 0 to ${signed(data.limit, data.digits, false)} ${escapeHtml(data.unit)}; the stronger the shade, the more</span>`;
  const help = `arrows: go through the cells; Home and End: ends of a row; Enter: the strongest cell${
    many ? `; Page Up and Down: ${data.panelTitle}` : ""}`;
  inside.insertAdjacentHTML("beforeend", `<p class="hint">${escapeHtml(help)}</p>`);
  draw();
  const unwatch = watchPage(inside, draw);
  return () => { stop(); unwatch(); model.off("change:chosen", changed); };
}

export default { render };
