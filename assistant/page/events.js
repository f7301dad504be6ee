// Only tells the server what was chosen. The names of the events: "turn" "open" "remove" "removed" "kept" "fetch" "paste"
// "again" "strike"
choosing({}, ["turn", "open", "remove", "removed", "kept", "fetch", "paste", "again", "strike"]);
watch("value", () => {
    const asking = element.querySelector("[role=alertdialog]");
    if (asking) asking.querySelector("button:last-of-type")?.focus();
});
