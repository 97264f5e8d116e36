(function () {
  var root = document.documentElement, plot = document.getElementById("plot");
  var figure = JSON.parse(document.getElementById("figure").textContent);
  function colour(name) { return getComputedStyle(root).getPropertyValue(name).trim(); }
  function look() {
    var change = { "font.color": colour("--ink"), "hoverlabel.bgcolor": colour("--card"), "hoverlabel.font.color": colour("--ink"), "hoverlabel.bordercolor": colour("--line") };
    Object.keys(figure.layout).forEach(function (key) {
      if (/^[xy]axis/.test(key)) {
        change[key + ".gridcolor"] = colour("--grid");
        change[key + ".zerolinecolor"] = colour("--soft");
        change[key + ".linecolor"] = colour("--line");
      }
    });
    return change;
  }
  function dark(on) { root.classList.toggle("dark", on); }
  var asked = new URLSearchParams(location.search).get("theme");
  dark(asked ? asked === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches);
  figure.layout.font = { family: "system-ui, sans-serif", size: 12 };
  Plotly.newPlot(plot, figure.data, figure.layout, { responsive: true, displaylogo: false, scrollZoom: false, modeBarButtonsToRemove: ["lasso2d", "select2d"] }).then(function () { Plotly.relayout(plot, look()); });
  document.getElementById("theme").addEventListener("click", function () { dark(!root.classList.contains("dark")); Plotly.relayout(plot, look()); });
})();
