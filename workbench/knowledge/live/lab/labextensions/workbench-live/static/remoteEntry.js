// Documents that several people write, in JupyterLab: a line above each that says what one may do
// there and why not more, whether it is connected, and what the server refused.
//
// Loaded as any prebuilt extension, as a container of module federation; nothing has to be built.
(() => {
  const NAME = "workbench-live"; // of the folder, and in package.json
  const PROPOSE = "workbench:propose-page";
  const REFUSED = 2; // the message of y-protocols, and after it a 0
  const STYLE = `
    .wb-live-line { display: flex; gap: .75em; align-items: center; flex-wrap: wrap;
      padding: 4px 12px; font-size: var(--jp-ui-font-size1); color: var(--jp-ui-font-color1);
      background: var(--jp-layout-color2); border-bottom: 1px solid var(--jp-border-color1) }
    .wb-live-line strong::before { content: "\\25CF"; margin-right: .4em; color: #b35900 }
    .wb-live-line button { font: inherit; color: inherit; background: var(--jp-layout-color1);
      border: 1px solid var(--jp-border-color1); border-radius: 3px; padding: 1px 8px; cursor: pointer }
    .wb-live-line button:focus-visible { outline: 2px solid var(--jp-brand-color1) }
    .wb-live-no-code .jp-Launcher-section:has([data-category="Console"]) { display: none }`;

  let shared;

  // JupyterLab's own version of a module that it shares; another extension may bring an older one.
  async function take(name) {
    const versions = Object.entries(shared[name]).sort(([one], [other]) =>
      one.localeCompare(other, undefined, { numeric: true }),
    );
    return (await versions.at(-1)[1].get())();
  }

  async function rightsIn(app, path) {
    const base = app.serviceManager.serverSettings.baseUrl;
    const address = `${base}workbench/live/rights?path=${encodeURIComponent(path)}`;
    const answer = await fetch(address, { cache: "no-store" });
    if (!answer.ok) throw new Error((await answer.json()).message);
    return answer.json();
  }

  // What a document's line says; the last of these that holds is shown.
  class Line {
    constructor(Widget, widget, again) {
      this.said = {};
      this.inside = document.createElement("div");
      this.inside.className = "wb-live-line";
      this.inside.setAttribute("role", "status");
      this.words = document.createElement("strong");
      this.more = document.createElement("span");
      this.button = document.createElement("button");
      this.button.type = "button";
      this.button.textContent = "Show what stands";
      this.button.title = "Closes this document, with what was refused, and opens it anew";
      this.button.onclick = again;
      this.inside.append(this.words, this.more, this.button);
      const node = document.createElement("div");
      node.append(this.inside);
      this.widget = new Widget({ node });
      this.widget.hide();
      widget.contentHeader.addWidget(this.widget);
      // JupyterLab lays out by the least height that is stated, and not by what stands inside.
      const measure = () => {
        node.style.minHeight = `${this.inside.offsetHeight}px`;
        widget.contentHeader.fit();
      };
      new ResizeObserver(measure).observe(this.inside);
    }

    say(kind, words, more = "") {
      if (words) this.said[kind] = [words, more];
      else delete this.said[kind];
      const kept = ["refused", "offline", "reading"].find((each) => this.said[each]);
      this.widget.setHidden(!kept);
      if (!kept) return;
      [this.words.textContent, this.more.textContent] = this.said[kept];
      this.button.hidden = kept !== "refused";
    }
  }

  // Who may not run code is not told so by a dialog each time that he opens a notebook.
  function leaveKernelsAlone(widget) {
    const session = widget.context?.sessionContext;
    if (!session) return;
    const none = { shouldStart: false, canStart: false, autoStartDefault: false };
    session.kernelPreference = { ...session.kernelPreference, ...none };
  }

  // Consoles are not offered to who may not run code; a notebook he may write, and is told why it
  // does not run.
  function sayInLaunchers(app, Widget, rights) {
    document.body.classList.add("wb-live-no-code");
    const told = new WeakSet(); // launchers come and go
    const look = () => {
      for (const widget of app.shell.widgets("main")) {
        if (told.has(widget) || !widget.contentHeader || !widget.node.querySelector(".jp-Launcher")) continue;
        told.add(widget);
        const line = new Line(Widget, widget, () => {});
        line.say("reading", "Notebooks can be written here, and not run by you.", `${rights.run_said}.`);
      }
    };
    app.shell.layoutModified?.connect(look);
    app.restored.then(look);
  }

  // Editors are made as they come into view, so each is locked when it is made.
  function lock(widget) {
    const content = widget.content;
    const close = (cell) => {
      cell.readOnly = true;
    };
    if (content?.model?.cells) {
      for (const cell of content.widgets) close(cell);
      content.model.cells.changed.connect(() => content.widgets.forEach(close));
      content.activeCellChanged.connect((_, cell) => cell && close(cell));
    } else {
      content?.editor?.setOption("readOnly", true);
    }
  }

  function unlock(widget) {
    const content = widget.content;
    if (content?.model?.cells) for (const cell of content.widgets) cell.readOnly = false;
    else content?.editor?.setOption("readOnly", false);
  }

  function reasonIn(data) {
    if (!(data instanceof ArrayBuffer)) return null;
    const bytes = new Uint8Array(data);
    if (bytes[0] !== REFUSED || bytes[1] !== 0) return null;
    let at = 2;
    while (bytes[at] & 128) at += 1;
    return new TextDecoder().decode(bytes.subarray(at + 1));
  }

  async function follow(app, provider, line, check) {
    const heard = (event) => {
      const reason = reasonIn(event.data);
      if (!reason) return;
      // A document says under which name it was opened, which nobody who reads need keep.
      check().then((rights) => {
        if (rights?.edit) line.say("refused", "Not taken.", reason);
      });
    };
    let socket;
    for (let left = 100; !provider.wsProvider && left; left -= 1) {
      await new Promise((done) => setTimeout(done, 100));
    }
    const connection = provider.wsProvider;
    if (!connection) return;
    const connected = (is) => {
      const more = "What you write stays here, and is sent when the connection is back.";
      line.say("offline", is ? "" : "Not connected.", more);
      if (connection.ws && connection.ws !== socket) {
        socket?.removeEventListener("message", heard);
        socket = connection.ws;
        socket.addEventListener("message", heard);
      }
      if (is) check();
    };
    connection.on("status", ({ status }) => connected(status === "connected"));
    connected(connection.wsconnected);
  }

  async function attend(app, widget, drive, Widget) {
    await widget.context.ready;
    const { context } = widget;
    if (!context.model.collaborative || !widget.contentHeader) return;
    const again = async () => {
      const { path } = context;
      context.model.dirty = false;
      widget.close();
      setTimeout(() => app.commands.execute("docmanager:open", { path }), 200);
    };
    const line = new Line(Widget, widget, again);
    let could = true;
    const check = async () => {
      const rights = await rightsIn(app, context.path).catch(() => null);
      if (!rights || widget.isDisposed) return null;
      const more = `${rights.said}. Whoever administers it can give you more.`;
      line.say("reading", rights.edit ? "" : "You may read this, and not write in it.", more);
      if (!rights.edit) {
        lock(widget);
        context.model.dirty = false; // what JupyterLab notes of itself when it opens a document
      }
      else if (!could) unlock(widget);
      could = rights.edit;
      return rights;
    };
    await check();
    const suffix = `:${context.path}`;
    const found = [...drive.providers.entries()].find(([key]) => key.endsWith(suffix));
    if (found) await follow(app, found[1], line, check);
  }

  // What a live page says becomes a proposal in its space, which others look at and merge.
  function offerProposing(app, palette, apputils) {
    const isPage = () => app.shell.currentWidget?.context?.path?.startsWith("knowledge/") ?? false;
    app.commands.addCommand(PROPOSE, {
      label: "Propose What This Page Says\u2026",
      caption: "Makes a proposal in the page's space of shared knowledge",
      isEnabled: isPage,
      execute: async () => {
        const { path } = app.shell.currentWidget.context;
        const asked = { title: "Propose what this page says", label: "What the change is, in a line" };
        const { value } = await apputils.InputDialog.getText({ ...asked, okLabel: "Propose" });
        if (!value) return;
        const xsrf = document.cookie.match(/(?:^|; )_xsrf=([^;]*)/)?.[1] ?? "";
        const answer = await fetch(`${app.serviceManager.serverSettings.baseUrl}workbench/live/propose`, {
          method: "POST",
          headers: { "X-XSRFToken": decodeURIComponent(xsrf), "Content-Type": "application/json" },
          body: JSON.stringify({ path, title: value }),
        });
        const told = await answer.json();
        if (answer.ok) {
          apputils.Notification.success(
            `Proposal ${told.number} in ${told.name}: workbench knowledge review ${told.name} ${told.number}`,
            { autoClose: false },
          );
        } else apputils.Notification.error(told.message, { autoClose: false });
      },
    });
    palette?.addItem({ command: PROPOSE, category: "Workbench" });
  }

  async function makePlugin() {
    const [documents, drive, widgets, apputils] = await Promise.all(
      [
        "@jupyterlab/docmanager",
        "@jupyter/collaborative-drive",
        "@lumino/widgets",
        "@jupyterlab/apputils",
      ].map(take),
    );
    return {
      id: `${NAME}:plugin`,
      description: "Says what one may do in a document that several people write.",
      autoStart: true,
      requires: [documents.IDocumentWidgetOpener, drive.ICollaborativeContentProvider],
      optional: [apputils.ICommandPalette],
      activate: async (app, opener, provider, palette) => {
        offerProposing(app, palette, apputils);
        const rights = await rightsIn(app, "notebooks").catch(() => null);
        const style = document.createElement("style");
        style.textContent = STYLE;
        document.head.append(style);
        const attended = new WeakSet(); // a document that is shown again is opened again
        if (rights && !rights.run) sayInLaunchers(app, widgets.Widget, rights);
        opener.opened.connect((_, widget) => {
          if (attended.has(widget)) return;
          attended.add(widget);
          if (!rights?.run) leaveKernelsAlone(widget);
          attend(app, widget, provider, widgets.Widget).catch((error) => console.warn(error));
        });
      },
    };
  }

  (window._JUPYTERLAB ??= {})[NAME] = {
    init: (scope) => {
      shared = scope;
    },
    get: async () => {
      const plugin = await makePlugin();
      return () => plugin;
    },
  };
})();
