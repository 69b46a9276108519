/**
 * The page's one script: a cursor on the fault clock, over every chart at once, moved by pointer, finger or keyboard.
 * It formats nothing and fetches nothing: each panel carries its figures as the words to show. Without it the page reads
 * just as well, and no control is seen that would not work.
 */
export const script = `(() => {
  "use strict";
  const bar = document.getElementById("cursor");
  if (bar === null) return;
  const moment = document.getElementById("moment");
  const output = document.getElementById("moment-text");
  const spoken = document.getElementById("spoken");
  const plots = [...document.querySelectorAll("svg.plot")];
  const cursors = [...document.querySelectorAll("svg.plot .cursor")];
  const panels = [...document.querySelectorAll("[data-figures]")].map((panel) => ({
    name: panel.dataset.name,
    isSpoken: panel.dataset.spoken === "1",
    at: panel.querySelector(".at"),
    labels: panel.dataset.labels.split("|"),
    figures: panel.dataset.figures.split(";").map((list) => list.split("|")),
  }));
  const bins = Number(moment.max) + 1;
  const second = (bin) => (Number(bar.dataset.from) + bin * Number(bar.dataset.bin)) / 1000;
  const span = (bin) => second(bin) + " to " + second(bin + 1) + " s";
  const words = ({ labels, figures }, bin) =>
    labels.map((label, index) => label + " " + (figures[index]?.[bin] ?? "none")).join(", ");
  let speaking;
  const show = (bin) => {
    moment.value = String(bin);
    const time = span(bin);
    moment.setAttribute("aria-valuetext", time);
    output.textContent = time;
    const x = ((bin + 0.5) / bins) * 100 + "%";
    for (const line of cursors) {
      line.setAttribute("x1", x);
      line.setAttribute("x2", x);
    }
    for (const panel of panels) panel.at.textContent = words(panel, bin);
  };
  const move = (bin) => {
    if (bin === Number(moment.value) && output.textContent !== "") return;
    show(bin);
    speak(bin);
  };
  const speak = (bin) => {
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      const sides = panels.filter((panel) => panel.isSpoken).map((panel) => panel.name + ": " + words(panel, bin));
      spoken.textContent = "From " + span(bin) + ". " + sides.join(". ");
    }, 400);
  };
  moment.addEventListener("input", () => {
    show(Number(moment.value));
    speak(Number(moment.value));
  });
  const follow = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const bin = Math.floor(((event.clientX - box.left) / box.width) * bins);
    if (bin >= 0 && bin < bins) move(bin);
  };
  for (const plot of plots) {
    plot.addEventListener("pointermove", follow);
    plot.addEventListener("pointerdown", follow);
  }
  bar.hidden = false;
  document.documentElement.classList.add("live");
  const zero = Math.round(-Number(bar.dataset.from) / Number(bar.dataset.bin));
  show(Math.min(bins - 1, Math.max(0, zero)));
})();
`;
