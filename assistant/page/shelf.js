// The conversations: the one that is open is this component's value, and goes to the server with every question. All of
// them are kept in this browser, or on the server if it offers that.
const root = element.closest("#shelf") ?? element;
const list = element.querySelector("ul");
const search = element.querySelector("input");
const none = element.querySelector(".hint");
const OPEN = `${props.store}-open`;

const browser = () => {
    const opened = new Promise((done, failed) => {
        const request = indexedDB.open(props.store, 1);
        request.onupgradeneeded = () => request.result.createObjectStore("kept", { keyPath: "id" });
        request.onsuccess = () => done(request.result);
        request.onerror = () => failed(request.error);
    });
    const within = async (mode, act) => {
        const transaction = (await opened).transaction("kept", mode);
        const request = act(transaction.objectStore("kept"));
        return new Promise((done, failed) => {
            transaction.oncomplete = () => done(request.result);
            transaction.onerror = transaction.onabort = () => failed(transaction.error);
        });
    };
    return {
        all: () => within("readonly", (store) => store.getAll()),
        put: (one) => within("readwrite", (store) => store.put(one)),
        remove: (id) => within("readwrite", (store) => store.delete(id)),
    };
};
const remote = () => ({
    all: () => server.kept_all({}),
    put: (one) => server.kept_put(one),
    remove: (id) => server.kept_remove(id),
});
const store = props.on_server ? remote() : browser();

let all = [];
let busy = null; // the id that is being renamed or deleted
let editing = null;

const current = () => props.value?.id;
const textOf = (one) => [one.title, ...one.exchanges.map(({ answer }) => `${answer.question} ${answer.text}`)]
    .join(" ").toLowerCase();

const draw = () => {
    const wanted = search.value.trim().toLowerCase().split(/\s+/);
    const fitting = all.filter((one) => wanted.every((word) => textOf(one).includes(word)));
    list.replaceChildren(...fitting.map((one) => (busy === one.id ? editing(one) : line(one))));
    none.textContent = all.length ? words.no_match : (props.on_server ? words.none_server : words.none);
    none.hidden = fitting.length > 0;
};

const line = (one) => {
    const item = make("li");
    const title = one.title || words.untitled;
    const go = make("button", title, { type: "button", class: "kept", "data-do": "open", "data-id": one.id, title, dir: "auto" });
    if (one.id === current()) go.setAttribute("aria-current", "true");
    const more = make("details", "", { class: "menu" });
    const summary = make("summary", "⋯", { "aria-label": put(words.more, { title }) });
    const choices = make("ul");
    for (const what of ["rename", "delete"]) {
        const choice = make("li");
        choice.append(make("button", words[what], { type: "button", class: "plain", "data-do": what, "data-id": one.id }));
        choices.append(choice);
    }
    more.append(summary, choices);
    item.append(go, more);
    return item;
};

const focusOn = (id) => list.querySelector(`[data-do="open"][data-id="${id}"]`)?.focus();

const renaming = (one) => {
    const item = make("li", "", { class: "asking" });
    const box = make("input", "", { "aria-label": words.name, maxlength: "200" });
    const save = make("button", words.save, { type: "button", class: "primary" });
    const keep = make("button", words.keep, { type: "button", class: "plain" });
    const close = () => { busy = null; draw(); focusOn(one.id); };
    const done = async () => {
        const title = box.value.trim();
        if (title) {
            await store.put({ ...one, title });
            if (one.id === current()) props.value = { ...props.value, title };
            await refresh();
        }
        close();
    };
    box.value = one.title;
    save.addEventListener("click", done);
    keep.addEventListener("click", close);
    box.addEventListener("keydown", (event) => {
        if (event.key === "Enter") done();
        if (event.key === "Escape") close();
    });
    item.append(box, save, keep);
    queueMicrotask(() => box.select());
    return item;
};

const deleting = (one) => {
    const item = make("li", "", { class: "asking" });
    const yes = make("button", words.yes_delete, { type: "button", class: "danger" });
    const keep = make("button", words.keep, { type: "button", class: "plain" });
    const close = () => { busy = null; draw(); focusOn(one.id); };
    yes.addEventListener("click", async () => {
        await store.remove(one.id);
        if (one.id === current()) show(null);
        await refresh();
        close();
        if (!list.contains(document.activeElement)) search.focus();
    });
    keep.addEventListener("click", close);
    item.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
    item.append(make("p", put(words.delete_sure, { title: one.title || words.untitled })), yes, keep);
    queueMicrotask(() => keep.focus());
    return item;
};

const refresh = async () => {
    try {
        all = (await store.all()).sort((a, b) => (a.updated < b.updated ? 1 : -1));
        draw();
    } catch {
        tell(words.failed);
    }
};

const noted = () => {
    root.kept = props.value;
    if (current()) sessionStorage.setItem(OPEN, current());
    else sessionStorage.removeItem(OPEN);
};

const show = (one) => {
    props.value = one;
    noted();
    draw();
    trigger("opened");
};

const find = (id) => all.find((one) => one.id === id);
const ask = (how) => (chosen, { id }) => { busy = id; editing = how; draw(); };
choosing({
    new: () => {
        show(null);
        document.querySelector("#question textarea")?.focus();
    },
    open: (chosen, { id }) => {
        show(find(id));
        focusOn(id);
    },
    rename: ask(renaming),
    delete: ask(deleting),
}, []);
search.addEventListener("input", draw);
window.addEventListener("focus", () => { if (!busy) refresh(); });

watch("value", async () => {
    noted();
    if (!current()) return;
    try {
        await store.put(props.value);
    } catch (error) {
        tell(error?.name === "QuotaExceededError" ? words.full : words.failed);
    }
    await refresh();
});

const begin = async () => {
    await refresh();
    const asked = new URLSearchParams(location.search).get("q");
    const before = find(sessionStorage.getItem(OPEN));
    if (!asked) return show(before ?? null);
    const address = new URL(location.href);
    address.searchParams.delete("q");
    history.replaceState(history.state, "", address);
    trigger("linked", { question: asked });
};
begin();
