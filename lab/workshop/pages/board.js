// Brings the board up to date once a second. While the hub does not answer, what was seen last stays, and a line says so.
"use strict";

const EVERY = 1000;
let shown = "";

async function bringUpToDate() {
  try {
    const answer = await fetch(`${location.pathname}/now`, { cache: "no-store" });
    document.body.classList.toggle("-gone", !answer.ok);
    const now = answer.ok ? await answer.text() : shown;
    if (now !== shown) {
      document.getElementById("board").innerHTML = shown = now;
    }
  } catch {
    document.body.classList.add("-gone");
  }
  setTimeout(bringUpToDate, EVERY);
}

bringUpToDate();
