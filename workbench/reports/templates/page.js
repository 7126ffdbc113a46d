// Folds all code or unfolds it, and brings figures to life when they come into view.
(() => {
  // Behind Jupyter's server the home page is there too; a file by itself has none.
  const [base, below] = location.pathname.split("/workbench/reports/");
  const header = document.querySelector("header");
  if (location.protocol.startsWith("http") && below !== undefined && header) {
    const crumbs = header.querySelector(".crumbs") ?? document.createElement("p");
    const home = document.createElement("a");
    home.href = `${base}/workbench/home`;
    home.textContent = "Home";
    if (crumbs.childNodes.length) crumbs.prepend(home, " / ");
    else {
      crumbs.className = "crumbs";
      crumbs.append(home);
      header.prepend(crumbs);
    }
  }

  const button = document.querySelector("[data-toggle-code]");
  const code = [...document.querySelectorAll("details.code")];
  if (button && code.length) {
    button.hidden = false;
    const label = () => {
      const open = code.every((each) => each.open);
      button.textContent = open ? "Hide all code" : "Show all code";
      button.setAttribute("aria-pressed", String(open));
    };
    button.addEventListener("click", () => {
      const open = !code.every((each) => each.open);
      code.forEach((each) => { each.open = open; });
      label();
    });
    code.forEach((each) => each.addEventListener("toggle", label));
    label();
  }

  const figures = [...document.querySelectorAll(".figure.plotly")];
  const own = document.currentScript;
  const library = own.dataset.plotly;
  if (!figures.length || !library) return;
  let loading = null;
  const load = () => loading ??= new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = library;
    script.nonce = own.nonce;
    script.onload = done;
    script.onerror = fail;
    document.head.append(script);
  });
  const wrapped = (text, longest) => {
    const lines = [""];
    for (const word of text.split(" ")) {
      const longer = (lines.at(-1) + " " + word).trim();
      if (longer.length <= longest) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines.filter(Boolean);
  };
  const draw = async (box) => {
    const figure = JSON.parse(box.querySelector("script").textContent);
    const picture = box.querySelector("img");
    const target = document.createElement("div");
    const layout = { ...figure.layout, autosize: true };
    delete layout.width;
    // The picture's own height, so that nothing below it moves when the figure takes its place;
    // plotly's own margins leave nothing of that on a phone.
    layout.height = picture ? Math.max(picture.clientHeight, 300) : layout.height || 420;
    const title = layout.title?.text ?? (typeof layout.title === "string" ? layout.title : "");
    const margin = { l: 52, r: 20, t: title ? 56 : 24, b: 48, ...layout.margin };
    if (title) {
      // Plotly cuts a long title off, and lets a legend above the plot run into it.
      const size = layout.title.font?.size ?? 16;
      const lines = wrapped(title, Math.max(16, Math.floor(box.clientWidth / size / 0.56)));
      // Its lines stand around its place, so that the first of several would be cut off at the top.
      const y = 0.97 - ((lines.length - 1) * size * 0.65) / layout.height;
      layout.title = { ...(layout.title.text ? layout.title : {}), text: lines.join("<br>"), y };
      margin.t += (lines.length - 1) * size * 1.3 + (layout.showlegend ? 28 : 0);
    }
    layout.margin = margin;
    await load();
    target.style.height = layout.height + "px";
    box.append(target);
    if (picture) picture.hidden = true;
    try {
      await window.Plotly.newPlot(target, figure.data, layout, {
        responsive: true, displaylogo: false, ...figure.config,
      });
      box.querySelector(".note")?.remove();
      (picture?.closest("picture") ?? picture)?.remove();
      box.classList.add("alive");
    } catch (error) {
      target.remove();
      if (picture) picture.hidden = false;
      console.warn("a figure stays a picture:", error);
    }
  };
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      draw(entry.target).catch(() => { /* the library is not there: the picture stays */ });
    }
  }, { rootMargin: "200px" });
  figures.forEach((box) => seen.observe(box));
})();
