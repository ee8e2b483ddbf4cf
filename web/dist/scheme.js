/* Sets light or dark before the first paint, so that a night shift is not blinded by a white flash. */
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("lazaret.scheme");
  } catch {
    /* Storage may be forbidden: then the system decides. */
  }
  var dark =
    chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
