/* Adds the address of the page to citations for which the build knew no permanent address. From a folder there is none. */
"use strict";

if (location.protocol !== "file:") {
  const root = new URL(document.documentElement.dataset.content_root, location.href);
  for (const citation of document.querySelectorAll("[data-place]")) {
    const address = new URL(citation.dataset.place, root).href;
    const entry = citation.querySelector("pre");
    if (entry) {
      const end = [...entry.querySelectorAll("span")].filter((token) => token.textContent.trim() === "}").pop();
      end.before(`  url    = {${address}},\n`);
    } else citation.append(` ${address}`);
  }
}
