// Keeps the top of Deliveries true. It asks a small JSON address every two seconds, by ETag, and writes the numbers
// where they stand. Once a minute, and when a state or an alarm comes or goes, it takes the page's own words.
const POLL_MS = 2000;
const WORDS_MS = 60_000;
const NBSP = "\u00a0";

const live = document.getElementById("live");
const button = document.getElementById("live-button");
const state = document.getElementById("live-state");
const news = document.getElementById("live-news");
const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  timeZone: live.dataset.zone, timeZoneName: "short",
});

let etag = "";
let shown = "";
let reached = new Date();
let wordsAt = performance.now();
let paused = false;
let ended = false;
let polling = false;
let plots = [];

// Seconds in an alarm change all the time: without numbers it is the same alarm.
const withoutNumbers = (words) => words.replace(/\d+/g, "#");
const keyOf = ({ queues, alarms }) =>
  JSON.stringify([queues.map((queue) => [queue.paused, queue.workers > 0]), alarms.map(withoutNumbers)]);

function age(seconds) {
  if (seconds < 120) return `${seconds}${NBSP}s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)}${NBSP}min` : `${Math.floor(seconds / 3600)}${NBSP}h`;
}

function write(element, words) {
  if (element && element.textContent !== words) element.textContent = words;
}

function say(words) {
  write(state, words.replace("#", clock.format(reached)));
}

function alarmsShown() {
  return [...document.querySelectorAll("#now-alarms li")].map((item) => item.textContent);
}

function announce(before) {
  const has = (list, words) => list.some((other) => withoutNumbers(other) === withoutNumbers(words));
  const after = alarmsShown();
  const came = after.filter((words) => !has(before, words));
  const went = before.filter((words) => !has(after, words)).map((words) => news.dataset.over.replace("#", words));
  if (came.length + went.length) news.textContent = [...came, ...went].join(" ");
}

async function get(address, headers = {}) {
  const response = await fetch(address, { headers, redirect: "manual" });
  if (response.type === "opaqueredirect" || response.status === 404) {
    ended = true; // administrator mode, or the session
    say(state.dataset.ended);
  }
  return response;
}

async function takeWords() {
  const response = await get(live.dataset.words);
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const before = alarmsShown();
  for (const region of document.querySelectorAll("[id^=now-]")) {
    // What somebody is at stays: the next minute brings it up to date.
    if (!region.contains(document.activeElement)) takeRegion(region, page.getElementById(region.id));
  }
  wordsAt = performance.now();
  announce(before);
  draw();
}

function takeRegion(region, fresh) {
  const open = region.querySelector("details")?.open;
  region.replaceChildren(...fresh.childNodes);
  if (open) region.querySelector("details").open = true;
}

async function update(told) {
  for (const queue of told.queues) {
    for (const cell of document.querySelectorAll(`[data-queue=${queue.name}] [data-figure]`)) {
      const value = queue[cell.dataset.figure];
      write(cell, cell.dataset.figure === "oldest_seconds" ? age(value) : String(value));
    }
  }
  const key = keyOf(told);
  if (shown && key !== shown) await takeWords();
  else document.querySelectorAll("#now-alarms li").forEach((item, place) => write(item, told.alarms[place] ?? ""));
  shown = key;
}

async function ask() {
  const response = await get(live.dataset.url, etag ? { "If-None-Match": etag } : {});
  if (ended) return;
  if (response.status !== 304 && !response.ok) throw new Error(response.statusText);
  if (response.ok) {
    etag = response.headers.get("ETag") ?? "";
    await update(await response.json());
  } else await response.text(); // Chromium calls an answer of 304 that nobody reads a failed request
  if (performance.now() - wordsAt > WORDS_MS) await takeWords();
  if (ended) return;
  reached = new Date();
  say(state.dataset.live);
}

async function poll() {
  polling = !(document.hidden || paused || ended);
  if (!polling) return;
  try {
    await ask();
  } catch {
    say(state.dataset.away);
  }
  setTimeout(poll, POLL_MS);
}

function goOn() {
  if (!polling) poll();
}

function showButton() {
  button.hidden = false;
  write(button, paused ? button.dataset.goOn : button.dataset.pause);
}

button.addEventListener("click", () => {
  paused = !paused;
  showButton();
  if (paused) say(state.dataset.paused);
  else goOn();
});

// The graphs: one for each channel, drawn from the table below them.
function draw() {
  plots.forEach((plot) => plot.destroy());
  plots = [];
  const rows = [...document.querySelectorAll("#hours-table tbody tr")];
  const labels = [...document.querySelectorAll("#hours-table thead tr:last-child th")].map((cell) => cell.textContent);
  const box = document.querySelector(".graphs");
  box.hidden = false;
  for (const graph of box.children) {
    const channel = graph.dataset.graph;
    const title = document.querySelector(`#hours-table [data-channel=${channel}]`).textContent;
    const numbers = rows.map((row) => [...row.querySelectorAll(`[data-of=${channel}]`)].map((cell) => Number(cell.textContent)));
    const data = [rows.map((row) => Number(row.dataset.at)), ...[0, 1, 2].map((place) => numbers.map((each) => each[place]))];
    plots.push(new uPlot(options(graph, title, labels), data, graph));
  }
}

function options(graph, title, labels) {
  const colour = (name) => getComputedStyle(graph).getPropertyValue(name).trim();
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line") }, ticks: { stroke: colour("--line") } };
  const looks = [{ stroke: colour("--accent"), width: 2 }, { stroke: colour("--ink"), width: 2, dash: [6, 4] }, { stroke: colour("--bad"), width: 2, dash: [2, 3] }];
  return {
    title,
    width: graph.clientWidth,
    height: 220,
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [{ ...axis, values: "{HH}:{mm}" }, { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] }],
    series: [{ value: "{HH}:{mm}" }, ...looks.map((look, place) => ({ label: labels[place], points: { show: false }, ...look }))],
  };
}

showButton();
draw();
poll();
document.addEventListener("visibilitychange", goOn);
let resizing = 0;
addEventListener("resize", () => {
  clearTimeout(resizing);
  resizing = setTimeout(draw, 200);
});
new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
