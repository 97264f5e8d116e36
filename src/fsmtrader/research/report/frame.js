// What the script of every report begins with: the figure, which stands in the page as JSON, and how the page follows
// theme and size. Nothing is fetched.
const report = (function () {
  "use strict";
  const root = document.documentElement;
  const find = (id) => document.getElementById(id);
  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  // arrays of doubles come as base64
  function decoded(value) {
    if (Array.isArray(value)) return value.map(decoded);
    if (value === null || typeof value !== "object") return value;
    if (typeof value.bdata === "string") {
      const bytes = Uint8Array.from(atob(value.bdata), (c) => c.charCodeAt(0));
      return new Float64Array(bytes.buffer);
    }
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, decoded(entry)]));
  }
  function element(name, text, css) {
    const made = document.createElement(name);
    made.textContent = text;
    if (css) made.className = css;
    return made;
  }

  // Let the page have the theme that was asked for, and draw anew whenever theme or size change.
  function follow(draw) {
    const theme = new URLSearchParams(location.search).get("theme");
    root.classList.toggle("dark", theme ? theme === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches);
    find("theme").addEventListener("click", () => { root.classList.toggle("dark"); draw(); });
    let waiting = 0;
    window.addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(draw, 120); });
  }
  return { root, find, colour, element, follow, figure: decoded(JSON.parse(find("figure").textContent)) };
})();
