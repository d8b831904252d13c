// Progressive enhancement: without this script the form is submitted as usual. With it, the response
// is streamed as NDJSON, one line per part of the page, rendered and escaped by the server.

const KEY = "briefing-key";
const NAMES = { headline: "Headline", "key-points": "Key points", context: "Context" };
const NEXT = { article: "Writing the headline…", headline: "Writing the key points…", "key-points": "Writing the context…", context: "Finishing…" };

const at = (id) => document.getElementById(id);
const form = at("form");
const compose = at("compose");
const problem = at("problem");
const status = at("status");
const result = at("result");
const brief = document.querySelector(".brief");
const source = at("part-article");
const back = at("back");
const keyField = at("key");
const wide = matchMedia("(min-width: 60rem)");
const still = matchMedia("(prefers-reduced-motion: reduce)");
let running = null;
let chosen = null;

// Submitting the form

if (keyField) keyField.value = sessionStorage.getItem(KEY) ?? "";

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  running?.abort();
  const mine = (running = new AbortController());
  begin();
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: headers(),
      signal: mine.signal,
    });
    if (!answer.ok) throw new Problem(await problemIn(answer));
    await show(answer.body, mine.signal);
  } catch (error) {
    if (mine === running) fail(error);
  } finally {
    if (mine === running) end();
  }
});

at("stop").addEventListener("click", () => running?.abort());

class Problem extends Error {
  constructor(document) {
    super(document.detail);
    this.document = document;
  }
}

function headers() {
  const found = { Accept: "application/x-ndjson, application/problem+json;q=0.5" };
  const key = keyField?.value.trim();
  if (key) found.Authorization = `Bearer ${key}`;
  return found;
}

async function problemIn(answer) {
  const isProblem = answer.headers.get("Content-Type")?.startsWith("application/problem+json");
  if (isProblem) return answer.json();
  return { title: "Internal error", detail: `The service answered ${answer.status} ${answer.statusText}. Retry later.` };
}

function begin() {
  choose(null);
  problem.replaceChildren();
  for (const part of document.querySelectorAll("[id^=part-]")) part.replaceChildren();
  result.hidden = true;
  result.setAttribute("aria-busy", "true");
  at("stop").hidden = false;
  form.classList.add("busy");
  say("Reading the article…");
}

function end() {
  running = null;
  result.removeAttribute("aria-busy");
  at("stop").hidden = true;
  form.classList.remove("busy");
}

async function show(stream, signal) {
  let done = false;
  for await (const line of lines(stream)) {
    if (signal.aborted) return;
    if (line.problem) throw new Problem(line.problem);
    fill(line.part, line.html);
    done = line.part === "about";
  }
  if (!done) throw new TypeError("the response is incomplete");
}

async function* lines(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    for (const part of parts) yield JSON.parse(part);
  }
}

function fill(part, html) {
  at(`part-${part}`).innerHTML = html;
  if (part === "article") {
    if (keyField) sessionStorage.setItem(KEY, keyField.value.trim());
    result.hidden = false;
    source.scrollTop = 0;
  }
  if (part === "headline") {
    compose.open = false;
    compose.querySelector("summary span").textContent = "Brief another article";
    document.title = `${brief.querySelector(".headline").textContent} – Briefing`;
    result.focus({ preventScroll: true });
    result.scrollIntoView({ block: "start", behavior: motion() });
  }
  if (part === "about") {
    ready();
    const count = brief.querySelectorAll(".points .line").length;
    say(`The brief is complete: a headline and ${count} ${count === 1 ? "line" : "lines"}.`, true);
  } else {
    say(part === "article" ? NEXT[part] : `${NAMES[part]} ready. ${NEXT[part]}`);
  }
}

