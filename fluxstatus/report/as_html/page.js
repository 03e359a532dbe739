"use strict";
(() => {
  const form = document.querySelector("form");
  const findings = [...document.querySelectorAll(".finding")];
  const search = document.getElementById("search");
  const step = document.getElementById("step");
  const count = document.getElementById("count");
  const boxes = [...form.querySelectorAll("[type=checkbox]")];
  let texts = null;

  const filter = () => {
    texts = texts || findings.map((one) => one.textContent.toLowerCase());
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const levels = new Set(boxes.filter((one) => one.checked).map((one) => one.value));
    let shown = 0;
    findings.forEach((one, i) => {
      const fits =
        levels.has(one.dataset.level) &&
        (!step.value || step.value === one.dataset.step) &&
        words.every((word) => texts[i].includes(word));
      one.hidden = !fits;
      shown += fits;
    });
    count.textContent = `${shown} of ${findings.length} shown`;
  };

  let timer = 0;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(filter, 120);
  };

  const openTarget = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.matches(".finding")) {
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
      target.querySelector("summary").focus();
    }
  };

  const copied = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (!button) return;
    const done = await copied(button.previousElementSibling.textContent);
    button.focus();
    button.textContent = done ? "Copied" : "Not copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input, select")) {
      event.preventDefault();
      search.focus();
    }
  });

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll(".finding:not([open], [hidden])")];
    closed.forEach((one) => (one.open = true));
  });
  addEventListener("afterprint", () => closed.forEach((one) => (one.open = false)));
  addEventListener("hashchange", openTarget);
  form.addEventListener("input", soon);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  document.querySelectorAll(".copy").forEach((one) => (one.hidden = false));
  openTarget();
})();
