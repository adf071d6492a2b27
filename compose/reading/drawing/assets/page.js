"use strict";
const pictures = JSON.parse(document.getElementById("data").textContent);
const side = document.getElementById("side");
const search = document.getElementById("search");
const panes = [...document.querySelectorAll(".pane")].map((pane, i) => new Pane(pane.querySelector("svg"), pictures[i], i));
let active = panes[0];

/* One picture: where it is looked at, and what is picked in it. */
function Pane(svg, picture, index) {
  const whole = svg.viewBox.baseVal;
  const full = { x: whole.x, y: whole.y, w: whole.width, h: whole.height };
  let view = { ...full };
  const boxes = new Map([...svg.querySelectorAll(".box[data-key]")].map((g) => [g.dataset.key, g]));
  const tags = [...svg.querySelectorAll(".tag[data-of]")];
  const edges = [...svg.querySelectorAll(".edge[data-source]")];
  const frames = new Map([...svg.querySelectorAll(".panel")].map((g) => [g.dataset.key, g]));
  let drag = null;
  Object.assign(this, { svg, picture, index, boxes });

  const show = () => svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
  const scale = () => {
    const r = svg.getBoundingClientRect();
    return Math.max(view.w / r.width, view.h / r.height);
  };
  const at = (x, y) => {
    const p = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM().inverse());
    return { x: p.x, y: p.y };
  };
  this.zoom = (factor, centre) => {
    const c = centre || { x: view.x + view.w / 2, y: view.y + view.h / 2 };
    const k = Math.min(Math.max(factor, full.w / 40 / view.w), (full.w * 8) / view.w);
    view = { x: c.x - (c.x - view.x) * k, y: c.y - (c.y - view.y) * k, w: view.w * k, h: view.h * k };
    show();
  };
  this.fit = () => { view = { ...full }; show(); };
  this.pan = (dx, dy) => { view.x += dx * view.w; view.y += dy * view.h; show(); };
  const centre = (element) => {
    const b = element.getBBox();
    view.w = Math.min(view.w, full.w * 0.7);
    view.h = view.w * (full.h / full.w);
    view.x = b.x + b.width / 2 - view.w / 2;
    view.y = b.y + b.height / 2 - view.h / 2;
    show();
  };
  this.clear = () => {
    svg.classList.remove("chosen");
    for (const g of [...boxes.values(), ...tags, ...edges]) g.classList.remove("near", "picked", "in", "out");
  };
  this.pick = (key, move) => {
    this.clear();
    const box = boxes.get(key);
    if (!box) return;
    svg.classList.add("chosen");
    box.classList.add("near", "picked");
    for (const edge of edges) {
      const { source, target } = edge.dataset;
      if (source !== key && target !== key) continue;
      edge.classList.add("near", target === key ? "in" : "out");
      boxes.get(target === key ? source : target)?.classList.add("near");
    }
    for (const tag of tags) if (tag.dataset.of === key || tag.dataset.for === key) tag.classList.add("near");
    if (move) centre(box);
  };
  this.open = (panel) => {
    const b = frames.get(panel).getBBox(), edge = b.width * 0.02;
    view = { x: b.x - edge, y: b.y - edge, w: b.width + 2 * edge, h: b.height + 2 * edge };
    if (panel === "graph") { view.h += view.y - full.y; view.y = full.y; } // its title stands above it
    show();
  };
  if (frames.has("graph")) this.open("graph");
  this.find = (words) => {
    const found = [...boxes.keys()].filter((key) => {
      const b = picture.boxes[key];
      const text = `${key} ${b.subtitle} ${b.network} ${b.was}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    svg.classList.toggle("found", words.length > 0);
    for (const [key, g] of boxes) g.classList.toggle("match", words.length > 0 && found.includes(key));
    return words.length ? found : [];
  };

  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    active = this;
    this.zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 300))), at(event.clientX, event.clientY));
  }, { passive: false });
  svg.addEventListener("pointerdown", (event) => {
    active = this;
    drag = { x: event.clientX, y: event.clientY, view: { ...view }, moved: false };
  });
  svg.addEventListener("pointermove", (event) => {
    if (!drag || !event.buttons) return;
    const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
    if (Math.hypot(dx, dy) > 3 && !drag.moved) {
      drag.moved = true;
      if (event.isTrusted) svg.setPointerCapture(event.pointerId);
    }
    if (!drag.moved) return;
    const k = scale();
    view = { ...drag.view, x: drag.view.x - dx * k, y: drag.view.y - dy * k };
    show();
  });
  svg.addEventListener("click", (event) => {
    const moved = drag && drag.moved;
    drag = null;
    if (moved) return;
    const box = event.target.closest(".box[data-key], .tag[data-of]");
    if (box) choose(this, box.dataset.key ?? box.dataset.of, "of" in box.dataset);
    else reset();
  });
}

/* Pick a box and, in the other picture, what it corresponds to. */
function choose(pane, key, move) {
  active = pane;
  pane.pick(key, move);
  for (const other of panes) if (other !== pane) other.pick(counterpart(pane, key, other), move);
  describe(pane, key);
}

function counterpart(pane, key, other) {
  if (other.boxes.has(key) && !(pane.picture.boxes[key].was)) return key;
  const was = pane.picture.boxes[key].was;
  if (was && other.boxes.has(was)) return was;
  return [...other.boxes.keys()].find((k) => other.picture.boxes[k].was === key);
}

function reset() {
  for (const pane of panes) pane.clear();
  overview();
}

function add(tag, text, parent = side, css = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (css) element.className = css;
  parent.append(element);
  return element;
}

function section(heading, lines, tag = "p") {
  const kept = lines.filter(Boolean);
  if (!kept.length) return;
  add("h4", heading);
  for (const line of kept) add(tag, line);
}

function link(parent, text, action) {
  const button = add("button", text, parent, "link");
  button.addEventListener("click", action);
}

function describe(pane, key) {
  const box = pane.picture.boxes[key];
  side.replaceChildren();
  add("h3", key);
  const lagged = box.target ? ", lagged copy" : "";
  add("p", `${box.kind}${box.subtitle ? `: ${box.subtitle}` : ""}${lagged}`);
  if (box.status !== "same") add("p", box.status + (box.was ? `, was ${box.was}` : ""), side, "status");
  add("p", box.zone === "local" ? "decentralised: every agent computes it alone" : "centralised: training only");
  if (box.kind === "application") {
    const panel = pane.picture.insides[box.network];
    if (panel) link(side, `inside of ${box.network}`, () => pane.open(panel));
  }
  const d = box.details;
  section("Computes", [d.doc], "pre");
  section("Written", [d.text], "pre");
  section("At", [d.source]);
  section("Axes", d.axes.length ? d.axes : box.outputs.map((o) => `${o.name || box.title} [${o.axes}]`));
  section("Weights", d.weights);
  section("Proofs", d.proofs);
  wires(pane, "Reads", pane.picture.edges.filter((e) => e.target === key), "source");
  wires(pane, "Read by", pane.picture.edges.filter((e) => e.source === key), "target");
}

function wires(pane, heading, edges, end) {
  if (!edges.length) return;
  add("h4", heading);
  const list = add("ul", "");
  for (const edge of edges) {
    const item = add("li", "", list);
    link(item, end === "source" && edge.output ? `${edge.source}.${edge.output}` : edge[end], () => choose(pane, edge[end], true));
    const said = [end === "source" ? edge.port : edge.port && `at ${edge.port}`, edge.via, edge.axes && `[${edge.axes}]`,
      edge.kind === "value" ? "" : { stop: "no gradient", delay: "one step earlier", mask: "mask", target: "lagged copy" }[edge.kind],
      edge.status === "same" ? "" : edge.status];
    item.append(`  ${said.filter(Boolean).join(", ")}`);
  }
}

function overview() {
  side.replaceChildren();
  for (const { picture } of panes) {
    add("h3", picture.title);
    add("p", picture.about);
    section("Proofs", picture.proofs);
  }
  section("Keys", ["Click a box for all about it. Drag to move, wheel or + and - to zoom, 0 for the whole figure, "
    + "arrows to move, / to search, d for dark or light, Esc to let go."]);
}

function theme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.getElementById("theme").textContent = dark ? "Light" : "Dark";
}

const all = (action) => () => panes.forEach(action);
const actions = {
  in: all((p) => p.zoom(0.8)), out: all((p) => p.zoom(1.25)), fit: all((p) => p.fit()),
  theme: () => theme(document.documentElement.dataset.theme !== "dark"),
};
for (const [id, action] of Object.entries(actions)) document.getElementById(id).addEventListener("click", action);
search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = panes.reduce((sum, pane) => sum + pane.find(words).length, 0);
  document.getElementById("count").textContent = words.length ? `${found} found` : "";
});
search.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const pane = panes.find((p) => p.find(words).length);
  if (pane) choose(pane, pane.find(words)[0], true);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    search.value = "";
    search.dispatchEvent(new Event("input"));
    search.blur();
    reset();
    return;
  }
  if (event.target === search || event.ctrlKey || event.metaKey || event.altKey) return;
  const moves = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
  const keys = { "+": actions.in, "=": actions.in, "-": actions.out, "0": actions.fit, d: actions.theme, "/": () => search.focus() };
  if (moves[event.key]) active.pan(...moves[event.key]);
  else if (keys[event.key]) keys[event.key]();
  else return;
  event.preventDefault();
});
theme(window.matchMedia("(prefers-color-scheme: dark)").matches);
overview();
