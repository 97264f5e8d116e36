// Draws the charts of a sweep.
(function () {
  "use strict";
  const { find, colour, element, follow, figure } = report;
  const { parameters, measures, count } = figure;
  const LINES = 2000, BEST = 0, MEDIAN = 1, NARROW = 640;
  let across = 0, up = Math.min(1, parameters.length - 1), measure = figure.measure, taking = BEST, lineMeasure = figure.measure;
  const kept = new Map();

  // -- look

  function select(place, title, names, chosen, act) {
    if (names.length < 2) return;
    const label = element("label", `${title} `), made = element("select", "");
    names.forEach((name, i) => { const option = element("option", name); option.value = i; made.appendChild(option); });
    made.value = chosen;
    made.addEventListener("change", () => { act(Number(made.value)); all(); });
    label.appendChild(made);
    place.appendChild(label);
  }
  function look(plot, height) {
    const ink = colour("--ink"), isNarrow = plot.clientWidth < NARROW;
    const axis = { gridcolor: colour("--grid"), zerolinecolor: colour("--zero"), linecolor: colour("--line"), fixedrange: true, automargin: true };
    return {
      width: plot.clientWidth, height, showlegend: false, xaxis: { ...axis }, yaxis: { ...axis },
      margin: { l: isNarrow ? 48 : 66, r: 18, t: 10, b: 40 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: "system-ui, sans-serif", size: 12, color: ink },
      hoverlabel: { bgcolor: colour("--card"), bordercolor: colour("--line"), font: { color: ink, size: 12 } },
    };
  }
  const OPTIONS = { responsive: false, displaylogo: false, displayModeBar: false };
  function short(value) {
    if (!isFinite(value)) return "-";
    const size = Math.abs(value);
    if (size >= 1e6) return `${(value / 1e6).toPrecision(3)}M`;
    return size >= 1e4 ? `${(value / 1e3).toPrecision(3)}k` : Number(value.toPrecision(3)).toString();
  }

  // -- equity

  function equity() {
    const plot = find("equity"), layout = look(plot, 320), legend = find("equity-legend");
    legend.replaceChildren();
    const group = element("span", "", "group");
    const data = figure.curves.map((curve) => {
      const entry = element("span", "", "entry"), mark = element("i", "", "line");
      mark.style.color = curve.colour;
      entry.append(mark, curve.name);
      group.appendChild(entry);
      return { type: "scatter", mode: "lines", x: curve.x, y: curve.y, name: `set ${curve.name}`, line: { color: curve.colour, width: 1.5 }, hovertemplate: "%{y:,.2f}<extra>%{fullData.name}</extra>" };
    });
    legend.appendChild(group);
    layout.xaxis.type = "date";
    layout.hovermode = "x unified";
    layout.yaxis.tickformat = ",.6~g";
    return Plotly.react(plot, data, layout, OPTIONS);
  }

  // -- two parameters

  const best = (values, isCost) => values.reduce((a, b) => ((isCost ? b < a : b > a) ? b : a));
  function median(values) {
    const sorted = values.slice().sort((a, b) => a - b), half = sorted.length >> 1;
    return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
  function taken(values, isCost) {
    const known = values.filter((value) => isFinite(value));
    return known.length ? (taking === BEST ? best(known, isCost) : median(known)) : NaN;
  }
  // The worst and the best value have the strongest colours, and none that is shown has the colour of the page.
  function scale(values) {
    const known = values.filter((value) => isFinite(value)), low = Math.min(...known), high = Math.max(...known);
    const bad = "#d9622b", good = "#2f81f7", none = colour("--grid"), isCost = measures[measure].is_cost;
    const range = low < high ? { zmin: low, zmax: high } : { zmin: low - 1, zmax: high + 1 };
    if (isCost) return { ...range, colorscale: [[0, good], [1, none]] };
    if (low < 0 && high > 0) return { ...range, colorscale: [[0, bad], [-low / (high - low), none], [1, good]] };
    return { ...range, colorscale: high <= 0 ? [[0, bad], [1, none]] : [[0, none], [1, good]] };
  }
  // A frame around the best cell of all.
  function framed(z, isCost) {
    const known = z.flat().filter(isFinite);
    if (known.length < 2) return [];
    const most = best(known, isCost), row = z.findIndex((line) => line.includes(most)), column = z[row].indexOf(most);
    return [{ type: "rect", x0: column - 0.5, x1: column + 0.5, y0: row - 0.5, y1: row + 0.5, line: { color: colour("--ink"), width: 2 } }];
  }
  function heat() {
    const plot = find("heat"), { values, title, is_cost: isCost } = measures[measure], first = parameters[across], second = parameters[up];
    const isOne = across === up, rows = isOne ? 1 : second.cells.length;
    const found = Array.from({ length: rows }, () => first.cells.map(() => []));
    for (let i = 0; i < count; i++) found[isOne ? 0 : second.cell[i]][first.cell[i]].push(values[i]);
    const z = found.map((line) => line.map((cell) => taken(cell, isCost)));
    const sizes = found.flat().map((cell) => cell.length), most = Math.max(...sizes);
    const layout = look(plot, isOne ? 170 : Math.min(640, 110 + 34 * rows));
    Object.assign(layout.xaxis, { type: "category", title: { text: first.name }, showgrid: false });
    Object.assign(layout.yaxis, { type: "category", title: { text: isOne ? "" : second.name }, showgrid: false, showticklabels: !isOne });
    layout.shapes = framed(z, isCost);
    find("heat-hint").textContent = `${title}; ` + (most > 1 ? `${taking === BEST ? "the best" : "the median"} of up to ${most} sets in a cell` : "one set in a cell") + (layout.shapes.length ? "; the best one is framed" : "");
    const flat = z.flat(), isLabelled = flat.length <= 200 && plot.clientWidth / first.cells.length > 44;
    const shown = z.map((line) => line.map((value) => (isFinite(value) ? short(value) : "")));
    const trace = {
      type: "heatmap", x: first.cells.map(String), y: isOne ? [""] : second.cells.map(String), z, text: shown, xgap: 2, ygap: 2,
      texttemplate: isLabelled ? "%{text}" : "", textfont: { color: colour("--ink") }, hoverongaps: false,
      hovertemplate: `${first.name} %{x}${isOne ? "" : `<br>${second.name} %{y}`}<br>${title} %{z:,.4~g}<extra></extra>`,
      colorbar: { outlinewidth: 0, thickness: 12, tickformat: ",.3~s" }, ...(flat.some(isFinite) ? scale(flat) : {}),
    };
    return Plotly.react(plot, [trace], layout, OPTIONS);
  }

  // -- all sets: parallel axes

  const HEIGHT = 380, TOP = 40, BOTTOM = 18, SIDE = 60;
  const SHORT = { profit: "profit", sharpe: "Sharpe", max_drawdown: "drawdown" };
  const ofMeasure = (entry) => {
    const known = Array.from(entry.values).filter(isFinite), low = Math.min(...known), high = Math.max(...known);
    const share = Array.from(entry.values, (value) => (high > low ? (value - low) / (high - low) : 0.5));
    return { name: SHORT[entry.name], share, ticks: [[0, short(low)], [1, short(high)]] };
  };
  const axes = [...parameters, ...measures.filter((entry) => entry.name in SHORT).map(ofMeasure)];
  function svg(name, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }
  function shade(share) {
    const from = [217, 98, 43], middle = [139, 147, 161], to = [47, 129, 247], half = share < 0.5;
    const mix = (a, b, part) => a.map((value, i) => Math.round(value + (b[i] - value) * part));
    return `rgb(${half ? mix(from, middle, share * 2) : mix(middle, to, share * 2 - 1)})`;
  }
  function isKept(set) {
    for (const [axis, [low, high]] of kept) {
      const share = axes[axis].share[set];
      if (!(share >= low && share <= high)) return false;
    }
    return true;
  }
  function lines() {
    const place = find("lines"), width = Math.max(place.clientWidth, 260), { values, is_cost: isCost } = measures[lineMeasure];
    const x = (axis) => SIDE + (axes.length > 1 ? (axis * (width - 2 * SIDE)) / (axes.length - 1) : 0);
    const y = (share) => HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
    const picture = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, role: "img", "aria-label": "sets as lines across the axes of their parameters" });
    const order = Array.from({ length: count }, (_, i) => i).filter((i) => isFinite(values[i])).sort((a, b) => (isCost ? values[b] - values[a] : values[a] - values[b]));
    const drawn = order.slice(-LINES), rank = new Map(drawn.map((set, i) => [set, drawn.length > 1 ? i / (drawn.length - 1) : 1]));
    let inside = 0;
    for (const isIn of [false, true]) for (const set of drawn) {
      if (isKept(set) !== isIn) continue;
      inside += isIn ? 1 : 0;
      const points = axes.map((axis, i) => [x(i), axis.share[set]]).filter(([, share]) => isFinite(share)).map(([at, share]) => `${at.toFixed(1)} ${y(share).toFixed(1)}`);
      picture.appendChild(svg("path", { class: "set", d: `M${points.join("L")}`, stroke: isIn ? shade(rank.get(set)) : colour("--line"), "stroke-opacity": isIn ? 0.75 : 0.5 }));
    }
    axes.forEach((axis, i) => {
      picture.appendChild(svg("line", { class: "axis", x1: x(i), x2: x(i), y1: y(0), y2: y(1) }));
      picture.appendChild(svg("text", { x: x(i), y: 16, "text-anchor": "middle" }, axis.name));
      const every = Math.ceil(axis.ticks.length / 12);
      axis.ticks.forEach(([share, text], k) => { if (k % every === 0 || k === axis.ticks.length - 1) picture.appendChild(svg("text", { class: "tick", x: x(i) + 6, y: y(share) + 4 }, text)); });
      const range = kept.get(i);
      if (range) picture.appendChild(svg("rect", { class: "kept", x: x(i) - 6, width: 12, y: y(range[1]), height: Math.max(y(range[0]) - y(range[1]), 2) }));
      picture.appendChild(grip(i, x(i), y));
    });
    place.replaceChildren(picture);
    find("kept").textContent = kept.size ? `${inside.toLocaleString("en")} of ${drawn.length.toLocaleString("en")} kept.` : drawn.length < order.length ? `The ${LINES} best are drawn.` : "";
  }
  function grip(axis, at, y) {
    const made = svg("rect", { class: "grip", x: at - 16, width: 32, y: y(1) - 8, height: y(0) - y(1) + 16 });
    const share = (event) => {
      const box = find("lines").querySelector("svg").getBoundingClientRect();
      const place = ((event.clientY - box.top) * HEIGHT) / box.height;
      return Math.min(1, Math.max(0, (y(0) - place) / (y(0) - y(1))));
    };
    made.addEventListener("pointerdown", (event) => {
      const start = share(event);
      const move = (next) => { const now = share(next); kept.set(axis, [Math.min(start, now) - 0.005, Math.max(start, now) + 0.005]); lines(); };
      const end = (next) => {
        window.removeEventListener("pointermove", move);
        window.removeEventListener("pointerup", end);
        if (Math.abs(share(next) - start) < 0.01) { kept.delete(axis); lines(); }
      };
      window.addEventListener("pointermove", move);
      window.addEventListener("pointerup", end);
      event.preventDefault();
    });
    return made;
  }

  // -- begin

  function all() {
    equity();
    if (!count || !measures.length) return;
    heat();
    lines();
  }
  function buttons() {
    const place = find("heat-buttons"), names = parameters.map((entry) => entry.name), titles = measures.map((entry) => entry.title);
    select(place, "across", names, across, (chosen) => { across = chosen; });
    select(place, "up", names, up, (chosen) => { up = chosen; });
    select(place, "shows", titles, measure, (chosen) => { measure = chosen; });
    select(place, "of each cell", ["the best", "the median"], taking, (chosen) => { taking = chosen; });
    select(find("lines-buttons"), "coloured by", titles, lineMeasure, (chosen) => { lineMeasure = chosen; });
  }
  follow(all);
  buttons();
  all();
})();
