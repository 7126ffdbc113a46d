// A training run that goes on elsewhere: asked for every other second, while it is to be seen.
const EVERY_MS = 2000;

function render({ model, el }) {
  el.classList.add("wb", "wb-card");
  el.innerHTML = '<div class="picture"></div><div class="wb-live">'
    + '<button type="button" data-lm-suppress-shortcuts="true">Stop this run</button>'
    + '<span class="q" role="status"></span></div>';
  const picture = el.querySelector(".picture");
  const button = el.querySelector("button");
  const said = el.querySelector('[role="status"]');
  const bar = el.querySelector(".wb-live");
  let inView = true;
  const draw = () => {
    const open = [...picture.querySelectorAll("details")].map((each) => each.open);
    picture.innerHTML = model.get("html");
    picture.querySelectorAll("details").forEach((each, index) => { each.open = !!open[index]; });
    bar.hidden = !model.get("is_live");
    bar.style.display = bar.hidden ? "none" : "";
    button.disabled = model.get("is_stopping");
    said.textContent = model.get("said");
  };
  const look = () => {
    if (inView && document.visibilityState === "visible" && model.get("is_live")) {
      model.send({ look: true });
    }
  };
  button.addEventListener("click", () => { button.disabled = true; model.send({ stop: true }); });
  const watcher = new IntersectionObserver((entries) => {
    inView = entries.some((each) => each.isIntersecting);
    look();
  });
  watcher.observe(el);
  document.addEventListener("visibilitychange", look);
  model.on("change:html change:is_live change:is_stopping change:said", draw);
  const timer = setInterval(look, EVERY_MS);
  draw();
  return () => {
    clearInterval(timer);
    watcher.disconnect();
    document.removeEventListener("visibilitychange", look);
    model.off("change:html change:is_live change:is_stopping change:said", draw);
  };
}
export default { render };
