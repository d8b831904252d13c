// Progressive enhancement: without this script the form is submitted as usual. With it, the response
// is streamed as NDJSON, one line per part of the page, rendered and escaped by the server.

const KEY = "briefing-key";
const HISTORY = "briefing-history";
const DRAFT = "briefing-draft";
const MOST_BRIEFS = 20;
const PATIENCE = 600_000; // milliseconds for which a busy service is asked again
const QUIET = 4_000; // milliseconds before the elapsed time is shown
const PASSING = /:(queue-full|not-ready|reader-busy|draining)$/;

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
let clock = 0;

// Submitting the form

if (keyField) {
  keyField.value = sessionStorage.getItem(KEY) ?? "";
  keyField.addEventListener("change", () => {
    if (result.dataset.wanted && result.hidden) fetchKept(location.search);
  });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const body = new FormData(form);
  run("Reading the article…", (signal) => ask(form.action, { method: "POST", body, signal }));
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

at("stop").addEventListener("click", () => running?.abort());

// Show what the answer to a request brings, which another request may overtake.
async function run(text, send, options = {}) {
  running?.abort();
  const mine = (running = new AbortController());
  begin(text);
  try {
    await show((await send(mine.signal)).body, mine.signal, options);
  } catch (error) {
    if (mine === running) fail(error);
  } finally {
    if (mine === running) end();
  }
}

// Send a request; as long as the service is only busy or starting, send it again.
async function ask(url, options) {
  const last = performance.now() + PATIENCE;
  for (;;) {
    const answer = await fetch(url, { ...options, headers: headers() });
    if (answer.ok) return answer;
    const found = await problemIn(answer);
    const seconds = Number(answer.headers.get("Retry-After"));
    if (!PASSING.test(found.type) || !seconds || performance.now() + seconds * 1000 > last) throw new Problem(found);
    say(`${found.title}. Trying again in ${seconds} ${seconds === 1 ? "second" : "seconds"}…`);
    await pause(seconds * 1000, options.signal);
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

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

function begin(text) {
  const began = performance.now();
  clearInterval(clock);
  clock = setInterval(() => {
    at("elapsed").hidden = performance.now() - began < QUIET;
    at("elapsed").textContent = `${Math.round((performance.now() - began) / 1000)} s`;
  }, 1000);
  choose(null);
  problem.replaceChildren();
  for (const part of document.querySelectorAll("[id^=part-]")) part.replaceChildren();
  result.hidden = true;
  result.setAttribute("aria-busy", "true");
  at("stop").hidden = false;
  form.classList.add("busy");
  say(text);
}

function end() {
  running = null;
  clearInterval(clock);
  at("elapsed").hidden = true;
  result.removeAttribute("aria-busy");
  at("stop").hidden = true;
  form.classList.remove("busy");
}

async function show(stream, signal, options) {
  let done = false;
  for await (const line of lines(stream)) {
    if (signal.aborted) return;
    if (line.problem) throw new Problem(line.problem);
    fill(line.part, line.html, options);
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
    for (const part of parts) if (part) yield JSON.parse(part);
  }
}

function fill(part, html, { quiet = false }) {
  at(`part-${part}`).innerHTML = html;
  if (part === "article") {
    if (keyField) sessionStorage.setItem(KEY, keyField.value.trim());
    result.hidden = false;
    source.scrollTop = 0;
  }
  if (part === "headline") {
    document.title = `${brief.querySelector(".headline").textContent} – Briefing`;
    if (!quiet) {
      compose.open = false;
      compose.querySelector("summary span").textContent = "Brief another article";
      result.focus({ preventScroll: true });
      result.scrollIntoView({ block: "start", behavior: motion() });
    }
  }
  if (part === "about") {
    ready();
    remember();
    const count = brief.querySelectorAll(".points .line").length;
    say(`The brief is complete: a headline and ${count} ${count === 1 ? "line" : "lines"}.`, true);
  } else {
    say(part === "article" ? next(null) : `${at(`part-${part}`).dataset.title} ready. ${next(part)}`);
  }
}

// What is done after a part: the sections are written in the order in which they are shown.
function next(part) {
  const titled = [...brief.querySelectorAll("[data-title]")];
  const following = titled[titled.findIndex((each) => each.id === `part-${part}`) + 1];
  return following ? `Writing the ${following.dataset.title.toLowerCase()}…` : "Finishing…";
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
  const actions = result.querySelector(".take .actions");
  if (!actions) return;
  actions.hidden = false;
  for (const button of actions.querySelectorAll("[data-copies]")) {
    button.addEventListener("click", () => copy(at(button.dataset.copies)));
  }
  at("download").addEventListener("click", download);
  at("print").addEventListener("click", () => print());
}

async function copy(field) {
  const name = field.dataset.name;
  try {
    await navigator.clipboard.writeText(field.value);
    say(`Copied as ${name}.`);
  } catch {
    // The clipboard API needs a secure context.
    at("exports").open = true;
    field.focus();
    field.select();
    say(document.execCommand("copy") ? `Copied as ${name}.` : `Press Ctrl+C to copy the ${name}.`);
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

// The briefs of this tab: their names and headlines, which it forgets when it is closed

function told() {
  return JSON.parse(sessionStorage.getItem(HISTORY) ?? "[]");
}

function remember() {
  const link = at("link");
  if (!link) return;
  const mine = { query: link.search, headline: brief.querySelector(".headline").textContent.trim() };
  const others = told().filter((each) => each.query !== mine.query);
  keep(HISTORY, JSON.stringify([mine, ...others].slice(0, MOST_BRIEFS)));
  list(mine.query);
}

function list(current) {
  const items = told().map(({ query, headline }) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = query;
    link.dir = "auto";
    link.textContent = headline;
    link.classList.toggle("current", query === current);
    item.append(link);
    return item;
  });
  at("history-list").replaceChildren(...items);
  at("history").hidden = items.length === 0;
}

at("history").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", link.search);
  fetchKept(link.search);
});
addEventListener("popstate", () => {
  if (location.search) fetchKept(location.search);
});

function fetchKept(query, options = {}) {
  return run("Fetching the brief…", (signal) => ask(query, { signal }), options);
}

// What a reload would lose: the text that was typed, and the last brief

function keep(name, text) {
  try {
    sessionStorage.setItem(name, text);
  } catch {
    // It is full: then the tab forgets.
  }
}

addEventListener("pagehide", () => {
  const typed = { text: at("text").value, title: at("title").value };
  if (typed.text || typed.title) keep(DRAFT, JSON.stringify(typed));
});

function restore() {
  const typed = JSON.parse(sessionStorage.getItem(DRAFT) ?? "{}");
  sessionStorage.removeItem(DRAFT);
  for (const [id, value] of Object.entries(typed)) at(id).value ||= value;
  count();
  if (result.dataset.wanted) return fetchKept(location.search);
  const shown = at("part-about").childElementCount > 0;
  if (shown) {
    ready();
    return remember();
  }
  const [last] = told();
  list(null);
  const reloaded = performance.getEntriesByType("navigation")[0]?.type === "reload";
  if (last && reloaded && !problem.childElementCount) return fetchKept(last.query, { quiet: true });
}

// The number of words in the text, as far as the browser knows its language's words

const segmenter = Intl.Segmenter && new Intl.Segmenter(undefined, { granularity: "word" });
let counting = 0;

at("text").addEventListener("input", () => {
  clearTimeout(counting);
  counting = setTimeout(count, 150);
});

function count() {
  const text = at("text").value;
  const words = wordsIn(text.slice(0, 200_000));
  const all = text.length > 200_000 ? Math.round((words * text.length) / 200_000) : words;
  at("count").textContent = words ? `${all.toLocaleString("en")} ${all === 1 ? "word" : "words"}.` : "";
}

function wordsIn(text) {
  if (!segmenter) return text.split(/\s+/).filter(Boolean).length;
  let words = 0;
  for (const each of segmenter.segment(text)) words += each.isWordLike ? 1 : 0;
  return words;
}

restore();
