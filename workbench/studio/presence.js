// Tells the kernel that somebody looks at the page, and when nobody does any more.
const EVERY_MS = 10000;

function render({ model, el }) {
  el.style.display = "none";
  const tell = () => {
    const looks = document.visibilityState === "visible";
    if (!looks && model.get("seen") === 0) return;
    model.set("seen", looks ? Date.now() : 0);
    model.save_changes();
  };
  tell();
  const timer = setInterval(tell, EVERY_MS);
  document.addEventListener("visibilitychange", tell);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", tell);
  };
}

export default { render };
