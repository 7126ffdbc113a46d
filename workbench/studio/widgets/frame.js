// The frame of every widget: its words, its buttons for pictures, and the page around it.

/** The frame: title, facts, a warning, a place for what is shown, buttons for pictures. */
function frame(el, data, model) {
  el.classList.add("wb", "wb-w");
  const facts = (data.facts ?? []).map((fact) => `<span>${escapeHtml(fact)}</span>`).join("");
  const warning = data.warning ? `<p class="wb-warn"><b>Note.</b> ${escapeHtml(data.warning)}</p>` : "";
  el.innerHTML = `<p class="wb-name"><strong>${escapeHtml(data.title)}</strong></p>`
    + `<p class="wb-said">${facts}</p>${warning}<div class="alive"></div>`
    + (data.alone ? '<div class="bar" style="display: none">' : '<div class="bar"><span>Picture:</span>')
    + `<button type="button" data-form="svg" ${QUIET_KEYS} aria-label="Save as SVG">SVG</button>`
    + `<button type="button" data-form="png" ${QUIET_KEYS} aria-label="Save as PNG">PNG</button>`
    + '<span role="status"></span></div>';
  const stop = pictures(el.querySelector(".bar"), data, model);
  return { inside: el.querySelector(".alive"), stop };
}

/** Pictures are made by Python, as in a report, and offered to the browser as a file. */
function pictures(bar, data, model) {
  const said = bar.querySelector('[role="status"]');
  let patience = 0;
  const hear = (content, buffers) => {
    if (!content?.picture) return;
    clearTimeout(patience);
    if (content.trouble) { said.textContent = content.trouble; return; }
    const kind = content.picture === "svg" ? "image/svg+xml" : "image/png";
    const address = URL.createObjectURL(new Blob([buffers[0]], { type: kind }));
    const name = data.title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").toLowerCase();
    Object.assign(document.createElement("a"), {
      href: address, download: `${name || "picture"}.${content.picture}`,
    }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
    said.textContent = "Saved.";
  };
  const ask = (event) => {
    const form = event.target.dataset?.form;
    if (!form) return;
    said.textContent = "Drawing\u2026";
    clearTimeout(patience);
    patience = setTimeout(() => {
      said.textContent = "The kernel does not answer; is it busy, or gone?";
    }, 20_000);
    model.send({ picture: form });
  };
  bar.addEventListener("click", ask);
  model.on("msg:custom", hear);
  return () => { clearTimeout(patience); model.off("msg:custom", hear); };
}

/** Call back when the page turns dark or light, or the place changes its width. */
function watchPage(el, draw) {
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const theme = new MutationObserver(draw);
  let width = 0;
  const size = new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    if (now !== width) { width = now; draw(); }
  });
  scheme.addEventListener("change", draw);
  theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  size.observe(el);
  return () => {
    scheme.removeEventListener("change", draw);
    theme.disconnect();
    size.disconnect();
  };
}
