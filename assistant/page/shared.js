// Comes before the script of every component. What can be chosen says so in a data attribute.
const words = props.words ?? {};
const put = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

const tell = (text) => {
    const said = document.querySelector("#said");
    if (!said) return;
    said.textContent = text;
    clearTimeout(said.silence);
    said.silence = setTimeout(() => { said.textContent = ""; }, 6000);
};

const make = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
};

// Named inputs of the component, as one object.
const filled = (within) => Object.fromEntries(
    [...within.querySelectorAll("input[name], select[name], textarea[name]")].map((input) => [input.name, input.value]),
);

// Every element with data-do is done by the function of that name, or else told to the server as an event.
const choosing = (doing, sent) => {
    element.addEventListener("click", (event) => {
        const chosen = event.target.closest("[data-do]");
        if (!chosen || !element.contains(chosen)) return;
        event.preventDefault();
        const { do: what, ...told } = chosen.dataset;
        if (doing[what]) doing[what](chosen, told);
        else if (sent.includes(what)) trigger(what, { ...filled(element), ...told });
    });
    // A menu closes as soon as one turns to something else.
    element.addEventListener("focusout", (event) => {
        const menu = event.target.closest("details.menu[open]");
        if (menu && !menu.contains(event.relatedTarget)) menu.open = false;
    });
    element.addEventListener("keydown", (event) => {
        // A link that acts as a button is pressed like one.
        if (event.key === " " && event.target.matches("a[data-do]")) {
            event.preventDefault();
            event.target.click();
        }
        const menu = event.target.closest("details.menu[open]");
        if (event.key === "Escape" && menu) {
            menu.open = false;
            menu.querySelector("summary").focus();
        }
    });
};
