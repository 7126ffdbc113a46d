// Tells the kernel that somebody looks at the page, and when nobody does any more; and gives the
// page's sliders and buttons their names.
const EVERY_MS = 10000;
let named = 0;

// A slider of ipywidgets has its label beside it and nothing that says so: who hears the page would
// hear "slider, 0.5". The handle, and the number that may be typed, are named by that label; what
// only shows which choice it is at describes the handle, whose own number is the choice's place.
function nameSliders() {
  for (const slider of document.querySelectorAll(".widget-slider:not([data-wb-named])")) {
    const label = slider.querySelector(".widget-label");
    const handle = slider.querySelector("[role=slider]");
    const readout = slider.querySelector(".widget-readout");
    if (!label?.textContent || !handle) continue;
    slider.dataset.wbNamed = named += 1;
    label.id ||= `wb-slider-${named}`;
    handle.setAttribute("aria-labelledby", label.id);
    if (readout?.isContentEditable) {
      readout.setAttribute("role", "textbox");
      readout.setAttribute("aria-labelledby", label.id);
    } else if (readout) {
      readout.id ||= `wb-slider-${named}-at`;
      handle.setAttribute("aria-describedby", readout.id);
    }
  }
}

// A button's words are the same at each notebook; its tooltip says of which it is.
function nameButtons() {
  for (const button of document.querySelectorAll(".wb-run-report[title]")) {
    if (button.ariaLabel !== button.title) button.ariaLabel = button.title;
  }
}

function nameAll() {
  nameSliders();
  nameButtons();
}

function render({ model, el }) {
  el.style.display = "none";
  const tell = () => {
    const looks = document.visibilityState === "visible";
    if (!looks && model.get("seen") === 0) return;
    model.set("seen", looks ? Date.now() : 0);
    model.save_changes();
  };
  tell();
  nameAll();
  const timer = setInterval(tell, EVERY_MS);
  const added = new MutationObserver(nameAll);
  const changes = { childList: true, subtree: true, attributeFilter: ["title"] };
  added.observe(document.body, changes);
  document.addEventListener("visibilitychange", tell);
  return () => {
    clearInterval(timer);
    added.disconnect();
    document.removeEventListener("visibilitychange", tell);
  };
}

export default { render };
