// A second press while the first is under way would arrive with a session that the first has just replaced.
const PRESSED_TWICE_MS = 5000;
const sent = new WeakMap();

document.addEventListener("submit", (event) => {
  const since = event.timeStamp - (sent.get(event.target) ?? -Infinity);
  if (since < PRESSED_TWICE_MS) event.preventDefault();
  else sent.set(event.target, event.timeStamp);
});
// Back brings the page with its memory: what was sent then may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.forms) sent.delete(form);
});