function fail(error) {
  say("");
  if (error.name === "AbortError") return say("Stopped.");
  if (result.querySelector("#part-headline").childElementCount === 0) result.hidden = true;
  const found = error instanceof Problem ? error.document : {
    title: "The service cannot be reached",
    detail: "There was no response, or it was incomplete. Check the connection, then send the article again.",
  };
  const title = document.createElement("h2");
  title.textContent = found.title;
  const detail = document.createElement("p");
  detail.textContent = found.detail ?? "";
  problem.replaceChildren(title, detail);
  compose.open = true;
  const wantsKey = keyField && found.status === 401;
  (wantsKey ? keyField : problem).focus();
}

function say(text, quiet = false) {
  status.textContent = text;
  status.classList.toggle("quiet", quiet);
}

// A file dropped on the form

form.addEventListener("dragover", (event) => {
  if (![...event.dataTransfer.types].includes("Files")) return;
  event.preventDefault();
  form.classList.add("over");
});
form.addEventListener("dragleave", () => form.classList.remove("over"));
form.addEventListener("drop", (event) => {
  form.classList.remove("over");
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  const one = new DataTransfer();
  one.items.add(event.dataTransfer.files[0]);
  at("file").files = one.files;
  form.elements.kind.value = "file";
  say(`${one.files[0].name} will be sent.`);
});

// Lines and their evidence

brief.addEventListener("focusin", (event) => {
  const line = event.target.closest(".line");
  if (line) choose(line, wide.matches);
});
brief.addEventListener("click", (event) => {
  const line = event.target.closest(".line");
  if (!line) return;
  event.preventDefault();
  choose(line, true);
  // With keyboard or screen reader, or if the article is not beside the brief, focus the evidence.
  if (event.detail === 0 || !wide.matches) sentences(line)[0]?.focus({ preventScroll: true });
});
back.addEventListener("click", (event) => {
  event.preventDefault();
  returnToLine();
});
source.addEventListener("keydown", (event) => {
  if (event.key === "Escape") returnToLine();
});

function returnToLine() {
  chosen?.scrollIntoView({ block: "center", behavior: motion() });
  chosen?.focus({ preventScroll: true });
}

function sentences(line) {
  return line.dataset.evidence.split(" ").map((index) => at(`s${index}`)).filter(Boolean);
}

function choose(line, scroll = false) {
  if (line !== chosen) {
    for (const each of document.querySelectorAll(".evidence")) each.classList.remove("evidence");
    chosen?.removeAttribute("aria-current");
    chosen = line;
    line?.setAttribute("aria-current", "true");
    for (const each of line ? sentences(line) : []) each.classList.add("evidence");
    back.hidden = !line;
  }
  if (line && scroll) reveal(sentences(line)[0]);
}

function reveal(sentence) {
  if (!sentence) return;
  if (!wide.matches) return sentence.scrollIntoView({ block: "center", behavior: motion() });
  const [at, pane] = [sentence.getBoundingClientRect(), source.getBoundingClientRect()];
  const top = source.scrollTop + at.top - pane.top - source.clientHeight / 4;
  if (at.top < pane.top || at.bottom > pane.bottom) source.scrollTo({ top, behavior: motion() });
}

function motion() {
  return still.matches ? "auto" : "smooth";
}

// Exports

function ready() {
  if (!at("copy")) return;
  at("copy").parentElement.hidden = false;
  at("copy").addEventListener("click", copy);
  at("download").addEventListener("click", download);
}

async function copy() {
  const field = at("markdown");
  try {
    await navigator.clipboard.writeText(field.value);
    say("Copied as Markdown.");
  } catch {
    // The clipboard API needs a secure context.
    at("exports").open = true;
    field.focus();
    field.select();
    say(document.execCommand("copy") ? "Copied as Markdown." : "Press Ctrl+C to copy the Markdown.");
  }
}

function download() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([at("json").value], { type: "application/json" }));
  link.download = "brief.json";
  link.click();
  URL.revokeObjectURL(link.href);
  say("JSON downloaded.");
}

if (at("part-about").childElementCount) ready();
