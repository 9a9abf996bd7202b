// The filters of the timeline of profiles: a mark is shown if each chosen value is one of its own.
document.addEventListener("DOMContentLoaded", () => {
  for (const timeline of document.querySelectorAll(".timeline")) {
    const chosen = [...timeline.querySelectorAll("select")];
    const update = () => {
      for (const mark of timeline.querySelectorAll("a")) {
        const shown = chosen.every(({ name, value }) => !value || mark.dataset[name].split(" ").includes(value));
        mark.hidden = !shown;
      }
    };
    chosen.forEach((select) => select.addEventListener("change", update));
  }
});
