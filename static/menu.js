// The user menu: a disclosure that opens on hover, focus, click and tap. Its style sheet opens it on hover and focus
// without this script; data-scripted hands it over. aria-expanded is the one truth the style sheet then looks at.
const SLANT_MS = 300; // how long the pointer may be outside on its way from the name to an item

const menu = document.querySelector(".user-menu");
const button = menu.querySelector("button[aria-expanded]");
let pinned = false; // opened by a click: a second click closes it, leaving with the pointer does not
let leaving;

const isOpen = () => button.getAttribute("aria-expanded") === "true";

function open() {
  clearTimeout(leaving);
  button.setAttribute("aria-expanded", "true");
}

function close() {
  clearTimeout(leaving);
  pinned = false;
  button.setAttribute("aria-expanded", "false");
}

menu.dataset.scripted = "";

menu.addEventListener("pointerenter", (event) => { if (event.pointerType !== "touch") open(); });
menu.addEventListener("pointerleave", (event) => {
  if (event.pointerType === "touch" || menu.contains(document.activeElement)) return;
  leaving = setTimeout(close, SLANT_MS);
});

menu.addEventListener("focusin", open);
menu.addEventListener("focusout", (event) => {
  if (!menu.contains(event.relatedTarget) && !menu.matches(":hover")) close();
});

button.addEventListener("click", () => {
  const second = pinned && isOpen();
  if (second) return close();
  open();
  pinned = true;
});

document.addEventListener("pointerdown", (event) => { if (!menu.contains(event.target)) close(); });
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !isOpen()) return;
  button.focus();
  close();
});
