// Runs once, in the element of the open article.
const show = () => {
    const quote = element.querySelector("#quote");
    quote?.scrollIntoView({ block: "center" });
    quote?.focus({ preventScroll: true });
};

const back = () => document.querySelector("#conversation [data-mark][aria-current]")?.focus();

watch("value", show);
element.addEventListener("show", show);
element.addEventListener("click", (event) => {
    if (event.target.closest("[data-back]")) back();
});
element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") back();
});
