// Makes tables of Workbench sort and filter. A page without scripts keeps the plain table.
((own) => {
  const root = own.parentElement?.querySelector?.(".wb-table");
  if (!root || root.classList.contains("alive")) return;
  const body = root.querySelector("tbody");
  const rows = [...body.rows];
  const said = root.querySelector("[aria-live]");
  const input = root.querySelector("input");
  const heads = [...root.querySelectorAll("thead th")];
  const tell = (shown) => { said.textContent = shown === rows.length
    ? `${rows.length} rows` : `${shown} of ${rows.length} rows`; };
  const key = (row, index) => row.cells[index].dataset.v ?? row.cells[index].textContent;
  heads.forEach((head, index) => {
    const label = head.textContent;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    // Lab takes Enter and letters on whatever has the focus for commands on cells.
    button.setAttribute("data-lm-suppress-shortcuts", "true");
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const sign = down ? -1 : 1;
      const numeric = head.classList.contains("n");
      const empty = (value) => value === "" || value === "–";
      rows.sort((one, two) => {
        const [a, b] = [key(one, index), key(two, index)];
        if (empty(a) || empty(b)) return empty(a) - empty(b);
        return sign * (numeric ? Number(a) - Number(b)
          : a.localeCompare(b, undefined, { numeric: true }));
      });
      body.append(...rows);
    });
  });
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row) => {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    });
    tell(shown);
  });
  tell(rows.length);
  root.classList.add("alive");
})(document.currentScript);
