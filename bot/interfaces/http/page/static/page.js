"use strict";
// Asks without leaving the page, opens footnotes beside it, and sends files. The server writes all markup: what stands in
// documents reaches the page only through its templates, which escape it.

const form = document.getElementById("ask");
const question = document.getElementById("question");
const said = document.getElementById("said");
const reading = document.getElementById("reading");
const shelf = document.getElementById("shelf");
const uploadState = document.getElementById("upload-state");
const send = document.getElementById("send");
const stop = document.getElementById("stop");
let opener = null;
let asking = null;

function conversation() {
  return form.elements.conversation.value;
}

function fit() {
  question.style.height = "auto";
  question.style.height = `${question.scrollHeight + 2}px`;
}

function problemOf(data) {
  return data && data.detail ? data.detail : "That did not work. Try again in a moment.";
}

async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    let end;
    while ((end = held.indexOf("\n\n")) >= 0) {
      const lines = held.slice(0, end).split("\n");
      held = held.slice(end + 2);
      const name = lines.find((line) => line.startsWith("event: "));
      const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
      if (name) yield [name.slice(7), JSON.parse(data)];
    }
  }
}

function wait(running) {
  asking = running;
  stop.hidden = !running;
  send.hidden = Boolean(running);
}

async function begin(place, document_id) {
  const response = await fetch(`questions?document=${encodeURIComponent(document_id)}`).catch(() => null);
  for (const words of response && response.ok ? await response.json() : []) {
    const choice = Object.assign(document.createElement("button"), { className: "choice", name: "question", value: words });
    choice.textContent = words;
    choice.setAttribute("form", "ask");
    choice.formNoValidate = true;
    place.append(choice, " ");
  }
}

async function ask(words) {
  for (const one of said.querySelectorAll(".hint, #begin")) one.remove();
  const turn = document.getElementById("asked").content.firstElementChild.cloneNode(true);
  const state = turn.querySelector(".state");
  turn.querySelector(".question").textContent = words;
  said.append(turn);
  said.scrollTop = said.scrollHeight;
  const fail = (why) => {
    state.textContent = why;
    state.classList.add("wrong");
    question.value = question.value || words; // nothing that was typed is lost
    fit();
  };
  try {
    const body = new URLSearchParams({ question: words, conversation: conversation() });
    for (const one of document.querySelectorAll("#documents input:checked")) body.append("documents", one.value);
    const running = new AbortController();
    wait(running);
    const headers = { Accept: "text/event-stream" };
    const response = await fetch("ask", { method: "POST", body, headers, signal: running.signal });
    if (!response.ok) {
      fail(problemOf(await response.json().catch(() => null)));
      return;
    }
    let text = "";
    for await (const [name, data] of eventsOf(response)) {
      if (name === "text") {
        text += data.text;
        state.textContent = text;
      } else if (name === "answer") {
        turn.insertAdjacentHTML("afterend", data.html);
        const answer = turn.nextElementSibling;
        turn.remove();
        answer.scrollIntoView({ block: "nearest" });
        history.replaceState(null, "", `?c=${encodeURIComponent(conversation())}`);
      } else if (name === "error") {
        fail(problemOf(data));
      }
    }
  } catch (error) {
    fail(error.name === "AbortError" ? "Stopped. Your question is still here."
      : "The server cannot be reached. Your question is still here: send it again.");
  } finally {
    wait(null);
  }
}

stop.addEventListener("click", () => {
  if (asking) asking.abort();
  question.focus();
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const choice = event.submitter && event.submitter.value;
  const words = choice || question.value.trim();
  if (!words) return;
  if (!choice) question.value = "";
  fit();
  ask(words);
  question.focus();
});

question.addEventListener("input", fit);
question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

function closeReading() {
  document.body.classList.remove("opened");
  for (const one of document.querySelectorAll(".note.open")) one.classList.remove("open");
  (opener && opener.isConnected ? opener : question).focus();
}

