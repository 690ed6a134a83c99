// The terminal is terminal.js. When its connection ends, the learner comes back by a click, or by itself once the hub
// answers again: the shell has gone on meanwhile.
"use strict";

const RETRY = 2000;

// What is typed is for the terminal, without a click on it first.
addEventListener("load", () => document.querySelector(".xterm-helper-textarea")?.focus());

document.getElementById("again").addEventListener("click", () => location.reload());

new MutationObserver(() => {
  if (document.body.classList.contains("-closed") && !document.body.dataset.waits) {
    document.body.dataset.waits = "yes";
    document.getElementById("again").focus();
    comeBack();
  }
}).observe(document.body, { attributes: true, attributeFilter: ["class"] });

async function comeBack() {
  const wasGone = !(await answers());
  if (wasGone) {
    document.body.dataset.gone = "yes";
    setTimeout(comeBack, RETRY);
  } else if (document.body.dataset.gone) {
    location.reload();
  }
}

async function answers() {
  try {
    return (await fetch("/page/page.css", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}
