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
const next = document.getElementById("next");
const pasted = document.getElementById("pasted");
const FEW = 8; // documents that are seen at a glance
let opener = null;
let asking = null;
let suggesting = null;

function conversation() {
  return form.elements.conversation.value;
}

function fit(area = question) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
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

async function suggest(document_id) {
  if (suggesting) suggesting.abort();
  const running = suggesting = new AbortController();
  next.replaceChildren();
  const asked = new URLSearchParams({ document: document_id, c: conversation() });
  const response = await fetch(`questions?${asked}`, { signal: running.signal }).catch(() => null);
  const found = response && response.ok ? await response.json().catch(() => []) : [];
  if (running.signal.aborted) return;
  for (const words of found) {
    const choice = Object.assign(document.createElement("button"), { className: "choice", name: "question", value: words });
    choice.textContent = words;
    choice.setAttribute("form", "ask");
    choice.formNoValidate = true;
    next.append(choice, " ");
  }
}

async function listTalks() {
  const response = await fetch(`conversations?c=${encodeURIComponent(conversation())}`).catch(() => null);
  if (response && response.ok) document.getElementById("conversations").innerHTML = await response.text();
}

async function ask(words) {
  for (const one of said.querySelectorAll(".hint")) one.remove();
  if (suggesting) suggesting.abort(); // what is asked now comes first
  next.replaceChildren();
  const turn = document.getElementById("asked").content.firstElementChild.cloneNode(true);
  const state = turn.querySelector(".state");
  turn.querySelector(".question").textContent = words;
  next.before(turn);
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
        listTalks();
        suggest("");
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

for (const area of [question, pasted]) area.addEventListener("input", () => fit(area));
question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

function closeReading() {
  document.body.classList.remove("opened");
  for (const one of document.querySelectorAll(".note.open")) one.classList.remove("open");
  reading.contentWindow.location.replace("about:blank"); // opened again, it is asked for again
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
  const again = event.target.closest("[data-again]");
  if (again) {
    ask(again.closest("[data-turn]").querySelector(".question").textContent);
    return;
  }
  const renamed = event.target.closest("[data-rename]");
  if (renamed) {
    rename(renamed);
    return;
  }
  const removed = event.target.closest("[data-document]");
  if (removed && sure(removed)) {
    removed.disabled = true;
    const gone = await fetch(`v1/documents/${removed.dataset.document}`, { method: "DELETE" });
    removed.disabled = false;
    if (gone.ok || gone.status === 404) removed.closest("li").remove();
    filter();
  }
  const forgotten = event.target.closest("[data-forget]");
  if (forgotten && sure(forgotten)) {
    const name = forgotten.dataset.forget;
    await fetch(`v1/conversations/${encodeURIComponent(name)}`, { method: "DELETE" });
    if (name === conversation()) location.assign("./");
    else listTalks();
  }
});

function sure(button) {
  if (button.dataset.sure) return true;
  const name = button.getAttribute("aria-label");
  const [verb] = name.split(" ");
  button.dataset.sure = "true";
  button.textContent = `${verb}?`;
  button.setAttribute("aria-label", `${name}: are you sure?`);
  setTimeout(() => {
    delete button.dataset.sure;
    button.textContent = "✕";
    button.setAttribute("aria-label", name);
  }, 5000);
  return false;
}

function rename(button) {
  const name = button.dataset.rename;
  const item = button.closest("li");
  const entry = Object.assign(document.createElement("form"), { className: "rename" });
  const field = Object.assign(document.createElement("input"), { value: item.querySelector("a").textContent, maxLength: 200, required: true });
  field.setAttribute("aria-label", "Its name");
  const wrong = Object.assign(document.createElement("span"), { className: "wrong" });
  wrong.setAttribute("role", "alert");
  entry.append(field, wrong);
  entry.addEventListener("keydown", (event) => {
    if (event.key === "Escape") listTalks();
  });
  entry.addEventListener("submit", async (event) => {
    event.preventDefault();
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ name: field.value.trim() });
    const sent = await fetch(`v1/conversations/${encodeURIComponent(name)}`, { method: "PATCH", body, headers }).catch(() => null);
    if (!sent || !sent.ok) {
      wrong.textContent = problemOf(sent && await sent.json().catch(() => null));
      return;
    }
    if (name === conversation()) {
      form.elements.conversation.value = field.value.trim();
      history.replaceState(null, "", `?c=${encodeURIComponent(conversation())}`);
    }
    listTalks();
  });
  item.replaceChildren(entry);
  field.select();
}

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
  filter();
}

