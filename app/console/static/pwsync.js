"use strict";
/* The console's one script. Pages work without it; it makes them live, quick and pleasant.
   What it puts into a page is HTML that this server made and escaped; nothing is built from text. */
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Light and dark: as the system has it until somebody chooses.
  const theme = localStorage.getItem("theme");
  if (theme) root.dataset.theme = theme;
  const isDark = () => getComputedStyle(root).colorScheme === "dark" ||
    (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  all("[data-theme-switch]").forEach((button) => button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  }));

  // On a narrow screen the menu lies down: where one is comes into sight.
  const here = document.querySelector(".side [aria-current]");
  if (here) here.closest(".side").scrollLeft = here.offsetLeft - innerWidth / 3;

  // Moments by the reader's clock.
  const format = new Intl.DateTimeFormat(root.lang, { dateStyle: "medium", timeStyle: "medium" });
  const moments = (within) => all("time[datetime]", within).forEach((one) => {
    const at = new Date(one.dateTime);
    if (!isNaN(at)) { one.title = one.dateTime; one.textContent = format.format(at); }
  });

  // Forms that ask first.
  const dialog = document.getElementById("confirm");
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.confirm || form.dataset.sure) return;
    event.preventDefault();
    const button = event.submitter;
    document.getElementById("confirm-text").textContent = form.dataset.confirm;
    dialog.returnValue = "no";
    dialog.showModal();
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "yes") return;
      form.dataset.sure = "1";
      form.requestSubmit(button);
    }, { once: true });
  });

  // Live parts: <div data-live="/runs/7/live"> hears events named after ids; each brings their HTML.
  const hear = (part) => {
    const source = new EventSource(part.dataset.live);
    all("[id]", part).forEach((one) => source.addEventListener(one.id, (event) => {
      one.innerHTML = event.data;
      moments(one);
    }));
    source.addEventListener("over", () => { source.close(); if (part.dataset.reload) location.reload(); });
    addEventListener("pagehide", () => source.close());
  };

  // <input data-check-all="name"> ticks all of that name; [data-when-checked=name] shows while some are.
  const ticked = (name) => all(`input[name="${name}"]:checked`).length;
  const count = (name) => {
    all(`[data-when-checked="${name}"]`).forEach((one) => { one.hidden = ticked(name) === 0; });
    all(`[data-count-checked="${name}"]`).forEach((one) => { one.textContent = ticked(name); });
  };
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.dataset.checkAll) {
      all(`input[name="${box.dataset.checkAll}"]`).forEach((one) => { one.checked = box.checked; });
      count(box.dataset.checkAll);
    } else if (box.type === "checkbox") count(box.name);
    if (box.dataset.submit !== undefined) box.form.requestSubmit();
  });

  // <form data-preview="/runs/new/preview" data-into="preview">: shows what it would come to.
  all("form[data-preview]").forEach((form) => {
    let waiting, asked = 0;
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(async () => {
        const mine = ++asked;
        const answer = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form) });
        const html = await answer.text();
        if (mine !== asked || !answer.ok) return;
        const into = document.getElementById(form.dataset.into);
        into.innerHTML = html;
        moments(into);
      }, 300);
    });
    if (form.querySelector("textarea")?.value) form.dispatchEvent(new Event("input"));
  });

  // Copying, and keys: / seeks, g and a letter go to a place.
  all("[data-copy]").forEach((button) => button.addEventListener("click", () => navigator.clipboard.writeText(button.dataset.copy)));
  let going = false;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
    if (going) {
      going = false;
      document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)?.click();
    } else if (event.key === "g") {
      going = true;
      setTimeout(() => { going = false; }, 1500);
    } else {
      const wanted = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (wanted) { event.preventDefault(); wanted.focus(); }
    }
  });

  addEventListener("DOMContentLoaded", () => { moments(document); all("[data-live]").forEach(hear); });
})();
