// Runs once, in the element of the conversation. Everything in it that can be chosen says so in a data attribute.
let open = null;

const showWhichIsOpen = () => {
    for (const mark of element.querySelectorAll("[data-mark]")) {
        if (mark.dataset.mark === open) mark.setAttribute("aria-current", "true");
        else mark.removeAttribute("aria-current");
    }
};

const choose = (event) => {
    const chosen = event.target.closest("[data-mark], [data-question], [data-load]");
    if (!chosen) return;
    event.preventDefault();
    const { mark, question } = chosen.dataset;
    if (mark) {
        open = mark;
        showWhichIsOpen();
        const shown = document.querySelector(`#evidence [data-of="${mark}"]`);
        // An article that is open already is not sent again, so nothing would tell it to come into view.
        if (shown) shown.dispatchEvent(new CustomEvent("show", { bubbles: true }));
        else trigger("click", { mark });
    } else if (question) {
        document.querySelector("#question textarea")?.focus();
        trigger("select", { question });
    } else {
        trigger("apply");
    }
};

element.addEventListener("click", choose);
element.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target.matches("[data-mark]")) choose(event);
});

let exchanges = 0;
watch("value", () => {
    const all = element.querySelectorAll(".exchange");
    if (all.length < exchanges) open = null;
    showWhichIsOpen();
    // A new question comes to the top once; while its answer grows, the reader is left where they are.
    if (all.length > exchanges) all[all.length - 1].scrollIntoView({ block: "start" });
    exchanges = all.length;
});
