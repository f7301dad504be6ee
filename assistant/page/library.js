let waiting;
const again = () => { clearTimeout(waiting); trigger("find", filled(element)); };
element.addEventListener("input", (event) => {
    clearTimeout(waiting);
    if (event.target.matches("select")) again();
    else waiting = setTimeout(again, 300);
});
element.addEventListener("keydown", (event) => { if (event.key === "Enter") again(); });
