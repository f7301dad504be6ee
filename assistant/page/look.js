// Light, dark, or as the system has it; remembered in this browser.
const LOOK = "accordingto-look";
const system = matchMedia("(prefers-color-scheme: dark)");
const apply = () => {
    const look = localStorage.getItem(LOOK) ?? "system";
    document.body.classList.toggle("dark", look === "dark" || (look === "system" && system.matches));
    for (const input of element.querySelectorAll("input[name=look]")) input.checked = input.value === look;
};
element.addEventListener("change", (event) => {
    if (event.target.name !== "look") return;
    localStorage.setItem(LOOK, event.target.value);
    apply();
});
system.addEventListener("change", apply);
apply();
