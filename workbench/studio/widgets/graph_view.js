// A knowledge graph that is searched, opened and walked, by pointer or keyboard.

function render({ model, el }) {
  const data = model.get("data");
  const graph = readGraph(data);
  const { inside, stop } = frame(el, data, model);
  el.classList.add("wb-graph");
  inside.innerHTML = `${toolsHtml(data)}<p class="read" role="status"></p><div class="two"><div class="field">`
    + '<canvas aria-hidden="true"></canvas>'
    + `<div role="listbox" aria-label="${escapeHtml(data.title)}"><div class="cursor" role="option" aria-selected="true" tabindex="0" ${QUIET_KEYS}></div></div>`
    + ["+", "\u2212", "\u25a1"].map((sign, i) => `<button type="button" data-zoom="${i}" ${QUIET_KEYS} aria-label="${
      ["Closer", "Farther", "All of it"][i]}">${sign}</button>`).join("")
    + '</div><div class="panel"><div class="way"></div><div class="chosen"></div></div></div>'
    + `<p class="wb-key">${legendHtml(data)}</p><p class="hint">${escapeHtml(data.about >= 0
      ? "click or Enter: open or close; " : "click or Enter: choose; ")}arrows: to the neighbour on that side; Home: the ${
      data.about >= 0 ? "middle" : "most linked"}; + and \u2212: closer and farther; 0: all of it; Escape: clear the way</p>${data.below}`;
  const find = (what) => inside.querySelector(what);
  const [canvas, cursor, read, field] = [find("canvas"), find(".cursor"), find(".read"), find(".field")];
  const slider = find('input[type="range"]');
  const view = { time: data.times.length - 1, off: new Set(), inferred: true, all: data.about < 0,
    centre: data.about, way: [], opened: new Set(data.about >= 0 ? [data.about] : []) };
  const most = graph.entities.reduce((best, each) => (each.facts.length > best.facts.length ? each : best), graph.entities[0]).id;
  const home = data.about >= 0 ? data.about : most;
  const lens = new Lens();
  // What was wanted has the focus while it is shown.
  let [wanted, chosen, ends, way, shows, size] = [home, home, [-1, -1], [], null, [0, 0]];

  const say = (entity) => {
    const count = entity.facts.filter((fact) => shows.facts[fact.id]).length;
    const hidden = shows.hidden[entity.id] ? `, ${shows.hidden[entity.id]} more to open` : "";
    return `${entity.name}${entity.kinds.length ? `, ${entity.kinds.join(", ")}` : ""}: ${count} ${count === 1 ? "fact" : "facts"} shown${hidden}`;
  };
  const place = () => {
    const entity = graph.entities[chosen];
    const gone = !shows.entities[chosen];
    cursor.hidden = gone;
    if (gone) { read.textContent = "nothing is shown at this time, by these relations"; return; }
    const [[x, y], r] = [lens.at(entity), radiusOf(entity, lens) + 4];
    Object.assign(cursor.style, { left: `${x - r}px`, top: `${y - r}px`, width: `${2 * r}px`, height: `${2 * r}px` });
    cursor.setAttribute("aria-label", say(entity));
    read.textContent = (chosen === wanted ? "" : `${graph.entities[wanted].name} is not shown now; `) + say(entity);
  };
  const draw = () => {
    const width = Math.max(200, field.clientWidth);
    const height = Math.round(Math.min(520, Math.max(320, width * 0.72)));
    if (width !== size[0]) {
      size = [width, height];
      lens.fit(graph.entities.filter((each) => shows.entities[each.id]), ...size);
      lens.show(graph.entities[chosen], ...size);
    }
    const context = sharpen(canvas, ...size);
    const told = { graph, shows, lens, chosen: shows.entities[chosen] ? chosen : -1, way: new Set(way ?? []), ends,
      opened: view.opened, width, height: size[1] };
    paintFacts(context, el, told);
    el.dataset.entities = String(paintEntities(context, el, told));
    el.dataset.names = String(paintNames(context, el, told));
    el.dataset.facts = String(shows.facts.reduce((sum, each) => sum + each, 0));
    place();
  };
  const tell = () => {
    find(".way").innerHTML = wayHtml(graph, shows, ends, way);
    find(".chosen").innerHTML = entityHtml(graph, shows, graph.entities[chosen], view);
  };
  const look = ({ fit = false } = {}) => {
    way = ends.every((id) => id >= 0) ? shortestWay(graph, view, ...ends) : [];
    view.way = way ?? [];
    shows = whatShows(graph, view);
    const first = shows.entities[home] ? home : Math.max(0, shows.entities.indexOf(1));
    chosen = shows.entities[wanted] ? wanted : first;
    if (slider) {
      find("output").textContent = data.times[view.time];
      slider.setAttribute("aria-valuetext", data.times[view.time]);
    }
    if (fit && size[0]) lens.fit(graph.entities.filter((each) => shows.entities[each.id]), ...size);
    tell();
    draw();
  };
  const choose = (id, { focus = false } = {}) => {
    wanted = id;
    if (!shows.entities[id] && !view.all) view.opened.add(id);
    look();
    lens.show(graph.entities[chosen], ...size);
    draw();
    if (focus) cursor.focus({ preventScroll: true });
  };
  const open = (id) => {
    if (view.all) return;
    if (view.opened.has(id) && id !== view.centre) view.opened.delete(id);
    else view.opened.add(id);
    look({ fit: true });
  };
  const zoom = (which) => {
    if (which === 2) lens.fit(graph.entities.filter((each) => shows.entities[each.id]), ...size);
    else lens.zoom(which === 0 ? 1.4 : 1 / 1.4, ...lens.at(graph.entities[chosen]));
    draw();
  };

  cursor.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const side = ["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"].indexOf(event.key);
    if (side >= 0) {
      const to = graph.entities[chosen].ways[side].find((id) => shows.entities[id]
        && graph.entities[chosen].facts.some((fact) => shows.facts[fact.id] && other(fact, chosen) === id));
      if (to === undefined) read.textContent = `no neighbour on the ${["right", "left", "lower", "upper"][side]} side of ${graph.entities[chosen].name}`;
      else choose(to);
    } else if (event.key === "Enter" || event.key === " ") open(chosen);
    else if (event.key === "Home") choose(home);
    else if (event.key === "Escape") { ends = [-1, -1]; look(); }
    else if ("+=".includes(event.key)) zoom(0);
    else if (event.key === "-") zoom(1);
    else if (event.key === "0") zoom(2);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  inside.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.go) choose(Number(button.dataset.go), { focus: true });
    else if (button.dataset.zoom) zoom(Number(button.dataset.zoom));
    else if (button.dataset.do === "open") { open(chosen); cursor.focus({ preventScroll: true }); }
    else if (button.dataset.do) {
      ends = { from: [chosen, ends[1]], to: [ends[0], chosen], clear: [-1, -1] }[button.dataset.do];
      look();
      cursor.focus({ preventScroll: true });
    }
  });
  inside.addEventListener("change", ({ target }) => {
    if (target.dataset.relation) {
      if (target.checked) view.off.delete(Number(target.dataset.relation));
      else view.off.add(Number(target.dataset.relation));
      look();
    } else if ("inferred" in target.dataset) { view.inferred = target.checked; look(); }
    else if ("all" in target.dataset) { view.all = target.checked; look({ fit: true }); }
  });
  slider?.addEventListener("input", () => {
    view.time = Number(slider.value);
    model.set("chosen", view.time);
    model.save_changes();
    look();
  });
  const search = () => {
    const wanted = find('input[type="search"]').value.trim().toLowerCase();
    if (!wanted) return;
    const named = (test) => graph.entities.find((each) => [each.name, ...each.names].some((name) => test(name.toLowerCase())));
    const found = named((name) => name === wanted) ?? named((name) => name.startsWith(wanted)) ?? named((name) => name.includes(wanted));
    if (found) choose(found.id, { focus: true });
    else read.textContent = `nothing in this picture is called ${wanted}`;
  };
  // JupyterLab keeps Enter from the fields of an output: no form is submitted there.
  find('input[type="search"]').addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    search();
  });
  find("form").addEventListener("submit", (event) => event.preventDefault());
  find('input[type="search"]').addEventListener("change", search);
  const stopDragging = drag(canvas, lens, draw, (x, y) => {
    const found = lens.hit(graph, shows, x, y);
    if (!found) return;
    choose(found.id, { focus: true });
    if (!view.opened.has(found.id)) open(found.id);
  });
  look();
  const unwatch = watchPage(field, draw);
  return () => { stop(); unwatch(); stopDragging(); };
}

/** Pull the picture about; a press that does not move is a click. */
function drag(canvas, lens, draw, click) {
  let from = null;
  const down = (event) => { from = { x: event.clientX, y: event.clientY, moved: false }; };
  const move = (event) => {
    if (!from) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (!from.moved && Math.hypot(dx, dy) < 5) return;
    lens.x += dx;
    lens.y += dy;
    from = { x: event.clientX, y: event.clientY, moved: true };
    draw();
  };
  const up = (event) => {
    if (from && !from.moved && event.target === canvas) {
      const box = canvas.getBoundingClientRect();
      click(event.clientX - box.left, event.clientY - box.top);
    }
    from = null;
  };
  const wheel = (event) => {
    if (!event.ctrlKey) return; // without it the page scrolls
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    lens.zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, event.clientX - box.left, event.clientY - box.top);
    draw();
  };
  canvas.addEventListener("pointerdown", down);
  globalThis.addEventListener("pointermove", move);
  globalThis.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", () => { from = null; });
  canvas.addEventListener("wheel", wheel, { passive: false });
  return () => {
    globalThis.removeEventListener("pointermove", move);
    globalThis.removeEventListener("pointerup", up);
  };
}

export default { render };
