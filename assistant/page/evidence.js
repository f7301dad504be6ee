const marks = () => {
    const current = document.querySelector("#conversation [data-mark][aria-current]");
    const all = [...(current?.closest(".exchange").querySelectorAll("[data-mark]") ?? [])];
    const places = [...new Set(all.map((mark) => mark.dataset.mark))];
    return { current, places, at: places.indexOf(current?.dataset.mark) };
};

const show = () => {
    const quote = element.querySelector("#quote");
    const { places, at } = marks();
    const which = element.querySelector(".which");
    if (which) which.textContent = at < 0 ? "" : put(words.quote, { number: at + 1, all: places.length });
    for (const [step, name] of [[-1, "previous"], [1, "next"]]) {
        const button = element.querySelector(`[data-do="${name}"]`);
        if (button) button.disabled = !places[at + step];
    }
    const narrow = matchMedia("(max-width: 64rem)").matches;
    if (!quote && narrow && element.querySelector("h2")) element.scrollIntoView({ block: "start" });
    else if (!quote) element.closest(".column")?.scrollTo(0, 0);
    quote?.scrollIntoView({ block: "center" });
    quote?.focus({ preventScroll: true });
};

const back = () => document.querySelector("#conversation [data-mark][aria-current]")?.focus();
const step = (by) => {
    const { places, at } = marks();
    document.querySelector(`#conversation [data-mark="${places[at + by]}"]`)?.click();
};

choosing({
    back,
    previous: () => step(-1),
    next: () => step(1),
    mark: (chosen, told) => document.querySelector(`#conversation [data-mark="${told.mark}"]`)?.click(),
}, []);
watch("value", show);
element.addEventListener("show", show);
element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") back();
});
