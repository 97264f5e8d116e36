// Draws the charts of a run.
(function () {
  "use strict";
  const { find, colour, element, follow, figure } = report;
  const [first, last] = figure.span;
  const NARROW = 640;
  const overview = { name: "overview", plot: find("plot"), data: figure.data, layout: figure.layout, panels: figure.panels };
  const close = {
    name: "closer",
    plot: find("closer"),
    data: figure.closer.lines.map((i) => ({ ...figure.data[i] })).concat(figure.closer.data),
    layout: figure.closer.layout,
    panels: figure.closer.panels,
  };
  const making = figure.maker && { name: "maker", plot: find("maker"), ...figure.maker };
  const charts = making ? [overview, close, making] : [overview, close];
  const hidden = new Set();
  let market = figure.market, region = 0, shown = [first, last], look = figure.closer.window.slice();
  let sight = making ? making.window.slice() : [first, last];

  // -- look

  const width = (chart) => Math.max(120, chart.plot.clientWidth - chart.layout.margin.l - chart.layout.margin.r);
  function faded(hex, opacity) {
    const part = (i) => parseInt(hex.slice(i, i + 2), 16);
    return `rgba(${part(1)},${part(3)},${part(5)},${opacity})`;
  }

  function themed(chart) {
    const ink = colour("--ink");
    const isNarrow = chart.plot.clientWidth < NARROW;
    Object.assign(chart.layout, {
      width: chart.plot.clientWidth,
      font: { family: "system-ui, sans-serif", size: 12, color: ink },
      hoverlabel: { bgcolor: colour("--card"), bordercolor: colour("--line"), font: { color: ink, size: 12 } },
      margin: { ...chart.layout.margin, l: isNarrow ? 52 : 66, r: isNarrow ? 8 : 18 },
    });
    for (const key of Object.keys(chart.layout).filter((name) => /^[xy]axis/.test(name))) {
      Object.assign(chart.layout[key], { gridcolor: colour("--grid"), zerolinecolor: colour("--zero"), linecolor: colour("--line"), spikecolor: colour("--soft") });
    }
    for (const trace of chart.data) if (trace.meta.ink) trace.line = { ...trace.line, color: colour("--price") };
  }

  // -- states: as they were; where they change too often for the screen, by the state that fills most of each cell

  const MOST_EXACT = 400;

  function painted(chart, [from, to]) {
    const states = figure.states[region];
    if (!states || !(to > from)) return [];
    const found = [];
    for (let i = 0; i < states.begin.length; i++) {
      const begin = Math.max(states.begin[i], from), end = Math.min(states.end[i], to);
      if (end > begin) found.push({ begin, end, state: states.state[i] });
    }
    const pixels = width(chart), opacity = Number(colour("--band")), [bottom, top] = chart.layout.yaxis.domain;
    return (found.length > MOST_EXACT ? dominant(found, from, to, Math.ceil(pixels / 2)) : found).map((part) => {
      const name = states.names[part.state], space = ((part.end - part.begin) / (to - from)) * pixels;
      const shape = { type: "rect", xref: "x", yref: "paper", x0: part.begin, x1: part.end, y0: bottom, y1: top, layer: "below", line: { width: 0 }, fillcolor: faded(states.colours[part.state], opacity) };
      if (space > name.length * 7 + 12) shape.label = { text: name, textposition: "top left", padding: 5, font: { size: 10, color: colour("--soft") } };
      return shape;
    });
  }

  function dominant(found, from, to, count) {
    const cell = (to - from) / count, time = Array.from({ length: count }, () => new Map()), joined = [];
    for (const { begin, end, state } of found) {
      const stop = Math.min(count - 1, Math.floor((end - from) / cell));
      for (let i = Math.min(count - 1, Math.floor((begin - from) / cell)); i <= stop; i++) {
        const share = Math.min(end, from + (i + 1) * cell) - Math.max(begin, from + i * cell);
        time[i].set(state, (time[i].get(state) || 0) + share);
      }
    }
    time.forEach((shares, i) => {
      if (!shares.size) return;
      const [state] = [...shares].reduce((a, b) => (b[1] > a[1] ? b : a)), before = joined[joined.length - 1];
      const begin = from + i * cell, end = begin + cell;
      if (before && before.state === state && begin - before.end < cell / 2) before.end = end;
      else joined.push({ begin, end, state });
    });
    return joined;
  }

  function frame() {
    const [bottom] = overview.layout[`yaxis${overview.panels.length}`].domain;
    return { type: "rect", xref: "x", yref: "paper", x0: look[0], x1: look[1], y0: bottom, y1: 1, layer: "above", line: { color: colour("--ink"), width: 1, dash: "dot" }, fillcolor: faded("#808080", 0.06) };
  }

  // -- what is in sight

  function visible(trace) {
    const { panel, market: about } = trace.meta;
    return (about < 0 || about === market) && !hidden.has(key(trace, panel));
  }
  const key = (trace, panel) => `${panel}|${trace.legendgroup || trace.name}`;

  function fitted(chart, [from, to]) {
    chart.panels.forEach((_, panel) => {
      let low = Infinity, high = -Infinity;
      for (const trace of chart.data) {
        if (trace.meta.panel !== panel || trace.visible === false) continue;
        const { x, y } = trace, isStep = trace.mode !== "markers";
        if (trace.fill === "tozeroy" && y.length) { low = Math.min(low, 0); high = Math.max(high, 0); }
        for (let i = 0; i < x.length; i++) {
          const inside = x[i] >= from && x[i] <= to;
          const across = isStep && i + 1 < x.length && x[i] < from && x[i + 1] >= from;
          if (!inside && !across) continue;
          if (y[i] < low) low = y[i];
          if (y[i] > high) high = y[i];
        }
      }
      const axis = chart.layout[`yaxis${panel ? panel + 1 : ""}`];
      const room = (high - low || Math.abs(high) * 0.02 || 1) * 0.07;
      axis.range = high >= low ? [low - room, high + (panel === 0 ? 1.8 : 1) * room] : [0, 1];
      axis.autorange = false;
      axis.fixedrange = true;
    });
  }

  // of many fills in sight each mark is smaller
  const SIZES = [[120, 9], [500, 7], [1500, 5]];
  function sized(chart, [from, to]) {
    const marks = chart.data.filter((trace) => trace.mode === "markers" && trace.visible);
    const count = Math.max(0, ...marks.map(({ x }) => x.filter((time) => time >= from && time <= to).length));
    const size = (SIZES.find(([most]) => count <= most) || [0, 3.5])[1];
    for (const trace of marks) trace.marker = { ...trace.marker, size };
  }

  function draw(chart, range) {
    themed(chart);
    for (const trace of chart.data) trace.visible = visible(trace);
    if (chart === making) sized(chart, range);
    fitted(chart, range);
    chart.layout.xaxis.range = range.slice();
    chart.layout.shapes = painted(chart, range);
    if (chart === overview && last > first && look[1] - look[0] < last - first) chart.layout.shapes.push(frame());
    chart.layout.datarevision = (chart.layout.datarevision || 0) + 1;
    return Plotly.react(chart.plot, chart.data, chart.layout, { responsive: false, doubleClick: "autosize", displaylogo: false, displayModeBar: false });
  }
  function all() {
    draw(overview, shown);
    draw(close, look);
    if (making) draw(making, sight);
    legends();
    pressed();
  }

  // -- moving

  const clamped = ([from, to]) => {
    const length = Math.min(to - from, last - first), begin = Math.min(Math.max(from, first), last - length);
    return [begin, begin + length];
  };
  function show(range) { shown = clamped(range); draw(overview, shown); pressed(); }
  function lookAt(range) {
    look = clamped(range);
    draw(close, look);
    draw(overview, shown);
    pressed();
  }
  function watch(range) { sight = clamped(range); draw(making, sight); pressed(); }
  const moves = { overview: show, closer: lookAt, maker: watch };
  const ranges = { "overview-buttons": () => shown, "closer-buttons": () => look, "maker-buttons": () => sight };
  const centred = (time, length) => [time - length / 2, time + length / 2];

  function named(length) {
    const [value, unit] = length >= 864e5 ? [length / 864e5, "d"] : length >= 36e5 ? [length / 36e5, "h"] : [length / 6e4, "min"];
    return `${Math.round(value)} ${unit}`;
  }
  function button(place, text, title, act, length) {
    const made = element("button", text);
    made.type = "button";
    made.title = title;
    if (length !== undefined) made.dataset.length = length;
    made.addEventListener("click", act);
    place.appendChild(made);
  }
  function select(place, title, names, chosen, act) {
    if (names.length < 2) return;
    const label = element("label", `${title} `), made = element("select", "");
    names.forEach((name, i) => { const option = element("option", name); option.value = i; made.appendChild(option); });
    made.value = chosen;
    made.addEventListener("change", () => { act(Number(made.value)); all(); });
    label.appendChild(made);
    place.appendChild(label);
  }
  function pressed() {
    const near = (a, b) => Math.abs(a - b) <= 0.001 * b;
    for (const made of document.querySelectorAll(".bar-of-buttons button[data-length]")) {
      const range = ranges[made.parentElement.id]();
      made.setAttribute("aria-pressed", String(near(range[1] - range[0], Number(made.dataset.length))));
    }
    const moment = (time, until) => new Date(time).toISOString().slice(0, until).replace("T", " ");
    find("window").textContent = `${moment(look[0], 16)} to ${moment(look[1], 16)} UTC`;
    if (making) find("maker-window").textContent = `${moment(sight[0], 19)} to ${moment(sight[1], 19)} UTC`;
  }

  function buttons() {
    const top = find("overview-buttons"), below = find("closer-buttons"), { lengths } = figure.closer;
    const middle = (range) => (range[0] + range[1]) / 2;
    for (const length of lengths.filter((value) => value >= (last - first) / 100)) button(top, named(length), "of the run", () => show(centred(middle(look), length)), length);
    button(top, "all", "the whole run", () => show([first, last]), last - first);
    select(top, "market", figure.markets, market, (chosen) => { market = chosen; });
    select(top, "states of", figure.states.map((entry) => entry.region), region, (chosen) => { region = chosen; });
    const move = (share) => () => lookAt(look.map((time) => time + share * (look[1] - look[0])));
    button(below, "‹", "earlier", move(-0.5));
    for (const length of lengths.filter((value) => value <= (last - first) / 2)) button(below, named(length), "to look at", () => lookAt(centred(middle(look), length)), length);
    button(below, "›", "later", move(0.5));
    if (!making) return;
    const place = find("maker-buttons"), step = (share) => () => watch(sight.map((time) => time + share * (sight[1] - sight[0])));
    button(place, "‹", "earlier", step(-0.5));
    for (const length of making.lengths) button(place, named(length), "to look at", () => watch(centred(middle(sight), length)), length);
    button(place, "all", "the whole run", () => watch([first, last]), last - first);
    button(place, "›", "later", step(0.5));
  }

  // -- the legend: what can be switched off, panel by panel

  function legends() {
    for (const chart of charts) {
      const place = find(`${chart.name}-legend`);
      place.replaceChildren();
      chart.panels.forEach((title, panel) => {
        const group = element("span", "", "group");
        group.appendChild(element("b", title));
        const states = panel === 0 ? figure.states[region] : undefined;
        if (states) states.names.forEach((name, i) => {
          if (states.state.includes(i)) group.appendChild(entry(name, "square", states.colours[i]));
        });
        const seen = new Set();
        for (const trace of chart.data) {
          const { panel: where, market: about } = trace.meta, id = key(trace, panel);
          if (where !== panel || seen.has(id) || (about >= 0 && about !== market)) continue;
          seen.add(id);
          const ofGroup = trace.legendgroup ? chart.data.filter((other) => other.legendgroup === trace.legendgroup) : [trace];
          group.appendChild(toggle(ofGroup[ofGroup.length - 1], id));
        }
        if (group.childNodes.length > 1) place.appendChild(group);
      });
    }
  }
  function entry(name, form, shade, tag) {
    const made = element(tag || "span", "", "entry"), mark = element("i", "", form);
    mark.style.color = shade;
    made.append(mark, name);
    return made;
  }
  function toggle(trace, id) {
    const form = trace.mode === "markers" ? (trace.marker.symbol.startsWith("triangle-up") ? "up" : "down") : trace.line.dash ? "dashed" : "line";
    const made = entry(unescaped(trace.name), form, trace.meta.ink ? colour("--price") : trace.meta.colour, "button");
    made.type = "button";
    made.title = "show or hide";
    made.setAttribute("aria-pressed", String(!hidden.has(id)));
    made.addEventListener("click", () => { if (!hidden.delete(id)) hidden.add(id); all(); });
    return made;
  }
  const unescaped = (text) => new DOMParser().parseFromString(text, "text/html").documentElement.textContent;

  // -- begin

  follow(all);
  buttons();
  all();
  const time = (value) => (typeof value === "number" ? value : Date.parse(`${String(value).replace(" ", "T")}Z`));
  const around = (moment) => lookAt(centred(moment, look[1] - look[0]));
  overview.plot.on("plotly_click", (event) => around(time(event.points[0].x)));
  for (const chart of charts) {
    chart.plot.on("plotly_relayout", (change) => {
      const isRange = "xaxis.range[0]" in change;
      if (!isRange && !change["xaxis.autorange"]) return;
      const range = isRange ? [time(change["xaxis.range[0]"]), time(change["xaxis.range[1]"])] : [first, last];
      moves[chart.name](range);
    });
  }
  for (const row of document.querySelectorAll("tr[data-time]")) {
    row.addEventListener("click", () => {
      around(Number(row.dataset.time));
      find("closer-card").scrollIntoView({ behavior: "smooth", block: "center" });
    });
  }
})();
