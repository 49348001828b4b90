// Show and hide what was typed. The button is hidden until this script runs.
for (const button of document.querySelectorAll(".password-toggle")) {
  const field = document.getElementById(button.getAttribute("aria-controls"));
  const show = (visible) => {
    field.type = visible ? "text" : "password";
    button.textContent = visible ? button.dataset.hide : button.dataset.show;
    button.ariaLabel = visible ? button.dataset.hideName : button.dataset.showName;
  };
  show(false);
  button.hidden = false;
  button.addEventListener("click", () => show(field.type === "password"));
  // Password managers and the browser's own memory for typed text look at the type when the form leaves.
  field.form.addEventListener("submit", () => show(false));
}
