// Shows what has been sent since the page was loaded: asks every two seconds while the page is in view.
const POLL_MS = 2000;
const url = document.getElementById("outbox").dataset.url;

async function newest() {
  const response = await fetch(url);
  const [message] = await response.json();
  return message?.at;
}

const shown = await newest();

setInterval(async () => {
  if (!document.hidden && (await newest()) !== shown) location.reload();
}, POLL_MS);
