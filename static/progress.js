// Keeps the code page true while the message travels. It asks a small JSON address whether anything changed, and only
// then takes the page's own words from the server, so that they are written (and translated) in one place.
const POLL_MS = 2000;
const FINAL = ["delivered", "failed", "expired", "canceled"];

const progress = document.getElementById("progress");
const late = document.getElementById("delay");
let leaving = false; // a form was sent: where to go is for its answer to say
const ends = new Map(); // element -> when its countdown reaches zero, in milliseconds since the page began

const items = () => [...progress.querySelectorAll("[data-reference]")];
const keyOf = ({ reference, state }) => `${reference} ${state}`;
const keys = () => items().map((item) => keyOf(item.dataset));

function count(region, seconds) {
  const sentence = document.querySelector(`#${region} [data-left]`);
  if (sentence) ends.set(sentence, performance.now() + 1000 * (seconds ?? sentence.dataset.left));
}

// Signed in, or ended, in another tab.
function go(address) {
  if (!leaving) location.assign(address);
}

async function takeWords() {
  const response = await fetch(progress.dataset.page);
  if (response.redirected) return go(response.url);
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const region of ["life", "delay", "progress", "wait"]) {
    document.getElementById(region).replaceChildren(...page.getElementById(region).childNodes);
  }
  ends.clear();
  count("life");
  count("wait");
}

function say(changed) {
  const words = changed.flatMap((item) => [...item.querySelectorAll("[data-news]")]);
  document.getElementById("progress-news").textContent = words.map((part) => part.textContent).join(". ");
}

async function update({ deliveries, delay, expires_in, resend_in }) {
  const before = keys();
  const now = deliveries.map(keyOf);
  const delayed = delay !== late.textContent;
  if (delayed || now.length !== before.length || now.some((key) => !before.includes(key))) {
    await takeWords();
    say([...(delayed ? [late] : []), ...items().filter((item) => !before.includes(keyOf(item.dataset)))]);
  }
  count("life", expires_in);
  count("wait", resend_in);
  return deliveries.every(({ state }) => FINAL.includes(state));
}

let polling = false;

async function poll() {
  if (document.hidden || leaving) {
    polling = false;
    return;
  }
  polling = true;
  try {
    const response = await fetch(progress.dataset.url);
    if (response.redirected) return go(progress.dataset.page);
    if (response.ok && (await update(await response.json()))) return;
  } catch {
    // The server is away: what the page says stays, and the next round asks again.
  }
  setTimeout(poll, POLL_MS);
}

// These sentences are in no live region: they are said quietly.
function tick() {
  for (const [sentence, end] of ends) {
    const { unit, one, other } = sentence.dataset;
    const left = Math.ceil((end - performance.now()) / 1000 / unit);
    const words = left > 1 ? other.replace("#", left) : one;
    if (left > 0 && sentence.textContent !== words) sentence.textContent = words;
    if (left > 0) continue;
    ends.delete(sentence);
    sentence.hidden = true;
    if (sentence.closest("#life")) takeWords();
  }
}

count("life");
count("wait");
setInterval(tick, 1000);
poll();
document.addEventListener("submit", () => { leaving = true; });
window.addEventListener("pageshow", () => { leaving = false; if (!polling) poll(); });
document.addEventListener("visibilitychange", () => { if (!polling) poll(); });
