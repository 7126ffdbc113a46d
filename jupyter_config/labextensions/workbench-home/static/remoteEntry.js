// Workbench in JupyterLab: the way to the home page (command palette, launcher, Help menu), and a
// window as narrow as a phone's that begins with the file browser folded.
//
// JupyterLab loads this as it loads any prebuilt extension, as a container of module federation;
// what it needs of JupyterLab is shared with it under three names, so nothing has to be built.
(() => {
  const NAME = "workbench-home"; // of the folder, and in package.json
  const COMMAND = "workbench:open-home";
  const TITLE = "Home page of Workbench";
  const NARROW_PX = 600; // the file browser is some 300 wide, and both side bars 70

  const ICON =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 32"><g fill="none" ' +
    'class="jp-icon3 jp-icon-selectable" stroke="#616161" stroke-width="2.6" ' +
    'stroke-linecap="round"><path d="M4 14h40"/><path d="M10 14v14M38 14v14"/><path d="M10 22h28"/>' +
    '<path d="M17 14V7m0 0 3-3m-3 3-3-3"/><path d="M28 14V9h6v5"/></g></svg>';

  let shared;

  // JupyterLab's own version of a module that it shares; another extension may bring an older one.
  async function take(name) {
    const versions = Object.entries(shared[name]).sort(([one], [other]) =>
      one.localeCompare(other, undefined, { numeric: true }),
    );
    return (await versions.at(-1)[1].get())();
  }

  function offerHome(app, palette, launcher, LabIcon) {
    app.commands.addCommand(COMMAND, {
      label: TITLE,
      caption: "Notebooks, labs, dashboards, runs, models and jobs at a glance, in a new tab",
      icon: new LabIcon({ name: "workbench:home", svgstr: ICON }),
      // With the server's base_url, wherever below it the reader is.
      execute: () => {
        window.open(app.serviceManager.serverSettings.baseUrl + "workbench/home", "_blank");
      },
    });
    palette?.addItem({ command: COMMAND, category: "Workbench" });
    launcher?.add({ command: COMMAND, category: "Other", rank: 0.5 });
  }

  function foldInNarrowWindow(app) {
    app.restored.then(() => {
      if (window.innerWidth < NARROW_PX) app.shell.collapseLeft?.();
    });
  }

  async function makePlugin() {
    const [apputils, launching, components] = await Promise.all(
      ["@jupyterlab/apputils", "@jupyterlab/launcher", "@jupyterlab/ui-components"].map(take),
    );
    return {
      id: `${NAME}:plugin`,
      description: "Leads to Workbench's home page, and folds the file browser where it is narrow.",
      autoStart: true,
      optional: [apputils.ICommandPalette, launching.ILauncher],
      activate: (app, palette, launcher) => {
        offerHome(app, palette, launcher, components.LabIcon);
        foldInNarrowWindow(app);
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