document.getElementById("close").addEventListener("click", closeReading);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.body.classList.contains("opened")) closeReading();
});
reading.addEventListener("load", () => {
  const inside = reading.contentWindow;
  inside.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeReading();
  });
  const words = inside.document.getElementById("words");
  if (words) words.scrollIntoView({ block: "center" });
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[target=reading]");
  if (link) {
    opener = link;
    document.body.classList.add("opened");
    for (const one of document.querySelectorAll(".note.open")) one.classList.remove("open");
    if (link.classList.contains("note")) link.classList.add("open");
    return; // the browser loads it into the frame
  }
  const rated = event.target.closest("[data-helpful]");
  if (rated) {
    const helpful = rated.dataset.helpful === "true";
    const why = rated.closest("[data-turn]").querySelector(".why");
    await rate(rated, helpful, "", helpful ? "Thank you." : "Sorry about that.");
    why.hidden = helpful;
    if (!helpful) why.elements.comment.focus();
    return;
  }
  const copied = event.target.closest("[data-copy]");
  if (copied) {
    const done = await navigator.clipboard.writeText(copied.dataset.copy).then(() => true, () => false);
    copied.parentElement.querySelector("[role=status]").textContent = done ? "Copied." : "The browser does not let me copy.";
    return;
  }
  const removed = event.target.closest("[data-document]");
  if (removed) {
    if (!removed.dataset.sure) {
      const name = removed.getAttribute("aria-label");
      removed.dataset.sure = "true";
      removed.textContent = "Remove?";
      removed.setAttribute("aria-label", `${name}: are you sure?`);
      setTimeout(() => {
        delete removed.dataset.sure;
        removed.textContent = "✕";
        removed.setAttribute("aria-label", name);
      }, 5000);
      return;
    }
    removed.disabled = true;
    const gone = await fetch(`v1/documents/${removed.dataset.document}`, { method: "DELETE" });
    removed.disabled = false;
    if (gone.ok || gone.status === 404) removed.closest("li").remove();
  }
});

async function rate(inside, helpful, comment, thanks) {
  const shown = inside.closest("[data-turn]");
  const told = { conversation: conversation(), turn: Number(shown.dataset.turn), helpful, ...(comment ? { comment } : {}) };
  const headers = { "Content-Type": "application/json" };
  const sent = await fetch("v1/feedback", { method: "POST", body: JSON.stringify(told), headers }).catch(() => null);
  shown.querySelector(".rate [role=status]").textContent = sent && sent.ok ? thanks : "That was not kept.";
}

said.addEventListener("submit", async (event) => {
  const why = event.target.closest(".why");
  if (!why) return;
  event.preventDefault();
  await rate(why, false, why.elements.comment.value.trim(), "Thank you, that helps.");
  why.hidden = true;
});

function listed(added) {
  const list = document.getElementById("documents");
  const old = [...list.querySelectorAll("[data-document]")].find((one) => one.dataset.document === added.id);
  if (old) old.closest("li").remove();
  const none = list.querySelector(".empty");
  if (none) none.remove();
  const item = document.createElement("li");
  const link = Object.assign(document.createElement("a"), { href: `read/${added.id}`, target: "reading" });
  link.textContent = added.title;
  const remove = Object.assign(document.createElement("button"), { className: "plain remove", textContent: "✕" });
  remove.dataset.document = added.id;
  remove.setAttribute("aria-label", `Remove ${added.title}`);
  const alone = Object.assign(document.createElement("input"), { type: "checkbox", name: "documents", value: added.id });
  alone.setAttribute("form", "ask");
  alone.setAttribute("aria-label", `Ask ${added.title} alone`);
  item.append(alone, " ", link, remove);
  list.append(item);
}

async function upload(files) {
  shelf.open = true;
  const told = [];
  for (const file of files) {
    uploadState.textContent = [...told, `Reading ${file.name} …`].join("\n");
    const body = new FormData();
    body.append("file", file);
    try {
      const response = await fetch("v1/documents", { method: "POST", body });
      const data = await response.json();
      if (response.ok) {
        listed(data);
        const place = document.getElementById("begin");
        if (place) place.replaceChildren();
        if (place) begin(place, data.id);
      }
      told.push(response.ok ? `${data.title} is read. Ask about it.` : `${file.name}: ${problemOf(data)}`);
    } catch {
      told.push(`${file.name}: the server cannot be reached. Try again.`);
    }
    uploadState.textContent = told.join("\n");
  }
}

document.getElementById("file").addEventListener("change", (event) => {
  upload([...event.target.files]).then(() => { event.target.value = ""; });
});
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("dropping");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  upload([...event.dataTransfer.files]);
});

if (document.getElementById("begin")) begin(document.getElementById("begin"), "");
shelf.open = matchMedia("(min-width: 50rem)").matches;
said.scrollTop = said.scrollHeight;