const wanted = document.getElementById("filter");
function filter() {
  const items = [...document.querySelectorAll("#documents li")];
  document.getElementById("find").hidden = items.length <= FEW;
  const words = items.length > FEW ? wanted.value.trim().toLowerCase() : "";
  for (const item of items) item.hidden = !item.textContent.toLowerCase().includes(words);
}
wanted.addEventListener("input", filter);

// Sends a document: how much of it is sent, then how far the server is with it. What it is once it is added.
function add(body, name, tell) {
  const bar = document.querySelector("#progress progress");
  const shown = (words, part, whole) => {
    tell(words);
    if (whole) Object.assign(bar, { max: whole, value: part });
    else bar.removeAttribute("value");
  };
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let read = 0;
    const heard = () => {
      for (let end; (end = request.responseText.indexOf("\n\n", read)) >= 0; read = end + 2) {
        const [first, ...lines] = request.responseText.slice(read, end).split("\n");
        const data = JSON.parse(lines.map((line) => line.slice(6)).join("\n"));
        if (first === "event: progress") shown(`Reading ${name} …`, data.done, data.total);
        else if (first === "event: added") resolve(data);
        else reject(new Error(problemOf(data)));
      }
    };
    request.open("POST", "v1/documents");
    request.setRequestHeader("Accept", "text/event-stream");
    if (typeof body === "string") request.setRequestHeader("Content-Type", "application/json");
    request.upload.onprogress = (event) => shown(`Sending ${name} …`, event.loaded, event.total);
    request.upload.onload = () => shown(`Reading ${name} …`);
    request.onprogress = () => { if (request.status === 200) heard(); };
    request.onload = () => {
      if (request.status === 200) heard();
      let said = null;
      try { said = JSON.parse(request.responseText); } catch { /* told in general below */ }
      reject(new Error(problemOf(said))); // nothing, where it was added
    };
    request.onerror = () => reject(new Error("The server cannot be reached. Try again."));
    request.onabort = () => reject(new Error("Cancelled: nothing was added."));
    document.getElementById("cancel").onclick = () => request.abort();
    request.send(body);
  });
}

async function upload(sent) {
  shelf.open = true;
  const told = [];
  let added = 0;
  const progress = document.getElementById("progress");
  const tell = (words) => {
    const all = [...told, words].join("\n");
    if (uploadState.textContent !== all) uploadState.textContent = all; // said again, it would be read out again
  };
  for (const [body, name] of sent) {
    tell(`Sending ${name} …`);
    progress.hidden = false;
    try {
      const data = await add(body, name, tell);
      added += 1;
      listed(data);
      suggest(data.id);
      told.push(`${data.title} is read. Ask about it.`);
    } catch (error) {
      told.push(error.message.includes(name) ? error.message : `${name}: ${error.message}`);
    }
    progress.hidden = true;
    uploadState.textContent = told.join("\n");
  }
  return added;
}

function uploadFiles(files) {
  return upload([...files].map((file) => {
    const body = new FormData();
    body.append("file", file);
    return [body, file.name];
  }));
}

document.getElementById("paste").addEventListener("submit", async (event) => {
  event.preventDefault();
  const words = pasted.value.trim();
  if (!words) return;
  const address = /^https?:\/\/\S+$/.test(words);
  const [title] = words.split("\n");
  const name = address ? words : title.length > 60 ? `${title.slice(0, 60).trim()}…` : title;
  const body = JSON.stringify(address ? { url: words } : { title: name, text: words });
  if (await upload([[body, name]])) pasted.value = "";
  fit(pasted);
});

document.getElementById("file").addEventListener("change", (event) => {
  uploadFiles(event.target.files).then(() => { event.target.value = ""; });
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
  uploadFiles(event.dataTransfer.files);
});

suggest("");
filter();
shelf.open = document.getElementById("talks").open = matchMedia("(min-width: 50rem)").matches;
const linked = location.hash && document.getElementById(location.hash.slice(1));
if (linked) linked.scrollIntoView();
else said.scrollTop = said.scrollHeight;
