// Keeps the changing part of a page fresh: fetches it again until it says that nothing more will change.
"use strict";
(() => {
  const PERIOD_MILLISECONDS = 2000;
  const LONGEST_MILLISECONDS = 30000;
  const holder = document.querySelector("[data-live]");
  if (!holder) return;
  let wait = PERIOD_MILLISECONDS;

  const isFinal = () => holder.querySelector('[data-final="true"]') !== null;

  async function refresh() {
    if (document.hidden) return;
    const response = await fetch(holder.dataset.live, { headers: { Accept: "text/html" } });
    if (!response.ok) throw new Error(`the market answered ${response.status}`);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    holder.replaceChildren(...page.body.childNodes);
  }

  async function run() {
    try {
      await refresh();
      wait = PERIOD_MILLISECONDS;
    } catch {
      wait = Math.min(wait * 2, LONGEST_MILLISECONDS);
    }
    if (!isFinal()) setTimeout(run, wait);
  }

  if (!isFinal()) setTimeout(run, wait);
})();
