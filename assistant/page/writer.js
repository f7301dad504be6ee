// Which writer words this reader's answers; remembered in this browser, and sent with each question.
const WRITER = "accordingto-writer";
const chosen = localStorage.getItem(WRITER) ?? "";
for (const input of element.querySelectorAll("input[name=writer]")) input.checked = input.value === chosen;
element.addEventListener("change", (event) => {
    if (event.target.name !== "writer") return;
    if (event.target.value) localStorage.setItem(WRITER, event.target.value);
    else localStorage.removeItem(WRITER);
    window.dispatchEvent(new Event("writer"));
});
choosing({}, ["test"]);
