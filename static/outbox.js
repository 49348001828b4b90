// Shows what has been sent since the page was loaded, in its place: a reload would break off a link just followed.
const POLL_MS = 2000;
const outbox = document.getElementById("outbox");
let shown = outbox.cloneNode(true);

async function refresh() {
  const response = await fetch(location.href);
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const now = page.getElementById("outbox");
  if (now.isEqualNode(shown)) return;
  shown = now.cloneNode(true);
  outbox.replaceChildren(...now.childNodes);
}

setInterval(() => {
  if (!document.hidden) refresh().catch(() => {}); // the server is away: the next round asks again
}, POLL_MS);
