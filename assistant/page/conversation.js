let open = null;
let exchanges = 0;

const kept = () => document.querySelector("#shelf")?.kept;
const exchangeOf = (told) => kept()?.exchanges?.[told.of - 1];

const showWhichIsOpen = () => {
    for (const mark of element.querySelectorAll("[data-mark]")) {
        if (mark.dataset.mark === open) mark.setAttribute("aria-current", "true");
        else mark.removeAttribute("aria-current");
    }
};

const copied = async (text, done) => {
    try {
        await navigator.clipboard.writeText(text);
        tell(done);
    } catch {
        // Browsers keep the clipboard from pages of other machines that come without https.
        const box = make("textarea", text, { readonly: "", class: "unseen" });
        document.body.append(box);
        box.select();
        const worked = document.execCommand("copy");
        box.remove();
        tell(worked ? done : words.not_copied);
    }
};

const exported = async (told, format) => {
    try {
        return await server.exported({ exchange: exchangeOf(told), format });
    } catch {
        tell(words.failed);
        return null;
    }
};

const doing = {
    mark: (chosen, told) => {
        open = told.mark;
        showWhichIsOpen();
        const shown = document.querySelector(`#evidence [data-of="${open}"]`);
        // An article that is open already is not sent again, so nothing would tell it to come into view.
        if (shown) return shown.dispatchEvent(new CustomEvent("show", { bubbles: true }));
        const same = chosen.closest(".exchange").querySelectorAll(`[data-article="${told.article}"]`);
        const others = [...new Set([...same].map((mark) => `${mark.dataset.start}-${mark.dataset.end}`))].join(" ");
        trigger("mark", { ...told, others });
    },
    copy: async (chosen, told) => {
        const file = await exported(told, "markdown");
        if (file) await copied(file.text, words.copied);
    },
    link: (chosen, told) => {
        const link = new URL(location.pathname, location.origin);
        link.searchParams.set("q", told.question);
        copied(link.href, words.linked);
    },
    export: async (chosen, told) => {
        const file = await exported(told, told.format);
        chosen.closest("details").open = false;
        if (!file) return;
        const address = URL.createObjectURL(new Blob([file.text], { type: file.kind }));
        make("a", "", { href: address, download: file.name }).click();
        URL.revokeObjectURL(address);
        tell(put(words.saved, { name: file.name }));
    },
    edit: (chosen, told) => {
        const exchange = chosen.closest(".exchange");
        const heading = exchange.querySelector(".asked");
        const form = make("form", "", { class: "editing" });
        const box = make("textarea", "", { "aria-label": words.label, rows: "2", maxlength: props.longest });
        const save = make("button", words.save, { type: "submit", class: "primary" });
        const cancel = make("button", words.cancel, { type: "button", class: "plain" });
        const close = () => { form.remove(); heading.hidden = false; chosen.focus(); };
        box.value = told.question;
        form.append(box, save, cancel);
        if (exchange.nextElementSibling) form.append(make("span", words.warning, { class: "hint" }));
        cancel.addEventListener("click", close);
        form.addEventListener("keydown", (event) => {
            if (event.key === "Escape") close();
            if (event.key === "Enter" && !event.shiftKey && event.target === box) {
                event.preventDefault();
                form.requestSubmit();
            }
        });
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            if (!box.value.trim()) return;
            close();
            trigger("edited", { of: told.of, question: box.value });
            document.querySelector("#question textarea")?.focus();
        });
        heading.hidden = true;
        heading.after(form);
        box.focus();
    },
    ask: (chosen, told) => {
        document.querySelector("#question textarea")?.focus();
        trigger("ask", told);
    },
    retry: (chosen, told) => {
        document.querySelector("#question textarea")?.focus();
        trigger("retry", told);
    },
};
choosing(doing, ["samples", "picture"]);

// Questions to begin with may still be in the making when the greeting comes.
const suggest = async () => {
    const place = element.querySelector(".suggested:empty");
    if (!place) return;
    const questions = await server.examples({}).catch(() => []);
    if (!place.isConnected || place.firstChild || !questions.length) return;
    place.append(...questions.map((question) => {
        const item = make("li");
        item.append(make("button", question, { type: "button", class: "suggestion", "data-do": "ask", "data-question": question }));
        return item;
    }));
    place.previousElementSibling.hidden = false;
};

watch("value", () => {
    suggest();
    const all = element.querySelectorAll(".exchange");
    if (all.length < exchanges) open = null;
    showWhichIsOpen();
    // A new question comes to the top once; while its answer grows, the reader is left where they are.
    if (all.length > exchanges) all[all.length - 1].scrollIntoView({ block: "start" });
    exchanges = all.length;
});
