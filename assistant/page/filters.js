const details = element.querySelector("details");
const summary = element.querySelector(".chosen");
const inputs = [...element.querySelectorAll("input, select")];

const fill = (select, options) => {
    const first = select.options[0];
    const chosen = select.value;
    select.replaceChildren(first, ...options.map((name) => make("option", name, { value: name })));
    select.value = options.includes(chosen) ? chosen : "";
};

const changed = () => {
    const wanted = Object.fromEntries(Object.entries(filled(element)).filter(([, value]) => value.trim()));
    // Chosen under Settings, and remembered in this browser.
    const writer = localStorage.getItem("accordingto-writer");
    props.value = writer ? { ...wanted, writer } : wanted;
    const parts = [
        wanted.since && put(words.told_since, { day: wanted.since }),
        wanted.until && put(words.told_until, { day: wanted.until }),
        wanted.outlet && put(words.told_outlet, { outlet: wanted.outlet }),
        wanted.side && put(words.told_side, { side: wanted.side }),
    ].filter(Boolean);
    summary.textContent = parts.join(", ") || words.any;
    element.querySelector(".clear").hidden = !parts.length;
};

const refill = async () => {
    if (!details.open) return;
    try {
        const { outlets, sides } = await server.choices({});
        fill(element.querySelector("[name=outlet]"), outlets);
        fill(element.querySelector("[name=side]"), sides);
    } catch {
        tell(words.failed);
    }
};

details.addEventListener("toggle", refill);
window.addEventListener("writer", changed);
for (const input of inputs) input.addEventListener("input", changed);
choosing({
    clear: () => {
        for (const input of inputs) input.value = "";
        changed();
        inputs[0].focus();
    },
}, []);
changed();
